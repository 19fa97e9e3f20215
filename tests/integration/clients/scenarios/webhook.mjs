// A real webhook over HTTPS judges clients of MQTT.js: it answers, denies, stalls, resets, lies and dies.
import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { startEndpoint } from '../endpoint.mjs';
import { within } from '../inbox.mjs';

export const config = 'webhook.json';
const PASSWORD = 'password-of-the-client';
const PENDING = 8 * 2;  // of two shards, as the configuration has it
const HASTY = 1000;  // the time-out there, in milliseconds

function resources(file, endpoints) {
  mkdirSync(file('resources'));
  for (const [name, webhookAuthentication] of Object.entries(endpoints)) {
    const topicSpacesConfiguration = { clientAuthentication: { webhookAuthentication } };
    const text = JSON.stringify({ namespace: name, namespaces: { [name]: { topicSpacesConfiguration } } });
    writeFileSync(file('resources', `${name}.json`), text);
  }
}

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  makeCertificates(file('own'), '--host', 'localhost', '--client', 'device-17', '--client', 'broker');
  makeCertificates(file('strangers'), '--host', 'localhost');
  const pair = (who) => ({ key: readFileSync(file(who, 'server.key')), cert: readFileSync(file(who, 'server.pem')) });
  const [endpoint, strict, strange, dying] = await Promise.all([
    startEndpoint(pair('own')),
    startEndpoint({ ...pair('own'), ca: readFileSync(file('own', 'ca.pem')), requestCert: true, rejectUnauthorized: true }),
    startEndpoint(pair('strangers')),
    startEndpoint(pair('own')),
  ]);
  resources(file, {
    default: {
      endpointUrl: `${endpoint.url}/judge?code=kept`,
      identity: { type: 'UserAssigned', userAssignedIdentity: 'issued' },
      azureActiveDirectoryTenantId: 'our-tenant',
      azureActiveDirectoryApplicationIdOrUri: 'api://judge',
    },
    shown: { endpointUrl: strict.url, identity: { type: 'UserAssigned', userAssignedIdentity: 'shown' } },
    unshown: { endpointUrl: strict.url },
    hasty: { endpointUrl: endpoint.url },
    strange: { endpointUrl: strange.url },
    dying: { endpointUrl: dying.url },
  });
  const all = [endpoint, strict, strange, dying];
  return {
    file, endpoint, strict, strange, dying,
    environment: { TRELLIS_SITE: folder, TRELLIS_TOKENS: endpoint.url },
    close() {
      for (const one of all) one.close();
      remove();
    },
  };
}

const connect = ({ mqttjs }, door, username, others = {}) => mqttjs.connect(door, { username, password: PASSWORD, ...others });

async function code(...words) {
  return connect(...words).then((client) => client.endAsync().then(() => 0), (error) => error.code);
}

async function verdicts(broker, clients) {
  const expected = { allow: [0, 0], deny: [0x87, 5], refuse: [0x87, 5] };
  const unavailable = ['silent', 'error', 'away', 'malformed', 'nameless', 'huge', 'short', 'reset'];
  for (const manner of unavailable) expected[manner] = [0x88, 3];
  const door = broker.at('mqtt');
  await Promise.all(Object.entries(expected).map(async ([manner, [v5, v4]]) => {
    assert.equal(await code(clients, door, manner, { version: 5 }), v5, `${manner}, MQTT 5`);
    assert.equal(await code(clients, door, manner, { version: 4 }), v4, `${manner}, MQTT 3.1.1`);
  }));
  assert.equal(await code(clients, broker.at('hasty'), 'stall', { version: 5 }), 0x88);
  assert.equal(await code(clients, broker.at('hasty'), 'stall', { version: 4 }), 3);
}

async function question(broker, clients, { endpoint, file }) {
  assert.equal(await code(clients, broker.at('mqtt'), 'allow', { id: 'client-of-the-question' }), 0);
  const asked = endpoint.questions.at(-1);
  assert.equal(asked.method, 'POST');
  assert.equal(asked.url, '/judge?code=kept');
  assert.equal(asked.clientId, 'client-of-the-question');
  assert.equal(Buffer.from(asked.password, 'base64').toString(), PASSWORD);
  assert.equal(asked.clientCertificate, undefined);
  // Who has a certificate shows it.
  const device = { cert: readFileSync(file('own', 'device-17.pem')), key: readFileSync(file('own', 'device-17.key')) };
  const way = { protocol: 'mqtts', servername: 'localhost', ca: readFileSync(file('own', 'ca.pem')), ...device };
  assert.equal(await code(clients, broker.at('secure'), 'allow', way), 0);
  const shown = new X509Certificate(endpoint.questions.at(-1).clientCertificate);
  assert.equal(shown.fingerprint256, new X509Certificate(device.cert).fingerprint256);
  assert.ok(shown.publicKey.equals(createPublicKey(device.cert)));
}

async function proofs(broker, clients, { endpoint, strict, strange }) {
  assert.equal(endpoint.tokens, 1, 'one token for all calls of both shards');
  const judged = endpoint.questions.filter(({ url }) => url.startsWith('/judge'));
  assert.ok(judged.every(({ authorization }) => authorization === 'Bearer token-that-was-issued'));
  assert.equal(endpoint.tokenRequest.url, '/our-tenant/token');
  assert.equal(endpoint.tokenRequest.authorization, `Basic ${Buffer.from('broker:secret-of-the-broker').toString('base64')}`);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(endpoint.tokenRequest.body)), { grant_type: 'client_credentials', scope: 'api://judge/.default' });
  assert.equal(await code(clients, broker.at('shown'), 'allow'), 0, 'who shows a certificate is answered');
  assert.equal(strict.questions.at(-1).authorization, undefined);
  assert.equal(await code(clients, broker.at('unshown'), 'allow'), 3, 'who shows none is not');
  assert.equal(strict.questions.length, 1);
  assert.equal(await code(clients, broker.at('strange'), 'allow'), 3, 'an endpoint that does not prove its name is not asked');
  assert.equal(strange.questions.length, 0);
}

