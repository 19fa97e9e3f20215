// An issuer's keys for a test: made by openssl, published by a small server that can also be silent or gone.
import { execFileSync } from 'node:child_process';
import { createPublicKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const base64url = (value) => Buffer.from(value).toString('base64url');

// A key in that folder's files, its certificate, and tokens signed with it.
export function makeKey(file, kid) {
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' });
  const [key, certificate] = [file(`${kid}.key`), file(`${kid}.pem`)];
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=issuer', '-days', '1');
  const pem = readFileSync(certificate, 'utf8');
  return {
    kid,
    pem,
    jwk: { ...createPublicKey(pem).export({ format: 'jwk' }), kid, use: 'sig' },
    token(claims) {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: 'my-issuer', aud: ['broker.example'], nbf: now, exp: now + 600, ...claims };
      const input = [{ alg: 'RS256', typ: 'JWT', kid }, payload].map((part) => base64url(JSON.stringify(part))).join('.');
      return `${input}.${base64url(sign('sha256', input, readFileSync(key)))}`;
    },
  };
}

export async function publishKeys(...keys) {
  let published = keys;
  let silent = false;
  const server = createServer((request, response) => {
    if (silent) return;  // it took the request, and that was all
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/keys`,
    publish: (...others) => (published = others),
    hang: () => (silent = true),
    die() {
      server.close();
      server.closeAllConnections();
    },
  };
}
