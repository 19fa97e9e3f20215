// Microsoft's npm client for namespaces of Event Grid publishes, receives and settles, in clear and over TLS.
import { cases } from '../events/azure_cases.mjs';
import { runCases, runCasesTrusting } from '../events/cases.mjs';
import { endpoint, prepareSite } from '../events/site.mjs';

export const config = 'events.json';

export async function prepare() {
  const count = Object.keys(cases).length;
  return prepareSite({ plain: count, tls: count });
}

export default async function eventsAzure(broker, clients, { ca }) {
  await Promise.all([
    runCases(cases, endpoint('http', broker), 'plain'),
    runCasesTrusting(ca, 'azure_cases.mjs', endpoint('https', broker), 'tls'),
  ]);
}
