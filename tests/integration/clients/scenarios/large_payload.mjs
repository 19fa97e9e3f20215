// A payload far larger than any read buffer arrives as it was sent, both ways.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { pairs } from '../pairs.mjs';

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

export default async function largePayload(broker, clients) {
  const payload = randomBytes(256 * 1024);
  for (const pair of pairs(clients, [5])) {
    const topic = `large/${pair.name}`;
    const subscriber = await pair.subscriber.subscribe(broker, topic, { version: 5, qos: 2 });
    for (const qos of [0, 1, 2]) {
      await pair.publisher.publish(broker, { topic, payload, qos }, { version: 5 });
      assert.equal(digest((await subscriber.next()).payload), digest(payload), `${pair.name} at QoS ${qos}`);
    }
    await subscriber.close();
  }
}
