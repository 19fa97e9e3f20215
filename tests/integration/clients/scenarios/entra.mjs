// MQTT.js shows access tokens of a real OIDC issuer, over TCP and WebSocket, and renews them before they end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';
import { startIssuer } from '../issuer.mjs';

export const config = 'entra.json';
const METHOD = 'OAUTH2-JWT';

export async function prepare() {
  const issuer = await startIssuer({
    clients: {
      press: { claims: { oid: 'press-oid', azp: 'app' } },
      mill: { claims: { oid: 'mill-oid', azp: 'app' } },
      brief: { claims: { oid: 'press-oid', azp: 'app' }, ttl: 8 },
    },
  });
  const { folder, file, remove } = makeFolder();
  const believed = { issuer: issuer.url, clockSkewInSeconds: 0 };
  const clientAuthentication = { entraAuthentication: believed };
  writeFileSync(file('entra.json'), JSON.stringify({ namespaces: { default: { topicSpacesConfiguration: { clientAuthentication } } } }));
  return {
    issuer,
    environment: { TRELLIS_SITE: folder },
    close() {
      issuer.die();
      remove();
    },
  };
}

function proof(token) {
  return { authenticationMethod: METHOD, authenticationData: Buffer.from(token) };
}

function connect({ mqttjs }, door, token, options = {}) {
  return mqttjs.connect(door, { version: 5, properties: proof(token), ...options });
}

async function refused(clients, door, token) {
  const error = await connect(clients, door, token).then(() => assert.fail('it was let in'), (reason) => reason);
  return error.code;
}

// AUTH with 0x19 and the answer to it.
async function renew(client, token) {
  const answered = new Promise((resolve) => {
    client.handleAuth = (packet, callback) => {
      resolve(packet);
      callback();
    };
  });
  client._sendPacket({ cmd: 'auth', reasonCode: 0x19, properties: proof(token) });
  return within(15_000, 'AUTH to be answered', answered);
}

async function exchange(broker, clients, { issuer }) {
  for (const [door, way] of [[broker.at('mqtt'), {}], [broker.at('ws'), { protocol: 'ws', path: '/mqtt' }]]) {
    const press = await connect(clients, door, await issuer.token('press'), way);
    const mill = await connect(clients, door, await issuer.token('mill'), way);
    assert.equal(press.connack.properties.authenticationMethod, METHOD);
    await mill.subscribeAsync('state/#', { qos: 1 });
    await clients.mqttjs.publishOn(press, { topic: 'state/press', payload: '1200', qos: 1 });
    assert.equal((await mill.inbox.next()).payload.toString(), '1200');
    await press.endAsync();
    await mill.endAsync();
  }
}

async function strangers(broker, clients, { issuer }) {
  const door = broker.at('mqtt');
  assert.equal(await refused(clients, door, await issuer.token('press', 'https://elsewhere.example/')), 0x87);
  assert.equal(await refused(clients, door, 'no token'), 0x87);
  const inPassword = clients.mqttjs.connect(door, { version: 5, username: 'press-oid', password: await issuer.token('press') });
  assert.equal(await inPassword.then(() => 0, ({ code }) => code), 0x87);
}

// One goes on with a new token after the end of the one it came with, which ends the other.
async function renewal(broker, clients, { issuer }) {
  const door = broker.at('mqtt');
  const brief = await issuer.token('brief');
  const [kept, lost] = [await connect(clients, door, brief), await connect(clients, door, brief)];
  const ended = within(30_000, 'the end of the token', once(lost, 'disconnect'));
  const answer = await renew(kept, await issuer.token('press'));
  assert.equal(answer.reasonCode, 0);
  assert.equal(answer.properties.authenticationMethod, METHOD);
  const [{ reasonCode }] = await ended;
  assert.equal(reasonCode, 0x87);
  await clients.mqttjs.publishOn(kept, { topic: 'state/press', payload: 'still here', qos: 1 });
  await kept.endAsync();
}

async function rotation(broker, clients, { issuer }) {
  const door = broker.at('mqtt');
  const before = await issuer.token('press');
  await issuer.addKey();
  for (const token of [await issuer.token('press'), before]) await (await connect(clients, door, token)).endAsync();
}

export default async function entra(broker, clients, site) {
  await exchange(broker, clients, site);
  await strangers(broker, clients, site);
  await renewal(broker, clients, site);
  await rotation(broker, clients, site);
}
