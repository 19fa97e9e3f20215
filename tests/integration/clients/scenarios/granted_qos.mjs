// A message arrives with the lower of the QoS it was published with and the QoS the subscriber asked for.
import assert from 'node:assert/strict';
import { pairs } from '../pairs.mjs';

export default async function grantedQos(broker, clients) {
  for (const pair of pairs(clients, [5])) {
    for (const asked of [0, 1, 2]) {
      const topic = `granted/${pair.name}/${asked}`;
      const subscriber = await pair.subscriber.subscribe(broker, topic, { version: 5, qos: asked });
      assert.equal(subscriber.grantedQos, asked);
      for (const qos of [0, 1, 2]) {
        await pair.publisher.publish(broker, { topic, payload: `${qos}`, qos }, { version: 5 });
        assert.equal((await subscriber.next()).qos, Math.min(qos, asked), `${pair.name}: published ${qos}, asked for ${asked}`);
      }
      await subscriber.close();
    }
  }
}
