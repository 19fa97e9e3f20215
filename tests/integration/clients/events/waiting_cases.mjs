// Receives that wait. The metric of waiting receives says when they do, so these need a broker to themselves.
import assert from 'node:assert/strict';
import { counts, event, ids, receiver, sender } from './azure.mjs';
import { metric, until } from './site.mjs';

const LONG = 100;  // seconds: beyond what a case may take

const waiting = (endpoint, count) =>
  until(`${count} receives to wait`, async () => await metric(endpoint, 'trellis_events_waiting_receives') === count);

export const cases = {
  async 'a receive that waits is answered when an event is published'(endpoint, topic) {
    const answer = receiver(endpoint, topic).receiveEvents({ maxEvents: 10, maxWaitTime: LONG });
    await waiting(endpoint, 1);
    await sender(endpoint, topic).sendEvents(event('a'));
    assert.deepEqual(ids(await answer), ['a']);
    await waiting(endpoint, 0);
  },

  async 'two that wait get one of two events each'(endpoint, topic) {
    const answers = [1, 2].map(() => receiver(endpoint, topic).receiveEvents({ maxWaitTime: LONG }));
    await waiting(endpoint, 2);
    await sender(endpoint, topic).sendEvents([event('a'), event('b')]);
    assert.deepEqual((await Promise.all(answers)).flatMap(ids).sort(), ['a', 'b']);
  },

  async 'of two that wait for one event one gets it, and the other waits on'(endpoint, topic) {
    const answers = [1, 2].map(() => receiver(endpoint, topic).receiveEvents({ maxEvents: 10, maxWaitTime: LONG }));
    await waiting(endpoint, 2);
    await sender(endpoint, topic).sendEvents(event('a'));
    assert.deepEqual(ids(await Promise.race(answers)), ['a']);
    await waiting(endpoint, 1);
    await sender(endpoint, topic).sendEvents(event('b'));
    assert.deepEqual((await Promise.all(answers)).flatMap(ids).sort(), ['a', 'b']);
  },

  async 'a released event is given to who waits'(endpoint, topic) {
    const client = receiver(endpoint, topic);
    await sender(endpoint, topic).sendEvents(event('a'));
    const { details: [{ brokerProperties: { lockToken } }] } = await client.receiveEvents();
    const answer = client.receiveEvents({ maxWaitTime: LONG });
    await waiting(endpoint, 1);
    await client.releaseEvents([lockToken]);
    const again = await answer;
    assert.deepEqual([ids(again), counts(again)], [['a'], [2]]);
  },

  async 'who waited and went away took nothing along'(endpoint, topic) {
    const connections = () => metric(endpoint, 'trellis_connections');
    const before = await connections();
    const gone = new AbortController();
    const answer = receiver(endpoint, topic).receiveEvents({ maxWaitTime: LONG, abortSignal: gone.signal });
    await waiting(endpoint, 1);
    gone.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await until('the broker to see it go', async () => await connections() <= before);
    await sender(endpoint, topic).sendEvents(event('a'));
    const received = await receiver(endpoint, topic).receiveEvents({ maxWaitTime: 10 });
    assert.deepEqual([ids(received), counts(received)], [['a'], [1]]);
  },
};
