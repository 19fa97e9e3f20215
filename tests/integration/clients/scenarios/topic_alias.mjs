// MQTT.js names its topics by number once the broker allows it; subscribers see the names, and may ask for numbers too.
import assert from 'node:assert/strict';

export default async function topicAlias(broker, { mqttjs, mosquitto }) {
  const publisher = await mqttjs.connect(broker, { version: 5, autoAssignTopicAlias: true });
  assert.ok(publisher.connack.properties?.topicAliasMaximum > 0, 'the broker allows no topic alias');
  const old = await mosquitto.subscribe(broker, 'alias/#', { version: 4, qos: 1 });
  const modern = await mqttjs.subscribe(broker, 'alias/#', { version: 5, qos: 1, properties: { topicAliasMaximum: 2 } });
  const expected = [];
  for (let i = 0; i < 60; i++) {
    const topic = `alias/${i % 20}`;
    expected.push(`${topic} ${i}`);
    await mqttjs.publishOn(publisher, { topic, payload: `${i}`, qos: 1 });
  }
  for (const subscriber of [old, modern]) {
    const received = await subscriber.take(expected.length);
    assert.deepEqual(received.map((message) => `${message.topic} ${message.payload}`), expected);
    await subscriber.close();
  }
  await publisher.endAsync();
}
