// What TLS promises, seen with openssl s_client: versions, resumption, clients' certificates, names; and that tenants behind
// one port never see each other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';
import { handshake } from '../openssl.mjs';

export const config = 'tls.json';

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  makeCertificates(file('a'), '--host', 'a.example', '--client', 'device-1');
  makeCertificates(file('b'), '--host', 'b.example', '--client', 'device-1');
  return { file, environment: { TRELLIS_CERTS: folder }, close: remove };
}

async function versions(broker) {
  const offer = { '1.0': '-tls1', 1.1: '-tls1_1', 1.2: '-tls1_2', 1.3: '-tls1_3' };
  for (const [version, option] of Object.entries(offer)) {
    const { made, text } = await handshake(broker.at('none'), [option, '-cipher', 'DEFAULT:@SECLEVEL=0']);
    assert.equal(made, version >= '1.2', `TLS ${version}: ${text}`);
  }
}

async function resumption(broker, site) {
  const known = ['-cert', site.file('a', 'device-1.pem'), '-key', site.file('a', 'device-1.key')];
  for (const [listener, option, ...args] of [['none', '-tls1_2'], ['required', '-tls1_2', ...known], ['required', '-tls1_3', ...known]]) {
    const session = site.file(`session-${listener}${option}`);
    const first = await handshake(broker.at(listener), [option, ...args, '-sess_out', session]);
    assert.ok(first.made && !first.reused, first.text);
    const second = await handshake(broker.at(listener), [option, ...args, '-sess_in', session]);
    assert.ok(second.made && second.reused, second.text);
  }
}

// Where nobody is asked for a certificate, a ticket of TLS 1.3 comes with the second answer.
async function resumptionOfWhoStays(broker) {
  const { host, port } = broker.at('none');
  const connectPacket = Buffer.from('100c00044d51545404020000' + '0000', 'hex');
  const pingPacket = Buffer.from('c000', 'hex');
  const open = async (session) => {
    const socket = connect({ host, port, session, minVersion: 'TLSv1.3', rejectUnauthorized: false });
    const ticket = within(30_000, 'a ticket', once(socket, 'session'));
    socket.once('data', () => socket.write(pingPacket));
    socket.write(connectPacket);
    const [given] = await ticket;
    const reused = socket.isSessionReused();
    socket.destroy();
    return { given, reused };
  };
  const first = await open();
  assert.ok(!first.reused);
  assert.ok((await open(first.given)).reused);
}

async function clientCertificates(broker, site) {
  const known = ['-cert', site.file('a', 'device-1.pem'), '-key', site.file('a', 'device-1.key')];
  const stranger = ['-cert', site.file('b', 'device-1.pem'), '-key', site.file('b', 'device-1.key')];
  const served = {
    none: { nobody: true, known: true, stranger: true },
    hosts: { nobody: true, known: true, stranger: true },  // requested
    required: { nobody: false, known: true, stranger: true },
    verified: { nobody: false, known: true, stranger: false },
  };
  for (const [listener, expected] of Object.entries(served)) {
    for (const option of ['-tls1_2', '-tls1_3']) {
      for (const [who, args] of Object.entries({ nobody: [], known, stranger })) {
        const { made, text } = await handshake(broker.at(listener), [option, ...args]);
        assert.equal(made, expected[who], `${listener} ${option} ${who}: ${text}`);
      }
    }
  }
}

// A host may ask for more than others, and neither a session begun elsewhere nor another name in the Host field opens it.
async function strictHost(broker, site) {
  const door = broker.at('hosts');
  const strict = ['-servername', 'strict.example'];
  const known = ['-cert', site.file('b', 'device-1.pem'), '-key', site.file('b', 'device-1.key')];
  for (const option of ['-tls1_2', '-tls1_3']) {
    const session = site.file(`lax${option}`);
    assert.ok((await handshake(door, [option, '-servername', 'a.example', '-sess_out', session])).made, 'a lax host');
    assert.ok(!(await handshake(door, [option, ...strict])).made, 'nobody');
    const begun = await handshake(door, [option, ...strict, '-sess_in', session]);
    assert.ok(!begun.made, begun.text);
    assert.ok((await handshake(door, [option, ...strict, ...known])).made, 'who is known');
  }
}

