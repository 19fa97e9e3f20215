// Registered clients by certificates made with openssl: who is let in, who is not, and that changes of clients, authorities
// and revocation lists, and the end of a certificate, act on who is connected.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';
import { Pki, replace } from '../pki.mjs';

export const config = 'x509.json';

const NOT_AUTHORIZED = 0x87;
const QUOTA_EXCEEDED = 0x97;

const by = (scheme, more = {}) => ({ clientCertificateAuthentication: { validationScheme: `${scheme}MatchesAuthenticationName` }, ...more });

function make(pki) {
  pki.root('root');
  pki.root('stranger');
  pki.intermediate('root', 'middle');
  pki.root('top');
  pki.intermediate('top', 'hall');
  for (const name of ['press-01', 'press-02', 'press-03', 'press-04']) pki.issue('root', name);
  pki.issue('middle', 'below-middle');
  pki.issue('hall', 'in-hall');
  pki.issue('top', 'beside-hall');
  pki.issue('root', 'server-only', { extensions: 'extendedKeyUsage=serverAuth' });
  pki.issue('root', 'client-too', { extensions: 'extendedKeyUsage=serverAuth,clientAuth' });
  pki.issue('root', 'expired', { from: -20, until: -10 });
  pki.issue('root', 'too-early', { from: 10, until: 20 });
  pki.issue('root', 'revoked');
  pki.revoke('root', 'revoked');
  pki.issue('stranger', 'strange', { subject: 'press-01' });
  pki.issue('root', 'names', { extensions: 'subjectAltName=DNS:first.example,DNS:second.example,IP:192.0.2.7,IP:2001:db8::7,' +
    'URI:urn:press:7,email:press@example.com' });
  pki.selfSigned('own');
}

function resources(pki) {
  const clients = {
    'own': { clientCertificateAuthentication: { validationScheme: 'ThumbprintMatch', allowedThumbprints: [pki.thumbprint('own').toUpperCase()] } },
    'by-dns': by('Dns', { authenticationName: 'second.example' }),
    'by-first-dns': by('Dns', { authenticationName: 'First.Example' }),
    'by-v4': by('Ip', { authenticationName: '192.0.2.7' }),
    'by-v6': by('Ip', { authenticationName: '2001:DB8:0::7' }),
    'by-uri': by('Uri', { authenticationName: 'urn:press:7' }),
    'by-email': by('Email', { authenticationName: 'press@EXAMPLE.com' }),
  };
  for (const name of ['press-01', 'press-02', 'press-03', 'press-04', 'below-middle', 'in-hall', 'beside-hall', 'server-only', 'client-too', 'expired', 'too-early', 'revoked', 'short-lived']) {
    clients[name] = by('Subject');
  }
  return {
    clients,
    caCertificates: { root: { encodedCertificate: pki.pem('root') }, hall: { encodedCertificate: pki.pem('hall') } },
    namespaces: { default: { topicSpacesConfiguration: { clientAuthentication: { alternativeAuthenticationNameSources: ['ClientCertificateDns', 'ClientCertificateSubject'] } } } },
  };
}

export async function prepare() {
  const { file, folder, remove } = makeFolder();
  makeCertificates(file('server'));
  const pki = new Pki(file('pki'));
  make(pki);
  mkdirSync(file('resources'));
  const site = {
    pki,
    ca: file('server', 'ca.pem'),
    environment: { TRELLIS_CERTS: folder },
    close: remove,
    resources: resources(pki),
    put() { replace(file('resources', 'all.json'), JSON.stringify(this.resources)); },
    list() { replace(file('root.crl'), pki.revocationList('root')); },
  };
  site.put();
  site.list();
  return site;
}

// As MQTT.js wants it; without a name the certificate gives it.
function way(site, username, ...names) {
  const shown = names.length > 0 ? site.pki.shown(...names) : {};
  return { protocol: 'mqtts', servername: 'localhost', ca: readFileSync(site.ca), version: 5, cert: shown.cert, key: shown.keyText, ...(username && { username }) };
}

async function lookAtAll(broker, { mqttjs }, site) {
  const allowed = async (...who) => (await mqttjs.connect(broker, way(site, ...who))).endAsync();
  const refused = async (...who) => {
    await assert.rejects(mqttjs.connect(broker, way(site, ...who)), (error) => error.code === NOT_AUTHORIZED, `${who}`);
  };
  await allowed('press-01', 'press-01');
  await allowed('PRESS-01', 'press-01');
  await allowed(undefined, 'press-01');
  await refused('press-02', 'press-01');
  await refused('unknown', 'press-01');
  await refused('press-01');
  await refused('press-01', 'strange');
  await refused('press-01', 'strange', 'stranger');

  await refused('server-only', 'server-only');
  await allowed('client-too', 'client-too');
  await refused('expired', 'expired');
  await refused('too-early', 'too-early');
  await refused('revoked', 'revoked');

  await allowed('own', 'own');
  await refused('own', 'press-01');
  for (const name of ['second.example', 'FIRST.example', '192.0.2.7', '2001:db8:0::7', 'urn:press:7', 'press@example.COM']) await allowed(name, 'names');
  await allowed(undefined, 'names');
}

