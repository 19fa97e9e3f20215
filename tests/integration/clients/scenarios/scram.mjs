// MQTT.js proves passwords by SCRAM-SHA-256, with keys that `trellis scram` made; and others fail to.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';

export const config = 'scram.json';
const METHOD = 'SCRAM-SHA-256';
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

// The client's side, written from RFC 5802 and apart from the broker's.
class Exchange {
  constructor(user, password) {
    this.password = password;
    this.bare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${randomBytes(18).toString('base64')}`;
    this.first = `n,,${this.bare}`;
  }
  final(challenge) {
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge);
    assert.ok(nonce.startsWith(this.bare.slice(this.bare.indexOf('r=') + 2)), 'the nonce goes on from ours');
    const salted = pbkdf2Sync(this.password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const said = `${this.bare},${challenge},c=biws,r=${nonce}`;
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), said);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i])).toString('base64');
    this.server = `v=${hmac(hmac(salted, 'Server Key'), said).toString('base64')}`;
    return `c=biws,r=${nonce},p=${proof}`;
  }
}

const step = (data) => ({ authenticationMethod: METHOD, authenticationData: Buffer.from(data) });
const text = (packet) => packet.properties.authenticationData.toString();

// final: what is sent instead of the right message.
function connect({ mqttjs }, broker, user, password, final) {
  const exchange = new Exchange(user, password);
  const answer = (packet, callback) => {
    exchange.challenge = text(packet);
    exchange.sent = exchange.final(exchange.challenge);
    callback(null, { cmd: 'auth', reasonCode: 0x18, properties: step(final?.(exchange) ?? exchange.sent) });
  };
  const connected = mqttjs.connect(broker, { version: 5, properties: step(exchange.first), answer });
  return { exchange, connected };
}

async function refused(...words) {
  const { exchange, connected } = connect(...words);
  const error = await connected.then(() => assert.fail('it was let in'), (reason) => reason);
  return { code: error.code, exchange };
}

function scram(site, user, password, ...words) {
  return execFileSync(process.env.TRELLIS_BIN, ['scram', site.file('users'), user, '--stdin', ...words], { input: `${password}\n` });
}

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  const site = { file, environment: { TRELLIS_SITE: folder }, close: remove };
  scram(site, 'ada', 'correct horse', '--iterations', '4096');
  scram(site, 'a,b=c', 'other');
  return site;
}

async function letIn(broker, clients) {
  for (const [user, password] of [['ada', 'correct horse'], ['a,b=c', 'other']]) {
    const { exchange, connected } = connect(clients, broker, user, password);
    const client = await connected;
    assert.equal(client.connack.properties.authenticationMethod, METHOD);
    assert.equal(text(client.connack), exchange.server, 'the broker proves itself');
    await client.endAsync();
  }
}

async function keptOut(broker, clients) {
  const wrong = await refused(clients, broker, 'ada', 'Correct horse');
  assert.equal(wrong.code, 0x86);
  const unknown = await refused(clients, broker, 'nobody', 'correct horse');
  assert.equal(unknown.code, 0x86);
  const again = await refused(clients, broker, 'nobody', 'x');
  const asked = ({ exchange }) => exchange.challenge.replace(/^r=[^,]+/, '');
  assert.equal(asked(unknown), asked(again), 'an unknown name has the same salt every time');
  const { exchange, connected } = connect(clients, broker, 'ada', 'correct horse');
  await (await connected).endAsync();
  assert.equal((await refused(clients, broker, 'ada', 'correct horse', () => exchange.sent)).code, 0x86, 'a replayed proof');
  assert.equal((await refused(clients, broker, 'ada', 'correct horse', (mine) => mine.first)).code, 0x86, 'a step again');
  assert.equal((await refused(clients, broker, 'ada', 'correct horse', () => 'x'.repeat(8000))).code, 0x86, 'a long one');
  const plain = clients.mqttjs.connect(broker, { version: 5, username: 'ada', password: 'correct horse' });
  assert.equal(await plain.then(() => 0, ({ code }) => code), 0x87, 'no exchange');
}

async function again(broker, clients) {
  const renew = async (client, user, password) => {
    const exchange = new Exchange(user, password);
    const done = new Promise((resolve) => {
      client.handleAuth = (packet, callback) => {
        if (packet.reasonCode === 0) return callback(resolve(packet));
        return callback(null, { cmd: 'auth', reasonCode: 0x18, properties: step(exchange.final(text(packet))) });
      };
    });
    client._sendPacket({ cmd: 'auth', reasonCode: 0x19, properties: step(exchange.first) });
    const ended = once(client, 'disconnect').then(([packet]) => packet);
    const packet = await within(15_000, 'the end of re-authentication', Promise.race([done, ended]));
    return { packet, exchange };
  };
  const client = await connect(clients, broker, 'ada', 'correct horse').connected;
  const { packet, exchange } = await renew(client, 'ada', 'correct horse');
  assert.equal(packet.cmd, 'auth');
  assert.equal(text(packet), exchange.server);
  assert.equal((await renew(client, 'a,b=c', 'other')).packet.reasonCode, 0x87, 'nobody becomes somebody else');
}

// A changed password holds at once, and ends the connections that were made with the old one.
async function changed(broker, clients, site) {
  const client = await connect(clients, broker, 'ada', 'correct horse').connected;
  const ended = within(15_000, 'the old password to end', once(client, 'disconnect'));
  scram(site, 'ada', 'battery staple', '--iterations', '4096');
  assert.equal((await ended)[0].reasonCode, 0x87);
  await (await connect(clients, broker, 'ada', 'battery staple').connected).endAsync();
  assert.equal((await refused(clients, broker, 'ada', 'correct horse')).code, 0x86);
}

export default async function scramScenario(broker, clients, site) {
  await letIn(broker, clients);
  await keptOut(broker, clients);
  await again(broker, clients);
  await changed(broker, clients, site);
  const kept = `${readFileSync(site.file('users'))}${broker.output.join('\n')}`;
  for (const secret of ['correct horse', 'Correct horse', 'battery staple']) assert.ok(!kept.includes(secret), secret);
}
