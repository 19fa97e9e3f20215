// A hundred clients with wildcard filters of their own each get what matches, once; keep-alive is answered meanwhile.
import assert from 'node:assert/strict';
import { within } from '../inbox.mjs';

export default async function manyClients(broker, { mqttjs }) {
  const resting = await mqttjs.connect(broker, { version: 4, keepalive: 1 });
  const pinged = new Promise((resolve) => resting.on('packetreceive', (packet) => packet.cmd === 'pingresp' && resolve()));

  const filters = (i) => [`fleet/${i}/+`, 'fleet/all', i % 2 ? '+/odd' : 'even/#'][i % 3];
  const subscribers = await Promise.all(
    [...Array(100).keys()].map((i) => mqttjs.subscribe(broker, [`own/${i}`, filters(i)], { version: i % 2 ? 4 : 5, qos: 1 })),
  );
  const publisher = await mqttjs.connect(broker, { version: 5 });
  await Promise.all(subscribers.map((_, i) => mqttjs.publishOn(publisher, { topic: `own/${i}`, payload: `${i}`, qos: 1 })));
  for (const [i, subscriber] of subscribers.entries()) {
    const message = await subscriber.next(`the message of client ${i}`);
    assert.deepEqual([message.topic, message.payload.toString()], [`own/${i}`, `${i}`]);
  }
  await mqttjs.publishOn(publisher, { topic: 'fleet/all', payload: 'all', qos: 1 });
  for (const [i, subscriber] of subscribers.entries()) {
    if (i % 3 === 1) assert.equal((await subscriber.next()).topic, 'fleet/all');
  }
  await within(15_000, 'the answer to a keep-alive ping', pinged);
  assert.equal(resting.connected, true);
  await Promise.all([...subscribers.map((subscriber) => subscriber.close()), publisher.endAsync(), resting.endAsync()]);
}
