// The event API on the wire, with curl: what clients hide of requests and answers.
import { runCases } from '../events/cases.mjs';
import { cases as publishing } from '../events/http_publish_cases.mjs';
import { cases as requests } from '../events/http_request_cases.mjs';
import { endpoint, prepareSite } from '../events/site.mjs';

const cases = { ...publishing, ...requests };
export const config = 'events_strict.json';

export async function prepare() {
  return prepareSite({ wire: Object.keys(cases).length }, { usual: 60 });
}

export default function eventsHttp(broker) {
  return runCases(cases, endpoint('http', broker), 'wire');
}
