// What MQTT 5 lets a publisher say about a message reaches an MQTT 5 subscriber unchanged, and never troubles an older one.
import assert from 'node:assert/strict';
import { pairs } from '../pairs.mjs';

const properties = {
  userProperties: [['a', '1'], ['a', '3'], ['b', 'zwei "2"']],
  contentType: 'text/plain; charset=utf-8',
  responseTopic: 'answers/here',
  correlationData: 'c-17',
};

export default async function carriesProperties(broker, clients) {
  for (const pair of pairs(clients)) {
    if (pair.publisherVersion !== 5) continue;
    const topic = `properties/${pair.name}`;
    const subscriber = await pair.subscriber.subscribe(broker, topic, { version: pair.subscriberVersion, qos: 1 });
    await pair.publisher.publish(broker, { topic, payload: 'x', qos: 1, properties }, { version: 5 });
    const received = await subscriber.next();
    assert.equal(received.payload.toString(), 'x');
    if (pair.subscriberVersion === 5) assert.deepEqual(received.properties, properties, pair.name);
    await subscriber.close();
  }

  // mosquitto's tools keep the order between different names, which MQTT.js cannot express.
  const { mosquitto } = clients;
  const mixed = [['a', '1'], ['b', '2'], ['a', '3'], ['', '']];
  const subscriber = await mosquitto.subscribe(broker, 'properties/order', { version: 5 });
  await mosquitto.publish(broker, { topic: 'properties/order', payload: 'x', properties: { userProperties: mixed } }, { version: 5 });
  assert.deepEqual((await subscriber.next()).properties.userProperties, mixed);
  await subscriber.close();
}
