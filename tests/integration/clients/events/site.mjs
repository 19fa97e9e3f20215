// What the scenarios of the event API have in common: a site with topics, and how a client proves who it is.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';

const folder = process.env.TRELLIS_MQTTJS;
if (!folder) throw new Error('TRELLIS_MQTTJS is not set: it names the folder npm installed the clients into');
// A client as npm installed it.
export const client = createRequire(`${folder}/package.json`);

// Every client sends it, and the broker's configuration sees it as ${env:TRELLIS_EVENTS_KEY}.
export const KEY = Buffer.from('key-of-the-client-tests').toString('base64');
export const API_VERSION = '2024-06-01';

// Locks of the subscriptions that every topic has, in seconds. The short one takes the plugin's wide_ranges, and leaves a busy
// machine the time to settle what it received.
export const LOCKS = { usual: 60, short: 6 };

// A site with topics `prefix-0`, `prefix-1` and so on, so that no case sees another's events. properties: of all topics.
export function prepareSite(counts, locks = LOCKS, properties = {}) {
  const { folder: site, file, remove } = makeFolder();
  makeCertificates(file('tls'));
  mkdirSync(file('resources'));
  const topics = {};
  const eventSubscriptions = {};
  for (const [prefix, count] of Object.entries(counts)) {
    for (let i = 0; i < count; ++i) {
      topics[`${prefix}-${i}`] = properties;
      for (const [name, seconds] of Object.entries(locks)) {
        const queue = { receiveLockDurationInSeconds: seconds };
        eventSubscriptions[`${prefix}-${i}/${name}`] = { deliveryConfiguration: { deliveryMode: 'Queue', queue } };
      }
    }
  }
  writeFileSync(file('resources', 'topics.json'), JSON.stringify({ accessKeys: { key1: { key: '${env:TRELLIS_EVENTS_KEY}' } }, topics, eventSubscriptions }));
  return { ca: file('tls', 'ca.pem'), environment: { TRELLIS_SITE: site, TRELLIS_EVENTS_KEY: KEY }, close: remove };
}

export const endpoint = (scheme, broker) => `${scheme}://localhost:${broker.port}`;

// The value of one metric, labels included in its name.
export async function metric(url, name) {
  const page = await (await fetch(`${url}/metrics`)).text();
  const line = page.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

// Asks again until it is so, each time by a request to the broker.
export async function until(what, holds) {
  let late = false;
  const asked = async () => {
    while (!late && !(await holds()));
  };
  await within(15_000, what, asked()).finally(() => { late = true; });
}
