// An endpoint to try the handler with: consents to deliveries, checks their signatures and prints them.
//   node endpoint.mjs
//   mosquitto_pub -t orders/7 -m '{"amount": 3}'
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = Buffer.from('dHJ5LW1lLWFuZC1jaGFuZ2UtbWUtbGF0ZXI=', 'base64');

const genuine = ({ headers }, body) => {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = Buffer.from(`v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return (headers['webhook-signature'] ?? '').split(' ').some((one) => {
    const found = Buffer.from(one);
    return found.length === expected.length && timingSafeEqual(found, expected);
  });
};

createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces).toString();
  if (request.method === 'OPTIONS') {
    response.setHeader('WebHook-Allowed-Origin', request.headers['webhook-request-origin'] ?? '').end();
  } else if (genuine(request, body)) {
    console.log(request.headers['aeg-output-event-id'], request.headers['mqtt-topic'] ?? '', body);
    response.writeHead(204).end();
  } else {
    response.writeHead(401).end();
  }
}).listen(8098, '127.0.0.1');
