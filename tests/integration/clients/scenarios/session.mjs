// Messages wait for a client whose session outlives its connection, once each and in the order of their QoS.
import assert from 'node:assert/strict';
import { pairs } from '../pairs.mjs';

export default async function session(broker, clients) {
  for (const pair of pairs(clients)) {
    const topic = `session/${pair.name}`;
    const lasting = { version: pair.subscriberVersion, id: `lasting-${pair.name}`, clean: false, sessionExpiry: 3600, qos: 2 };
    const first = await pair.subscriber.subscribe(broker, topic, lasting);
    await first.close();

    const count = 20;
    for (let i = 0; i < count; i++) {
      await pair.publisher.publish(broker, { topic, payload: `${i}`, qos: 1 + (i % 2) }, { version: pair.publisherVersion });
    }
    const resumed = await pair.subscriber.subscribe(broker, topic, lasting);
    const received = await resumed.take(count);
    // Each QoS keeps its order; the two overtake each other, because QoS 2 is handed over at its second step.
    const inOrder = (qos) => received.filter((message) => message.qos === qos).map((message) => Number(message.payload));
    const sent = [...Array(count).keys()];
    assert.deepEqual(inOrder(1), sent.filter((i) => i % 2 === 0), pair.name);
    assert.deepEqual(inOrder(2), sent.filter((i) => i % 2 === 1), pair.name);
    await pair.publisher.publish(broker, { topic, payload: 'end', qos: 1 }, { version: pair.publisherVersion });
    assert.equal((await resumed.next()).payload.toString(), 'end', `${pair.name}: something came twice`);
    await resumed.close();

    // A clean start ends the session and what waits in it.
    await pair.publisher.publish(broker, { topic, payload: 'lost on purpose', qos: 1 }, { version: pair.publisherVersion });
    const clean = await pair.subscriber.subscribe(broker, topic, { ...lasting, clean: true, sessionExpiry: undefined });
    await pair.publisher.publish(broker, { topic, payload: 'fresh', qos: 1 }, { version: pair.publisherVersion });
    assert.equal((await clean.next()).payload.toString(), 'fresh', pair.name);
    await clean.close();
  }
}
