// A webhook over HTTPS that answers, denies, stalls, resets and lies, as the user name of the question asks.
import { once } from 'node:events';
import { createServer } from 'node:https';

const allow = (more) => JSON.stringify({ decision: 'allow', clientAuthenticationName: 'device-17', ...more });

// Each gets the response to write and the question.
const manners = {
  allow: (response) => response.end(allow({ attributes: { floor: 3, kind: 'sensor', areas: ['a', 'b'] } })),
  brief: (response) => response.end(allow({ expiration: Math.floor(Date.now() / 1000) + 2 })),
  long: (response) => response.end(allow({ expiration: Math.floor(Date.now() / 1000) + 600 })),
  other: (response) => response.end(allow({ clientAuthenticationName: 'device-18' })),
  deny: (response) => response.end(JSON.stringify({ decision: 'deny', errorReason: 'because of the moon' })),
  refuse: (response) => response.writeHead(403).end(JSON.stringify({ decision: 'deny' })),
  silent: (response) => response.writeHead(401).end(),
  error: (response) => response.writeHead(500).end(allow()),
  away: (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
  malformed: (response) => response.end('{"decision": "allow", '),
  nameless: (response) => response.end(allow({ clientAuthenticationName: undefined })),
  huge: (response) => response.end(allow({ padding: 'x'.repeat(1 << 20) })),
  short: (response) => {
    response.writeHead(200, { 'content-length': 500 });
    response.write(allow());
    response.socket.end();
  },
  reset: (response) => response.socket._parent.resetAndDestroy(),
  stall: () => {},
};

// options: of node's TLS server. Answers once it listens.
export async function startEndpoint(options) {
  const endpoint = { questions: [], stalled: 0, most: 0, tokens: 0 };
  const server = createServer(options, async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    response.setHeader('content-type', 'application/json');
    if (request.url.endsWith('/token')) {
      endpoint.tokens += 1;
      endpoint.tokenRequest = { url: request.url, authorization: request.headers.authorization, body };
      return response.end(JSON.stringify({ access_token: 'token-that-was-issued', token_type: 'Bearer', expires_in: 3600 }));
    }
    const question = JSON.parse(body);
    endpoint.questions.push({ ...question, method: request.method, url: request.url, authorization: request.headers.authorization });
    const manner = question.userName ?? Buffer.from(question.authenticationData ?? '', 'base64').toString();
    if (manner === 'stall') {
      endpoint.stalled += 1;
      endpoint.most = Math.max(endpoint.most, endpoint.stalled);
      response.once('close', () => { endpoint.stalled -= 1; });
    }
    return (manners[manner] ?? manners.deny)(response, question);
  });
  server.on('tlsClientError', () => {});
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(endpoint, {
    url: `https://localhost:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  });
}
