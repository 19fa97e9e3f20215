// MQTT 3.1 (protocol name MQIsdp) with 3.1 and 5 on the other side.
import assert from 'node:assert/strict';
import { essence, pairs } from '../pairs.mjs';

export default async function oldestVersion(broker, clients) {
  for (const pair of pairs(clients, [3, 5])) {
    if (pair.publisherVersion === 5 && pair.subscriberVersion === 5) continue;
    const topic = `oldest/${pair.name}`;
    const subscriber = await pair.subscriber.subscribe(broker, topic, { version: pair.subscriberVersion, qos: 2, id: 'old-subscriber' });
    for (const qos of [0, 1, 2]) {
      await pair.publisher.publish(broker, { topic, payload: `${qos}`, qos }, { version: pair.publisherVersion, id: 'old-publisher' });
      assert.deepEqual(essence(await subscriber.next()), { topic, payload: `${qos}`, qos, retain: false }, pair.name);
    }
    await subscriber.close();
  }
}
