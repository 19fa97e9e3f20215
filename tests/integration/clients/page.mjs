// A page with MQTT.js in headless Chromium, served from a port of its own.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

// The program itself: Debian's command is a script that leaves it behind when it is killed.
const BROWSER = '/usr/lib/chromium/chromium-headless-shell';

const FILES = {
  '/': ['text/html', new URL('page.html', import.meta.url)],
  '/mqtt.js': ['text/javascript', `${process.env.TRELLIS_MQTTJS}/node_modules/mqtt/dist/mqtt.min.js`],
};

// How Chromium names a key that is to be trusted.
function keyHash(file) {
  const { publicKey } = new X509Certificate(readFileSync(file));
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
}

// Processes of the browser may still be writing into it.
async function remove(folder) {
  for (let left = 50; ; left -= 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function servePage() {
  let report;
  const results = new Promise((resolve) => (report = resolve));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://page');
    if (request.method === 'POST' && pathname === '/results') {
      let body = '';
      request.on('data', (piece) => (body += piece));
      request.on('end', () => {
        response.end();
        report(JSON.parse(body));
      });
      return;
    }
    const file = FILES[pathname];
    response.writeHead(file ? 200 : 404, { 'content-type': file ? file[0] : 'text/plain' });
    response.end(file ? readFileSync(file[1]) : 'not here');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    close: () => server.close(),
    // What the page received by each of the URLs. trusted: files with the certificates it may be shown.
    async open(urls, trusted) {
      const profile = mkdtempSync(join(tmpdir(), 'trellis-page-'));
      const query = urls.map((url) => `url=${encodeURIComponent(url)}`).join('&');
      const browser = spawnTied(BROWSER, [
        ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
        `--ignore-certificate-errors-spki-list=${trusted.map(keyHash).join(',')}`,
        ...[`--user-data-dir=${profile}`, '--remote-debugging-port=0', `${origin}/?${query}`],
      ]);
      const said = [];
      browser.stderr.on('data', (piece) => said.push(piece));
      const ended = new Promise((resolve) => browser.once('exit', resolve));
      try {
        return await within(60_000, 'the page to tell its results', Promise.race([
          results,
          ended.then((code) => { throw new Error(`the browser ended with ${code}: ${said.join('').slice(0, 2000)}`); }),
        ]));
      } finally {
        browser.kill('SIGTERM');
        await within(10_000, 'the browser to end', ended).catch(() => browser.kill('SIGKILL'));
        await remove(profile);
      }
    },
  };
}
