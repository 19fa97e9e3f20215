// Microsoft's npm client for custom topics of Event Grid publishes in all of its schemas, in clear and over TLS; the audit log
// tells of it.
import { cases } from '../events/basic_cases.mjs';
import { runCases, runCasesTrusting } from '../events/cases.mjs';
import { endpoint, prepareSite, until } from '../events/site.mjs';

export const config = 'events_basic.json';

export async function prepare() {
  const count = Object.keys(cases).length;
  return prepareSite({ plain: count, tls: count }, undefined, { inputSchema: 'EventGridSchema' });
}

export default async function eventsBasic(broker, clients, { ca }) {
  await Promise.all([
    runCases(cases, endpoint('http', broker), 'plain'),
    runCasesTrusting(ca, 'basic_cases.mjs', endpoint('https', broker), 'tls'),
  ]);
  const says = (...words) => broker.output.some((line) => /requests of the event API/.test(line) && words.every((word) => line.includes(word)));
  for (const words of [['TLSv1.3', 'Key', 'Success'], ['none', 'SASToken', 'Success'], ['127.0.0.1', 'loopback', 'Unauthorized']]) {
    await until(`a line of the audit log with ${words}`, async () => (await fetch(`${endpoint('http', broker)}/metrics`)).ok && says(...words));
  }
}
