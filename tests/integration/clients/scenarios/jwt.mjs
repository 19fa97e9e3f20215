// MQTT.js shows tokens of an issuer whose keys are certificates, or published by a server that rotates them, hangs and dies.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';
import { makeKey, publishKeys } from '../keys.mjs';

export const config = 'jwt.json';
const METHOD = 'CUSTOM-JWT';
const NOT_AUTHORIZED = 0x87;
const UNAVAILABLE = 0x88;

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  const { file: keyFile, remove: removeKeys } = makeFolder();
  const [certified, first, second] = ['certified', 'first', 'second'].map((kid) => makeKey(keyFile, kid));
  const [server, gone] = [await publishKeys(first), await publishKeys()];
  gone.die();
  const namespace = (name, jwksUri, others) => {
    const customJwtAuthentication = { tokenIssuer: 'my-issuer', audiences: ['broker.example'], jwksUri, ...others };
    const topicSpacesConfiguration = { clientAuthentication: { customJwtAuthentication } };
    writeFileSync(file(`${name}.json`), JSON.stringify({ namespace: name, namespaces: { [name]: { topicSpacesConfiguration } } }));
  };
  namespace('default', server.url, {
    encodedIssuerCertificates: [{ kid: certified.kid, encodedCertificate: certified.pem }],
    passwordField: true,
  });
  namespace('mute', gone.url);
  return {
    certified,
    first,
    second,
    server,
    environment: { TRELLIS_SITE: folder },
    close() {
      server.die();
      remove();
      removeKeys();
    },
  };
}

const proof = (token) => ({ authenticationMethod: METHOD, authenticationData: Buffer.from(token) });
const connect = ({ mqttjs }, door, token) => mqttjs.connect(door, { version: 5, properties: proof(token) });
const refusal = (attempt) => attempt.then(() => assert.fail('it was let in'), ({ code }) => code);

async function letIn(clients, door, token) {
  await (await connect(clients, door, token)).endAsync();
}

async function exchange(broker, clients, { certified, first }) {
  const door = broker.at('mqtt');
  const press = await connect(clients, door, certified.token({ sub: 'press', hall: 'north' }));
  const mill = await connect(clients, door, first.token({ sub: 'mill' }));
  const old = await clients.mqttjs.connect(door, { username: METHOD, password: first.token({ sub: 'old' }) });
  await mill.subscribeAsync('state/#', { qos: 1 });
  for (const client of [press, old]) {
    await clients.mqttjs.publishOn(client, { topic: 'state/press', payload: '1200', qos: 1 });
    assert.equal((await mill.inbox.next()).payload.toString(), '1200');
  }
  for (const client of [press, mill, old]) await client.endAsync();
}

async function strangers(broker, clients, { first, second }) {
  const door = broker.at('mqtt');
  for (const token of ['nonsense', first.token({}), first.token({ sub: 'a', aud: 'elsewhere' }), first.token({ sub: 'a', exp: 1 }),
    second.token({ sub: 'a' })]) {
    assert.equal(await refusal(connect(clients, door, token)), NOT_AUTHORIZED);
  }
}

// New keys are fetched when somebody shows one, but not more often than once a second.
async function rotation(broker, clients, { first, second, server }) {
  const door = broker.at('mqtt');
  server.publish(second);
  await within(15_000, 'the new key to be believed', (async () => {
    const tried = () => letIn(clients, door, second.token({ sub: 'a' })).then(() => true, () => false);
    while (!(await tried()));
  })());
  assert.equal(await refusal(connect(clients, door, first.token({ sub: 'a' }))), NOT_AUTHORIZED, 'the old one is gone');
}

// A token of an unknown key waits for the server, and nobody else does.
async function silence(broker, clients, { second, first, server }) {
  const door = broker.at('mqtt');
  server.hang();
  let answered = false;
  const asks = async () => {
    let waited;
    do {
      const begin = Date.now();
      assert.equal(await refusal(connect(clients, door, first.token({ sub: 'b' }))), NOT_AUTHORIZED);
      waited = Date.now() - begin;
    } while (waited < 2_000);  // refused at once as long as the last fetch was a moment ago
    answered = true;
  };
  const waiting = within(20_000, 'the question to be given up', asks());
  const times = [];
  while (!answered) {
    const begin = Date.now();
    await letIn(clients, door, second.token({ sub: 'c' }));
    times.push(Date.now() - begin);
  }
  await waiting;
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  assert.ok(times.length > 3 && median < 1_000, `nobody else waited: ${times} ms`);
}

async function death(broker, clients, { first, second, server }) {
  const door = broker.at('mqtt');
  server.die();
  await letIn(clients, door, second.token({ sub: 'c' }));
  assert.equal(await refusal(connect(clients, door, first.token({ sub: 'b' }))), NOT_AUTHORIZED);
}

export default async function jwt(broker, clients, site) {
  await exchange(broker, clients, site);
  await strangers(broker, clients, site);
  await rotation(broker, clients, site);
  await silence(broker, clients, site);
  await death(broker, clients, site);
  const token = site.first.token({ sub: 'a' });
  assert.equal(await refusal(connect(clients, broker.at('mute'), token)), UNAVAILABLE, 'its keys were never there');
  const said = broker.output.join('\n');
  assert.ok(!said.includes(token.split('.')[0]) && !said.includes('BEGIN'), 'nothing of tokens and keys in the log');
  assert.ok(said.includes('those of before stay in use'), said);
}
