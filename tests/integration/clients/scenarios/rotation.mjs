// Certificates, CAs and lists of revoked certificates change under load: who is still trusted stays connected and loses
// nothing, who is not is gone within 5 seconds, and new handshakes see what is new within 5 seconds.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { makeCertificates, makeFolder } from '../certificates.mjs';
import { within } from '../inbox.mjs';
import { handshake } from '../openssl.mjs';

export const config = 'rotation.json';

const NAMES = ['one', 'two', 'three', 'four'];
const LIMIT = 5_000;

// A CA as `openssl ca` knows it, beside the files of `trellis cert dev`.
function authority(file, name) {
  writeFileSync(file(name, 'index'), '');
  writeFileSync(file(name, 'number'), '01\n');
  writeFileSync(file(name, 'ca.cnf'), `[ca]\ndefault_ca=own\n[own]\ndatabase=${file(name, 'index')}\ncrlnumber=${file(name, 'number')}\n` +
    'default_md=sha256\ndefault_crl_days=30\ncrl_extensions=list\n[list]\nauthorityKeyIdentifier=keyid:always\n');
  const ca = (...words) => execFileSync('openssl', ['ca', '-config', file(name, 'ca.cnf'), '-cert', file(name, 'ca.pem'), '-keyfile',
    file(name, 'ca.key'), '-batch', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  return { revoke: (client) => ca('-revoke', file(name, `${client}.pem`)), list: () => ca('-gencrl').toString() };
}

// As whole files, so that nobody reads half of one.
function replace(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

export async function prepare() {
  const { folder, file, remove } = makeFolder();
  const clients = NAMES.flatMap((name) => ['--client', name]);
  const of = {};
  for (const name of ['old', 'new']) {
    makeCertificates(file(name), ...clients);
    of[name] = authority(file, name);
  }
  const read = (...names) => readFileSync(file(...names), 'utf8');
  const site = {
    file,
    of,
    environment: { TRELLIS_CERTS: folder },
    close: remove,
    serverOf: (name) => {
      replace(file('server.key'), read(name, 'server.key'));
      replace(file('server.pem'), read(name, 'server.pem'));
    },
    trust: (...names) => {
      replace(file('revoked.pem'), names.map((name) => of[name].list()).join(''));
      replace(file('clients.pem'), names.map((name) => read(name, 'ca.pem')).join(''));
    },
  };
  site.serverOf('old');
  site.trust('old');
  return site;
}

// A client that publishes to itself without pause, one message after the other.
async function busy({ mqttjs }, broker, site, ca, name) {
  const way = {
    protocol: 'mqtts',
    rejectUnauthorized: false,  // whom it talks to is not what this is about
    cert: readFileSync(site.file(ca, `${name}.pem`)),
    key: readFileSync(site.file(ca, `${name}.key`)),
  };
  const inbox = await mqttjs.subscribe(broker, `busy/${ca}/${name}`, { version: 5, qos: 1, ...way });
  const client = { ca, name, sent: 0, received: 0, stopping: false };
  client.gone = new Promise((resolve) => inbox.client.once('close', resolve));
  const run = (async () => {
    while (!client.stopping) {
      client.sent += 1;
      await mqttjs.publishOn(inbox.client, { topic: `busy/${ca}/${name}`, payload: String(client.sent), qos: 1 });
      const { payload } = await inbox.next();
      assert.equal(payload.toString(), String(client.sent), 'nothing lost, nothing twice');
      client.received += 1;
    }
  })();
  run.catch(() => {});
  client.connected = () => inbox.client.connected;
  // Everything it sent has come back.
  client.finish = async () => {
    client.stopping = true;
    await within(15_000, `the last message of ${ca}/${name}`, run);
    assert.ok(client.connected() && client.received > 0, `${ca}/${name} was there to the end`);
    await inbox.close();
  };
  return client;
}

async function until(what, condition) {
  await within(LIMIT, what, (async () => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
  })());
}

export default async function rotation(broker, clients, site) {
  const start = (ca, names) => Promise.all(names.map((name) => busy(clients, broker, site, ca, name)));
  const certificate = (ca, name) => ['-cert', site.file(ca, `${name}.pem`), '-key', site.file(ca, `${name}.key`)];
  const old = await start('old', NAMES);

  site.serverOf('new');
  await until('the new certificate to be shown', async () =>
    /Verify return code: 0 \(ok\)/.test((await handshake(broker, [...certificate('old', 'one'), '-CAfile', site.file('new', 'ca.pem')])).text));

  site.trust('old', 'new');
  await until('clients of the new CA to be let in', async () => (await handshake(broker, certificate('new', 'one'))).made);
  const later = await start('new', NAMES);

  const [revoked, ...others] = old;
  site.of.old.revoke(revoked.name);
  site.trust('old', 'new');
  await within(LIMIT, 'the revoked client to be gone', revoked.gone);
  assert.ok(!(await handshake(broker, certificate('old', revoked.name))).made, 'nor does it come back');
  for (const client of [...others, ...later]) assert.ok(client.connected(), `${client.ca}/${client.name} stays`);

  replace(site.file('clients.pem'), 'this is no certificate');
  await until('the broken file to be reported', () => broker.output.some((line) => line.includes('holds no certificate')));
  for (const client of [...others, ...later]) assert.ok(client.connected(), `${client.ca}/${client.name} stays`);

  site.trust('new');
  await within(LIMIT, 'clients of the old CA to be gone', Promise.all(others.map(({ gone }) => gone)));
  for (const client of later) await client.finish();
}