async function renewal(broker, clients) {
  const way = (data) => ({ authenticationMethod: 'OWN', authenticationData: Buffer.from(data) });
  const enter = (data) => clients.mqttjs.connect(broker.at('mqtt'), { version: 5, properties: way(data) });
  const renew = (client, data) => {
    const answered = new Promise((resolve) => {
      client.handleAuth = (packet, callback) => callback(resolve(packet));
    });
    const ended = once(client, 'disconnect').then(([packet]) => packet);
    client._sendPacket({ cmd: 'auth', reasonCode: 0x19, properties: way(data) });
    return within(15_000, 'AUTH to be answered', Promise.race([answered, ended]));
  };
  const [kept, lost] = await Promise.all([enter('brief'), enter('brief')]);
  const end = within(30_000, 'the end of the answer', once(lost, 'disconnect'));
  const answer = await renew(kept, 'long');
  assert.deepEqual([answer.cmd, answer.reasonCode], ['auth', 0]);
  const [ended] = await end;
  assert.deepEqual([ended.reasonCode, ended.properties?.reasonString], [0x87, 'token expired'], 'its time was over');
  await clients.mqttjs.publishOn(kept, { topic: 'still/here', payload: 'x', qos: 1 });
  assert.equal((await renew(kept, 'other')).reasonCode, 0x87, 'nobody becomes somebody else');
  assert.equal((await renew(await enter('allow'), 'deny')).reasonCode, 0x87);
  assert.equal((await renew(await enter('allow'), 'error')).reasonCode, 0x87, 'no answer renews nothing');
}

// What has no AUTH cannot renew: the connection is closed when the time of the answer is over.
async function oldExpiry(broker, clients) {
  const client = await connect(clients, broker.at('mqtt'), 'brief', { version: 4 });
  await within(30_000, 'the end of the answer for MQTT 3.1.1', once(client, 'close'));
}

async function roundTrip({ mqttjs }, client) {
  const begun = performance.now();
  await mqttjs.publishOn(client, { topic: 'round/trip', payload: 'x', qos: 1 });
  await client.inbox.next();
  return performance.now() - begun;
}

// The time that this share of the round trips stayed below.
const quantile = (times, share) => times.sort((a, b) => a - b)[Math.floor(times.length * share)];

// What stalls holds up nobody else, and no more of it is under way than may be.
async function stalls(broker, clients, { endpoint }) {
  const client = await clients.mqttjs.connect(broker.at('free'), {});
  await client.subscribeAsync('round/trip', { qos: 1 });
  const before = [];
  while (before.length < 300) before.push(await roundTrip(clients, client));
  endpoint.most = 0;
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const during = [];
  while (during.length < 200) {
    let left = 60;
    const crowd = Array.from({ length: left }, () => code(clients, broker.at('hasty'), 'stall').finally(() => { left -= 1; }));
    // Those above the bound are refused at once; from then on only the webhook could hold somebody up.
    while (left > 0) {
      const waits = left <= PENDING && endpoint.stalled > 0;
      const time = await roundTrip(clients, client);
      if (waits) during.push(time);
    }
    assert.ok((await Promise.all(crowd)).every((one) => one === 3), 'all are told that the server is unavailable');
  }
  assert.ok(endpoint.most > 0 && endpoint.most <= PENDING, `${endpoint.most} calls at once`);
  // A webhook that held up others would do so until its time-out. The slowest round trips tell how late this process itself
  // was as well, on a busy machine above all, so that much is granted them.
  const [usual, slow] = [0.5, 0.99].map((share) => quantile(during, share));
  const earlier = `${quantile(before, 0.5)} and ${quantile(before, 0.99)} ms before`;
  assert.ok(usual < quantile(before, 0.5) * 3 + 5, `usually a round trip took ${usual} ms, ${earlier}`);
  const late = loop.max / 1e6;
  assert.ok(slow < HASTY / 2 + late, `one in a hundred round trips took ${slow} ms, ${earlier}; we were ${late} ms late`);
  await client.endAsync();
  let answers = 3;
  for (let i = 0; i < 20 && answers !== 0; ++i) answers = await code(clients, broker.at('hasty'), 'allow');
  assert.equal(answers, 0, 'there is room again');
}

async function death(broker, clients, { dying }) {
  const door = broker.at('dying');
  assert.equal(await code(clients, door, 'allow'), 0);
  dying.close();
  assert.equal(await code(clients, door, 'allow'), 3);
  assert.equal(await code(clients, door, 'allow', { version: 5 }), 0x88);
}

function secrets(broker) {
  const said = broker.output.join('\n');
  assert.ok(said.includes('because of the moon'), 'what the webhook said is in the log');
  const clear = [PASSWORD, 'secret-of-the-broker', 'token-that-is-given', 'token-that-was-issued', 'code=kept'];
  for (const secret of clear.flatMap((one) => [one, Buffer.from(one).toString('base64')])) {
    assert.ok(!said.includes(secret), `${secret} is in the log`);
  }
}

export default async function webhook(broker, clients, site) {
  await verdicts(broker, clients);
  await question(broker, clients, site);
  await proofs(broker, clients, site);
  await Promise.all([renewal(broker, clients), oldExpiry(broker, clients)]);
  await stalls(broker, clients, site);
  await death(broker, clients, site);
  secrets(broker);
}
