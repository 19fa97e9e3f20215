// A real OIDC issuer on a free loopback port: npm's oidc-provider, with clients that get JWT access tokens by the grant
// client_credentials.
//
// Usage: node issuer.mjs FOLDER '{"clients": {"press-04": {"claims": {"oid": "…"}, "ttl": 600}}}'
//
// FOLDER: what npm installed into. claims: beside those an issuer gives by itself, and instead of those. ttl: seconds a token
// is good for. A client's secret is "secret", the audience is the resource it asks for. Prints "issuer URL" once it serves,
// and "signs with KID" when it has a new key: by SIGHUP instead of the old ones, by SIGUSR2 beside them. "cert" and "key" name
// files for https.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , folder, settings] = process.argv;
const modules = createRequire(`${folder}/package.json`);
const { default: Provider } = await import(pathToFileURL(modules.resolve('oidc-provider')));
const { clients = {}, cert, key, alg = 'RS256', port = 0 } = JSON.parse(settings);

// Cookies are for people who sign in, and nobody does.
const cookies = { keys: [randomUUID()] };

function newKey() {
  const pair = alg.startsWith('ES') ? ['ec', { namedCurve: 'P-256' }] : ['rsa', { modulusLength: 2048 }];
  return { ...generateKeyPairSync(...pair).privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg, use: 'sig' };
}

function provide(url, keys) {
  const provider = new Provider(url, {
    clients: Object.keys(clients).map((name) => ({
      client_id: name,
      client_secret: 'secret',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    cookies,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource, client) => ({
          audience: resource,
          scope: '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: clients[client.clientId].ttl ?? 600,
          jwt: { sign: { alg, kid: keys[0].kid } },
        }),
      },
    },
    formats: {
      customizers: { jwt: (context, token, jwt) => Object.assign(jwt.payload, clients[token.clientId].claims) },
    },
    jwks: { keys },
  });
  provider.on('server_error', (context, error) => console.error(error));
  return provider.callback();
}

let keys = [newKey()];
let answer;
const secure = cert !== undefined;
const serve = (request, response) => answer(request, response);
const server = secure
  ? createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, serve)
  : createServer(serve);
server.listen(port, '127.0.0.1', () => {
  const url = `${secure ? 'https://localhost' : 'http://127.0.0.1'}:${server.address().port}`;
  const change = (kept) => {
    keys = [newKey(), ...kept];
    answer = provide(url, keys);
    console.log(`signs with ${keys[0].kid}`);
  };
  answer = provide(url, keys);
  process.on('SIGHUP', () => change([]));
  process.on('SIGUSR2', () => change(keys));
  console.log(`issuer ${url}`);
});
