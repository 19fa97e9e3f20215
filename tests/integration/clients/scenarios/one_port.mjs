// One port serves everybody at once: MQTT, MQTT over WebSocket and HTTP, plain and with TLS, from tools, Node.js and a page
// in a browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { get } from '../curl.mjs';
import { servePage } from '../page.mjs';

export const config = 'one_port.json';

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  makeCertificates(folder, '--client', 'device-1');
  const page = await servePage();
  return {
    page,
    file,
    environment: { TRELLIS_CERTS: folder, TRELLIS_PAGE: page.origin },
    close() {
      page.close();
      remove();
    },
  };
}

function ways(site) {
  const ca = site.file('ca.pem');
  const own = { ca, certificate: site.file('device-1.pem'), key: site.file('device-1.key') };
  const trust = { ca: readFileSync(ca) };
  return [
    { name: 'mosquitto', by: 'mosquitto' },
    { name: 'mosquitto-tls13', by: 'mosquitto', options: { tls: { ca } } },
    { name: 'mosquitto-tls12', by: 'mosquitto', options: { tls: { ca, version: 'tlsv1.2' } } },
    { name: 'mosquitto-certificate', by: 'mosquitto', options: { tls: own } },
    { name: 'js-mqtt', by: 'mqttjs' },
    { name: 'js-mqtts', by: 'mqttjs', options: { protocol: 'mqtts', ...trust } },
    { name: 'js-ws', by: 'mqttjs', options: { protocol: 'ws', path: '/mqtt' } },
    { name: 'js-wss', by: 'mqttjs', options: { protocol: 'wss', path: '/mqtt', ...trust } },
  ];
}

async function exchange(broker, clients, site) {
  const all = ways(site);
  const subscribers = await Promise.all(
    all.map(({ by, options }) => clients[by].subscribe(broker, 'door/#', { version: 5, qos: 1, ...options })));
  for (const { name, by, options } of all) {
    await clients[by].publish(broker, { topic: `door/${name}`, payload: name, qos: 1 }, { version: 5, ...options });
  }
  const sent = all.map(({ name }) => name).sort();
  for (const [i, subscriber] of subscribers.entries()) {
    const received = (await subscriber.take(all.length)).map(({ payload }) => payload.toString()).sort();
    assert.deepEqual(received, sent, all[i].name);
  }
  await Promise.all(subscribers.map((subscriber) => subscriber.close()));
}

// HTTP/1.1 and HTTP/2; in clear the client has to know beforehand, over TLS they agree.
async function ask(broker, site) {
  const trust = ['--cacert', site.file('ca.pem'), '--resolve', `localhost:${broker.port}:${broker.host}`];
  for (const [scheme, version, how] of [
    ['http', '1.1', '--http1.1'], ['http', '2', '--http2-prior-knowledge'], ['https', '1.1', '--http1.1'], ['https', '2', '--http2'],
  ]) {
    const ways = `${scheme} ${how}`;
    const answer = (path) => get(`${scheme}://localhost:${broker.port}${path}`, [...trust, how]);
    const health = await answer('/healthz');
    assert.deepEqual([health.version, health.status], [version, 200], ways);
    assert.match((await answer('/metrics')).body, /^trellis_connections /m, ways);
    const nothing = await answer('/nothing');
    assert.equal(nothing.status, 404, ways);
    assert.equal(JSON.parse(nothing.body).error.code, 'NotFound', ways);
  }
}

async function browse(broker, site) {
  const urls = ['ws', 'wss'].map((scheme) => `${scheme}://pages.localhost:${broker.port}/mqtt`);
  assert.deepEqual(await site.page.open(urls, [site.file('server.pem')]), urls.map((url) => `by ${url}`));
}

export default async function onePort(broker, clients, site) {
  await Promise.all([exchange(broker, clients, site), ask(broker, site), browse(broker, site)]);
}
