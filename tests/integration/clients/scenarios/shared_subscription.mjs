// Members of a shared subscription get every message once between them, whatever they are.
import assert from 'node:assert/strict';

export default async function sharedSubscription(broker, { mosquitto, mqttjs }) {
  const filter = '$share/crew/work/#';
  const crew = [
    await mqttjs.subscribe(broker, filter, { version: 5, qos: 1 }),
    await mqttjs.subscribe(broker, filter, { version: 4, qos: 1 }),
    await mosquitto.subscribe(broker, filter, { version: 5, qos: 1 }),
  ];
  const all = await mqttjs.subscribe(broker, 'work/#', { version: 5, qos: 1 });
  const count = 300;
  const seen = [];
  const collected = new Promise((resolve) => {
    for (const member of crew) {
      (async () => {
        for (;;) {
          seen.push((await member.next()).payload.toString());
          if (seen.length === count) resolve();
        }
      })().catch(() => {});  // after the last message nobody gets one more
    }
  });
  const publisher = await mqttjs.connect(broker, { version: 5 });
  await Promise.all([...Array(count).keys()].map((i) => mqttjs.publishOn(publisher, { topic: `work/${i % 7}`, payload: `${i}`, qos: 1 })));
  await all.take(count);
  await collected;
  assert.equal(new Set(seen).size, count);
  for (const client of [...crew, all]) await client.close();
  await publisher.endAsync();
}
