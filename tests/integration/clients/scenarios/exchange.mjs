// QoS 0, 1 and 2 between mosquitto's tools and MQTT.js, MQTT 3.1.1 and 5 in every combination; the payload is any bytes.
import assert from 'node:assert/strict';
import { essence, pairs } from '../pairs.mjs';

const payload = Buffer.from([0, 1, 0x7f, 0x80, 0xff, ...Buffer.from('Grüße\n')]);

export default async function exchange(broker, clients) {
  for (const pair of pairs(clients)) {
    const filter = `exchange/${pair.name}/#`;
    const subscriber = await pair.subscriber.subscribe(broker, filter, { version: pair.subscriberVersion, qos: 2 });
    assert.equal(subscriber.grantedQos, 2);
    for (const qos of [0, 1, 2]) {
      const topic = `exchange/${pair.name}/${qos}`;
      await pair.publisher.publish(broker, { topic, payload, qos }, { version: pair.publisherVersion });
    }
    // Whatever came twice stands before the last one.
    await pair.publisher.publish(broker, { topic: `exchange/${pair.name}/end`, payload: 'end', qos: 1 }, { version: pair.publisherVersion });
    const expected = [0, 1, 2].map((qos) => essence({ topic: `exchange/${pair.name}/${qos}`, payload, qos, retain: false }));
    const received = await subscriber.take(4);
    // Order is promised within one QoS of one publisher; these are four publishers.
    received.sort((a, b) => (a.topic < b.topic ? -1 : 1));
    assert.deepEqual(received.slice(0, 3).map(essence), expected, pair.name);
    assert.equal(received[3].payload.toString(), 'end', pair.name);
    await subscriber.close();
  }
}