// leaf < intermediate < root. Of one chain the root is registered only, of the other the intermediate only.
async function chains(broker, { mqttjs }, site) {
  const outcome = (name, ...chain) => mqttjs.connect(broker, way(site, name, name, ...chain)).then((client) => client.endAsync().then(() => 0), (error) => error.code);
  assert.equal(await outcome('in-hall'), 0, 'a registered intermediate is an anchor by itself');
  assert.equal(await outcome('in-hall', 'hall'), 0, 'which the client may send too');
  assert.equal(await outcome('in-hall', 'hall', 'top'), 0, 'with its root, which nobody registered');
  assert.equal(await outcome('below-middle', 'middle'), 0, 'below a registered root the client sends the intermediate');
  assert.equal(await outcome('below-middle', 'middle', 'root'), 0, 'and may send the root');
  assert.equal(await outcome('below-middle'), NOT_AUTHORIZED, 'without the intermediate nothing leads to the root');
  assert.equal(await outcome('below-middle', 'hall'), NOT_AUTHORIZED, 'nor does another one');
  assert.equal(await outcome('beside-hall'), NOT_AUTHORIZED, 'a registered intermediate is none for what its root issues beside it');
  assert.equal(await outcome('beside-hall', 'top'), NOT_AUTHORIZED, 'not even with that root');
}

// Several sessions at once are for those who say their name in each CONNECT; nothing else limits them here.
async function sessions(broker, { mqttjs }, site) {
  const open = (username) => mqttjs.connect(broker, way(site, username, 'press-02'));
  const [first, second] = [await open('press-02'), await open('press-02')];
  await assert.rejects(open(undefined), (error) => error.code === QUOTA_EXCEEDED, 'without user name only one session');
  await Promise.all([first.endAsync(), second.endAsync()]);
  const only = await open(undefined);
  await assert.rejects(open(undefined), (error) => error.code === QUOTA_EXCEEDED, 'nor a second one without');
  const named = await open('press-02');
  await Promise.all([named.endAsync(), only.endAsync()]);
}

// Who is connected when its certificate expires is told so and cut off, not earlier.
async function expiry(broker, { mqttjs }, site) {
  const good_for = async (seconds) => {
    site.pki.issue('root', 'short-lived', { until: seconds / 86_400 });
    return mqttjs.connect(broker, way(site, 'short-lived', 'short-lived'));
  };
  // A machine so slow that the certificate is expired before anybody could show it gets another one.
  const client = await good_for(4).catch(() => good_for(10));
  const ended = new Promise((resolve) => client.once('disconnect', (packet) => resolve(packet.reasonCode)));
  return async () => {
    assert.equal(await within(30_000, 'the client to be cut off', ended), NOT_AUTHORIZED);
    assert.ok(Date.now() >= site.pki.validTo('short-lived'), 'its certificate was still good');
    await assert.rejects(mqttjs.connect(broker, way(site, 'short-lived', 'short-lived')), (error) => error.code === NOT_AUTHORIZED);
  };
}

// The tools of mosquitto, with MQTT 3.1.1 and 5, between a client of an authority and one with a certificate of its own.
async function exchange(broker, { mosquitto }, site) {
  for (const version of [4, 5]) {
    const options = (username, ...names) => ({ version, username, tls: { ca: site.ca, ...site.pki.shown(...names) } });
    const inbox = await mosquitto.subscribe(broker, 'hall/#', { qos: 1, ...options('own', 'own') });
    await mosquitto.publish(broker, { topic: 'hall/1', payload: 'pressed', qos: 1 }, options('press-01', 'press-01'));
    assert.equal((await inbox.next()).payload.toString(), 'pressed');
    await inbox.close();
    await assert.rejects(mosquitto.publish(broker, { topic: 'hall/1', payload: 'no', qos: 1 }, options('press-02', 'press-01')));
  }
}

async function changes(broker, { mqttjs }, site) {
  const names = ['press-01', 'press-02', 'press-03', 'press-04', 'in-hall', 'own'];
  const clients = {};
  const ended = {};
  for (const name of names) {
    const client = clients[name] = await mqttjs.connect(broker, way(site, name, name));
    ended[name] = new Promise((resolve) => client.once('disconnect', (packet) => resolve(packet.reasonCode)));
  }
  const older = await mqttjs.connect(broker, { ...way(site, 'press-01', 'press-01'), version: 4 });
  const olderClosed = new Promise((resolve) => older.once('close', resolve));
  const cutOff = async (name) => assert.equal(await within(15_000, `${name} to be cut off`, ended[name]), NOT_AUTHORIZED);
  const change = () => { site.put(); broker.reload(); };

  site.resources.clients['press-01'].state = 'Disabled';
  site.resources.clients['press-04'].description = 'the green one';
  change();
  await cutOff('press-01');
  await within(15_000, 'the client of MQTT 3.1.1 to be cut off', olderClosed);

  delete site.resources.clients['press-02'];
  change();
  await cutOff('press-02');

  site.pki.revoke('root', 'press-03');
  site.list();
  await cutOff('press-03');

  delete site.resources.caCertificates.hall;
  change();
  await cutOff('in-hall');

  for (const name of ['press-04', 'own']) {
    assert.ok(clients[name].connected, `${name} has nothing to do with all that`);
    await mqttjs.publishOn(clients[name], { topic: 'still', payload: 'here', qos: 1 });
    await clients[name].endAsync();
  }
  for (const name of ['press-01', 'press-02', 'press-03', 'in-hall']) {
    await assert.rejects(mqttjs.connect(broker, way(site, name, name)), (error) => error.code === NOT_AUTHORIZED, name);
  }
}

export default async function x509(broker, clients, site) {
  const cutOff = await expiry(broker, clients, site);
  await Promise.all([cutOff(), lookAtAll(broker, clients, site).then(() => exchange(broker, clients, site))]);
  await chains(broker, clients, site);
  await sessions(broker, clients, site);
  await changes(broker, clients, site);
}
