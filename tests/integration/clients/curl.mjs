// Debian's curl as a client of the tests.
import { within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

// Status, version of HTTP and body of one answer. input: what curl reads, if its arguments have it read (`@-`).
export async function get(url, args = [], input = '') {
  const child = spawnTied('curl', ['-sS', '--max-time', '15', '-w', '\n%{http_version} %{http_code}', ...args, url]);
  child.stdin.on('error', () => {});  // it may have its answer before it has read all
  child.stdin.end(input);
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

// The same with the fields of the answer, whose names are in small letters.
export async function post(url, { headers = {}, body, args = [] } = {}) {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}:${value === '' ? '' : ` ${value}`}`]);
  const sent = body === undefined ? [] : ['-H', 'Expect:', '--data-binary', '@-'];
  const answer = await get(url, ['-X', 'POST', '-i', '--path-as-is', ...fields, ...sent, ...args], body);
  const end = answer.body.indexOf('\r\n\r\n');
  const [, ...lines] = answer.body.slice(0, end).split('\r\n');
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]);
  return { ...answer, headers: Object.fromEntries(pairs), body: answer.body.slice(end + 4) };
}
