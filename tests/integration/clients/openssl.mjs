// `openssl s_client` as a client of the tests: one handshake.
import { within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

// How it went. Behind the handshake comes a byte no protocol begins with, so the broker ends the connection, after all that
// belongs to the handshake.
export async function handshake(broker, args = []) {
  const child = spawnTied('openssl', ['s_client', '-connect', `${broker.host}:${broker.port}`, '-ign_eof', ...args]);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => said.push(piece));
  child.stdin.on('error', () => {});  // a refused handshake ends it first
  child.stdin.end(Buffer.from([0, 0, 0]));
  await within(30_000, 'openssl to end', new Promise((resolve) => child.once('close', resolve)));
  const text = said.join('');
  const [, how, version] = /^(New|Reused), (TLSv[\d.]+), Cipher is (?!\(NONE\))/m.exec(text) ?? [];
  // A client's certificate is judged after the client thinks that all is well: an alert follows, or an end without farewell.
  return {
    text,
    made: how !== undefined && !/:alert |alert (number|handshake|certificate)|unexpected eof/i.test(text),
    reused: how === 'Reused',
    version,
    names: /^subject=(.*)$/m.exec(text)?.[1],
  };
}
