// CNCF's npm package for CloudEvents publishes in all modes of its HTTP binding, and reads what is received.
import { runCases } from '../events/cases.mjs';
import { cases } from '../events/cloudevents_cases.mjs';
import { endpoint, prepareSite } from '../events/site.mjs';

export const config = 'events_strict.json';

export async function prepare() {
  return prepareSite({ random: Object.keys(cases).length }, { usual: 60 });
}

export default function eventsCloudevents(broker) {
  return runCases(cases, endpoint('http', broker), 'random');
}
