// Debian's curl as a client of the tests.
import { within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

// Status, version of HTTP and body of one answer.
export async function get(url, args = []) {
  const child = spawnTied('curl', ['-sS', '--max-time', '15', '-w', '\n%{http_version} %{http_code}', ...args, url]);
  const out = [];
  const errors = [];
  child.stdout.on('data', (piece) => out.push(piece));
  child.stderr.on('data', (piece) => errors.push(piece));
  const code = await within(20_000, 'curl to end', new Promise((resolve) => child.once('close', resolve)));
  if (code !== 0) throw new Error(`curl ended with ${code}: ${Buffer.concat(errors)}`);
  const text = Buffer.concat(out).toString();
  const end = text.lastIndexOf('\n');
  const [version, status] = text.slice(end + 1).split(' ');
  return { version, status: Number(status), body: text.slice(0, end) };
}
