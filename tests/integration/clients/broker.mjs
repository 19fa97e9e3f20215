// Starts the broker under test on a free loopback port and stops it again.
//
// TRELLIS_BIN names the program. TRELLIS_TEST_BROKER=mosquitto starts Debian's mosquitto instead, which shows whether a
// failure is the test's or the broker's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function launchMosquitto() {
  const folder = mkdtempSync(join(tmpdir(), 'trellis-clients-'));
  const port = await freePort();
  // "user root": started by root it would change its user, and a process that does is tied to its parent no more.
  const config = ['user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_queued_messages 0'];
  writeFileSync(join(folder, 'mosquitto.conf'), `${config.join('\n')}\n`);
  const child = spawnTied('mosquitto', ['-c', join(folder, 'mosquitto.conf')]);
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { child, ready: (line) => / running$/.test(line) && { mqtt: port } };
}

function launchTrellis(config, environment) {
  const program = process.env.TRELLIS_BIN;
  if (!program) throw new Error('TRELLIS_BIN is not set: it names the broker to test');
  const ports = {};
  const ready = (line) => {
    const [, name, port] = /^listening (\S+) \S+:(\d+)$/.exec(line) ?? [];
    if (name) ports[name] = Number(port);
    return line === 'ready' && ports;
  };
  const file = fileURLToPath(new URL(config, import.meta.url));
  return { child: spawnTied(program, ['run', '--config', file], environment), ready };
}

export async function startBroker({ config = 'broker.json', environment } = {}) {
  const peer = process.env.TRELLIS_TEST_BROKER === 'mosquitto';
  const { child, ready } = peer ? await launchMosquitto() : launchTrellis(config, environment);
  const output = [];
  const ended = new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
    child.once('error', reject);
  });
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        output.push(line);
        const ports = ready(line);
        if (ports) resolve(ports);
      });
    }
  });
  const early = ended.then((code) => {
    throw new Error(`the broker ended with ${code} before it was ready:\n${output.join('\n')}`);
  });
  // After a good start nobody waits for this promise any more.
  early.catch(() => {});
  const ports = await within(30_000, 'the broker to be ready', Promise.race([listening, early]));

  return {
    host: '127.0.0.1',
    port: Object.values(ports)[0],
    // The same broker as clients of another listener see it.
    at: (listener) => ({ host: '127.0.0.1', port: ports[listener] }),
    output,
    reload: () => child.kill('SIGHUP'),
    // A broker that does not end cleanly has failed the test, whatever its clients saw; sanitizers report this way too.
    async stop() {
      child.kill('SIGTERM');
      const code = await within(30_000, 'the broker to end after SIGTERM', ended).catch((error) => {
        child.kill('SIGKILL');
        throw error;
      });
      if (code !== 0) throw new Error(`the broker ended with ${code}:\n${output.join('\n')}`);
    },
  };
}
