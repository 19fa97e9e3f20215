// A retained message meets later subscribers with its flag, present ones without; an empty one clears it.
import assert from 'node:assert/strict';
import { essence, pairs } from '../pairs.mjs';

export default async function retained(broker, clients) {
  for (const pair of pairs(clients)) {
    const topic = `retained/${pair.name}`;
    const publish = (message) => pair.publisher.publish(broker, { topic, qos: 1, ...message }, { version: pair.publisherVersion });
    const subscribe = () => pair.subscriber.subscribe(broker, `${topic}/#`, { version: pair.subscriberVersion, qos: 1 });

    const present = await subscribe();
    await publish({ payload: 'first', retain: true });
    await publish({ payload: 'second', retain: true });
    for (const payload of ['first', 'second']) {
      assert.deepEqual(essence(await present.next()), { topic, payload, qos: 1, retain: false }, pair.name);
    }
    await present.close();

    const later = await subscribe();
    assert.deepEqual(essence(await later.next()), { topic, payload: 'second', qos: 1, retain: true }, pair.name);
    await later.close();

    await publish({ payload: '', retain: true });
    const last = await subscribe();
    await publish({ payload: 'live' });
    assert.equal((await last.next()).payload.toString(), 'live', `${pair.name}: the cleared message came back`);
    await last.close();
  }
}
