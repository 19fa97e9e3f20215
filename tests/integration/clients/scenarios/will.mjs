// A client that vanishes has its will published, one that says goodbye has not.
import assert from 'node:assert/strict';
import { essence, pairs } from '../pairs.mjs';

export default async function will(broker, clients) {
  for (const pair of pairs(clients)) {
    const topic = `will/${pair.name}`;
    const watcher = await pair.subscriber.subscribe(broker, `${topic}/#`, { version: pair.subscriberVersion, qos: 2 });
    const doomed = (payload, options) =>
      pair.publisher.subscribe(broker, `unused/${pair.name}`, {
        version: pair.publisherVersion,
        will: { topic, payload, ...options },
      });

    await (await doomed('goodbye', { qos: 0 })).close();
    // mosquitto_sub takes its leave of an MQTT 5 broker with "disconnect with will message", so there the will is due.
    if (pair.publisher === clients.mosquitto && pair.publisherVersion === 5) {
      assert.equal((await watcher.next('the will asked for')).payload.toString(), 'goodbye', pair.name);
    }
    for (const qos of [0, 1, 2]) {
      await (await doomed(`gone ${qos}`, { qos, properties: { userProperties: [['why', 'cable']] } })).vanish();
      const message = await watcher.next(`the will of ${pair.name}`);
      assert.deepEqual(essence(message), { topic, payload: `gone ${qos}`, qos, retain: false }, pair.name);
      if (pair.publisherVersion === 5 && pair.subscriberVersion === 5) {
        assert.deepEqual(message.properties.userProperties, [['why', 'cable']], pair.name);
      }
    }
    await watcher.close();

    const state = `${topic}/state`;
    const leaving = await pair.publisher.subscribe(broker, `unused/${pair.name}`, {
      version: pair.publisherVersion,
      will: { topic: state, payload: 'offline', qos: 1, retain: true },
    });
    const sentinel = await pair.subscriber.subscribe(broker, state, { version: pair.subscriberVersion, qos: 1 });
    await leaving.vanish();
    await sentinel.next('the retained will, live');
    await sentinel.close();
    const late = await pair.subscriber.subscribe(broker, state, { version: pair.subscriberVersion, qos: 1 });
    assert.deepEqual(essence(await late.next()), { topic: state, payload: 'offline', qos: 1, retain: true }, pair.name);
    await late.close();
  }
}
