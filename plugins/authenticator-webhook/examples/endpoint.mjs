// An endpoint to try the plugin with: lets in whose password is the client identifier backwards.
//   node endpoint.mjs
//   mosquitto_pub -i press-04 -u ada -P 40-sserp -t hall/4 -m hello
import { createServer } from 'node:http';

createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const { clientId, userName, password = '' } = JSON.parse(Buffer.concat(pieces));
  const right = Buffer.from(password, 'base64').toString() === [...clientId].reverse().join('');
  const answer = right
    ? { decision: 'allow', clientAuthenticationName: userName ?? clientId, attributes: { kind: 'press' } }
    : { decision: 'deny', errorReason: `wrong password of ${clientId}` };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
}).listen(8099, '127.0.0.1');