async function names(broker, site) {
  const shown = async (name, ca) => {
    const sni = name === undefined ? ['-noservername'] : ['-servername', name];
    const { text } = await handshake(broker.at('hosts'), [...sni, '-CAfile', site.file(ca, 'ca.pem')]);
    return /Verify return code: 0 \(ok\)/.test(text);
  };
  assert.ok(await shown('b.example', 'b'), 'the certificate of b');
  assert.ok(await shown('a.example', 'a'), 'the certificate of a');
  assert.ok(await shown('elsewhere.example', 'a'), 'the first certificate for unknown names');
  assert.ok(await shown(undefined, 'a'), 'the first certificate for those that name nobody');
  assert.ok(!(await shown('b.example', 'a')), 'b has a certificate of its own');
}

// By TLS (SNI) with MQTT, by the Host field with WebSocket.
function tenants(site) {
  const ca = { a: readFileSync(site.file('a', 'ca.pem')), b: readFileSync(site.file('b', 'ca.pem')) };
  const of = (name) => [
    { protocol: 'mqtts', servername: `${name}.example`, ca: ca[name] },
    { protocol: 'wss', path: '/mqtt', wsOptions: { servername: `${name}.example`, ca: ca[name], headers: { host: `${name}.example` } } },
  ];
  return [of('a'), of('b')];
}

async function isolation(broker, { mqttjs }, site) {
  const door = broker.at('hosts');
  for (const [i, [way]] of tenants(site).entries()) {
    await mqttjs.publish(door, { topic: 'kept', payload: `of ${i}`, qos: 1, retain: true }, way);
  }
  const inboxes = [];
  for (const [i, ways] of tenants(site).entries()) {
    for (const [k, way] of ways.entries()) {
      // The same client identifiers in both: neither takes over the other's session.
      const inbox = await mqttjs.subscribe(door, '#', { version: 5, id: `client-${k}`, qos: 1, sessionExpiry: 60, ...way });
      assert.equal((await inbox.next(`what ${i} retains`)).payload.toString(), `of ${i}`);
      inboxes.push([i, inbox]);
    }
  }
  for (const [i, ways] of tenants(site).entries()) {
    for (const way of ways) await mqttjs.publish(door, { topic: 'same', payload: `from ${i}`, qos: 1 }, way);
  }
  for (const [i, inbox] of inboxes) {
    const received = (await inbox.take(2)).map(({ payload }) => payload.toString());
    assert.deepEqual(received, [`from ${i}`, `from ${i}`]);
    assert.ok(inbox.client.connected, 'nobody took it over');
  }
  for (const [, inbox] of inboxes) await inbox.close();
}

// Over TLS the Host field chooses nothing: here it would lead from a to b.
async function fronting(broker, { mqttjs }, site) {
  const door = broker.at('hosts');
  const ca = readFileSync(site.file('a', 'ca.pem'));
  const way = { protocol: 'wss', path: '/mqtt', wsOptions: { servername: 'a.example', ca, headers: { host: 'b.example' } } };
  const inbox = await mqttjs.subscribe(door, 'kept', { qos: 1, ...way });
  assert.equal((await inbox.next()).payload.toString(), 'of 0');
  await inbox.close();
}

export default async function tls(broker, clients, site) {
  await versions(broker);
  await resumption(broker, site);
  await resumptionOfWhoStays(broker);
  await clientCertificates(broker, site);
  await strictHost(broker, site);
  await names(broker, site);
  await isolation(broker, clients, site);
  await fronting(broker, clients, site);
}
