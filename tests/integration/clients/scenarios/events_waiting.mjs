// Receives that wait for events are answered when there are some, and never take any along when their clients go away.
import { runCases, runCasesTrusting } from '../events/cases.mjs';
import { endpoint, prepareSite } from '../events/site.mjs';
import { cases } from '../events/waiting_cases.mjs';

export const config = 'events.json';

export async function prepare() {
  const count = Object.keys(cases).length;
  return prepareSite({ plain: count, tls: count });
}

export default async function eventsWaiting(broker, clients, { ca }) {
  await runCases(cases, endpoint('http', broker), 'plain', { inTurn: true });
  await runCasesTrusting(ca, 'waiting_cases.mjs', endpoint('https', broker), 'tls', { inTurn: true });
}
