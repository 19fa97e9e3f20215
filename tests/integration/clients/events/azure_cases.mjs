// What users of Microsoft's npm client see of the broker.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { AT_ONCE, counts, event, ids, receiver, sender, tokens } from './azure.mjs';

// What an attempt failed with.
const refusal = (attempt) => attempt.then(() => assert.fail('it succeeded'), (error) => error);

async function refused(attempt, status, code, message) {
  const error = await refusal(attempt);
  assert.equal(error.name, 'RestError', error.stack);
  assert.deepEqual([error.statusCode, error.code], [status, code]);
  assert.match(error.message, message);
}

// Publishes data and answers what is received of it.
async function roundTrip(endpoint, topic, others) {
  await sender(endpoint, topic).sendEvents(event('one', others));
  const received = await receiver(endpoint, topic).receiveEvents();
  return received.details[0].event;
}

// Publishes so many and receives them from a subscription, with one request.
async function locked(endpoint, topic, names, subscription) {
  await sender(endpoint, topic).sendEvents(names.map((id) => event(id)));
  const client = receiver(endpoint, topic, { subscription });
  const received = await client.receiveEvents({ maxEvents: names.length });
  assert.deepEqual(ids(received), names);
  return { client, tokens: tokens(received) };
}

const publishing = {
  async 'one event is received with all that the client sends of it'(endpoint, topic) {
    const sent = event('one', { subject: 'eu/4711 größer', dataSchema: 'https://example.com/schema#1', data: { total: 12.5 } });
    await sender(endpoint, topic).sendEvents(sent);
    const { details: [{ event: found, brokerProperties }, ...others] } = await receiver(endpoint, topic).receiveEvents();
    assert.deepEqual(others, []);
    assert.equal(brokerProperties.deliveryCount, 1);
    assert.match(brokerProperties.lockToken, /^.{16,}$/);
    // The client itself names this type where its user names none.
    const dataContentType = 'application/cloudevents+json; charset=utf-8';
    assert.deepEqual(found, { ...sent, dataContentType, specVersion: '1.0' });
  },

  async 'a batch is received several at a time, oldest first, each under a token of its own'(endpoint, topic) {
    await sender(endpoint, topic).sendEvents(['a', 'b', 'c', 'd', 'e'].map((id) => event(id)));
    const client = receiver(endpoint, topic);
    const first = await client.receiveEvents({ maxEvents: 3 });
    const second = await client.receiveEvents({ maxEvents: 3 });
    assert.deepEqual(ids(first), ['a', 'b', 'c']);
    assert.deepEqual(ids(second), ['d', 'e']);
    assert.equal(new Set([...tokens(first), ...tokens(second)]).size, 5);
  },

  async 'an empty batch is published'(endpoint, topic) {
    await sender(endpoint, topic).sendEvents([]);
    assert.deepEqual(await receiver(endpoint, topic).receiveEvents(AT_ONCE), { details: [] });
  },

  async 'bytes come back as they were, in base64'(endpoint, topic) {
    const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), randomBytes(4096)]);
    const found = await roundTrip(endpoint, topic, { data: new Uint8Array(bytes), dataContentType: 'application/octet-stream' });
    assert.equal(found.data, bytes.toString('base64'));
    assert.equal(found.dataContentType, 'application/octet-stream');
  },

  async 'data that are a JSON string stay one and are not parsed'(endpoint, topic) {
    const data = '{"looks": "like JSON"} "\\ \u0001 größer \u{1F40C}';
    assert.equal((await roundTrip(endpoint, topic, { data })).data, data);
  },

  async 'JSON data of any shape come back alike'(endpoint, topic) {
    const data = [1, -0.5, 1e21, 5e-324, true, null, '', { größe: ['\u2028', {}], '': [] }];
    assert.deepEqual((await roundTrip(endpoint, topic, { data })).data, data);
  },

  async 'text with a type of its own comes back with it'(endpoint, topic) {
    const found = await roundTrip(endpoint, topic, { data: 'a,b\r\n1,2', dataContentType: 'text/csv; charset=utf-8' });
    assert.deepEqual([found.data, found.dataContentType], ['a,b\r\n1,2', 'text/csv; charset=utf-8']);
  },

  async 'an event without data is received without data'(endpoint, topic) {
    assert.equal((await roundTrip(endpoint, topic, { data: undefined })).data, undefined);
  },

  async 'names of topics and subscriptions count whatever their case'(endpoint, topic) {
    await sender(endpoint, topic.toUpperCase()).sendEvents(event('one'));
    assert.deepEqual(ids(await receiver(endpoint, topic, { subscription: 'USUAL' }).receiveEvents()), ['one']);
  },

  async 'an endpoint may have a path, where the service is mounted there'(endpoint, topic) {
    await sender(`${endpoint}/namespaces/first/`, topic).sendEvents(event('one'));
    assert.deepEqual(ids(await receiver(`${endpoint}/namespaces/first`, topic).receiveEvents()), ['one']);
  },
};

const settling = {
  async 'what was acknowledged or rejected never returns, what was neither does, to others and with the next count'(endpoint, topic) {
    const { client, tokens: [first, second, third] } = await locked(endpoint, topic, ['a', 'r', 'x'], 'short');
    assert.deepEqual(await client.acknowledgeEvents([first]), { succeededLockTokens: [first], failedLockTokens: [] });
    assert.deepEqual(await client.rejectEvents([second]), { succeededLockTokens: [second], failedLockTokens: [] });
    const again = await receiver(endpoint, topic, { subscription: 'short' }).receiveEvents({ maxEvents: 10, maxWaitTime: 30 });
    assert.deepEqual([ids(again), counts(again)], [['x'], [2]]);
    assert.notEqual(tokens(again)[0], third);
    const late = await client.acknowledgeEvents([third]);
    assert.deepEqual([late.succeededLockTokens, late.failedLockTokens[0].error.code], [[], 'TokenLost']);
    assert.deepEqual((await client.acknowledgeEvents(tokens(again))).failedLockTokens, []);
    assert.deepEqual(ids(await client.receiveEvents(AT_ONCE)), []);
  },

  async 'a released event is there at once, under another token'(endpoint, topic) {
    const { client, tokens: [token] } = await locked(endpoint, topic, ['a']);
    assert.deepEqual(await client.releaseEvents([token]), { succeededLockTokens: [token], failedLockTokens: [] });
    const again = await client.receiveEvents(AT_ONCE);
    assert.deepEqual([ids(again), counts(again)], [['a'], [2]]);
    assert.notEqual(tokens(again)[0], token);
  },

  async 'an event released with a delay of 10 s is seen again after 8 s or more, and others before it'(endpoint, topic) {
    const { client, tokens: [token] } = await locked(endpoint, topic, ['a']);
    const begun = performance.now();
    await client.releaseEvents([token], { releaseDelay: '10' });
    await sender(endpoint, topic).sendEvents(event('b'));
    assert.deepEqual(ids(await client.receiveEvents(AT_ONCE)), ['b']);
    const again = await client.receiveEvents({ maxEvents: 10, maxWaitTime: 50 });
    assert.deepEqual([ids(again), counts(again)], [['a'], [2]]);
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(seconds >= 8 && seconds < 30, `after ${seconds} s`);
  },

  async 'a renewed lock is acknowledged with its old token'(endpoint, topic) {
    const { client, tokens: [token] } = await locked(endpoint, topic, ['a']);
    for (let i = 0; i < 2; ++i) {
      assert.deepEqual(await client.renewEventLocks([token]), { succeededLockTokens: [token], failedLockTokens: [] });
    }
    assert.deepEqual(await client.acknowledgeEvents([token]), { succeededLockTokens: [token], failedLockTokens: [] });
    assert.equal((await client.renewEventLocks([token])).failedLockTokens[0].error.code, 'TokenLost');
  },

  async 'a renewed lock outlives one that was not renewed'(endpoint, topic) {
    const { client, tokens: [renewed] } = await locked(endpoint, topic, ['a', 'b'], 'short');
    // Half of the lock's time.
    assert.deepEqual(ids(await client.receiveEvents({ maxWaitTime: 3 })), []);
    assert.deepEqual((await client.renewEventLocks([renewed])).failedLockTokens, []);
    assert.deepEqual(ids(await client.receiveEvents({ maxEvents: 10, maxWaitTime: 30 })), ['b']);
    assert.deepEqual((await client.acknowledgeEvents([renewed])).succeededLockTokens, [renewed]);
  },

  async 'unknown tokens fail beside good ones, in the order of the request'(endpoint, topic) {
    const { client, tokens: [first, second] } = await locked(endpoint, topic, ['a', 'b']);
    assert.deepEqual((await client.acknowledgeEvents([first])).failedLockTokens, []);
    const { succeededLockTokens, failedLockTokens } = await client.acknowledgeEvents(['nobody gave this', first, second, 'Q2dNS0FUSTI=']);
    assert.deepEqual(succeededLockTokens, [second]);
    assert.deepEqual(failedLockTokens.map(({ lockToken, error }) => [lockToken, error.code]),
      [['nobody gave this', 'BadToken'], [first, 'TokenLost'], ['Q2dNS0FUSTI=', 'BadToken']]);
    assert.equal(failedLockTokens[1].error.message, 'Token has expired.');
    assert.ok(failedLockTokens.every(({ error }) => error.message));
  },

  async 'calls of which every token fails are no errors'(endpoint, topic) {
    const { client, tokens: [token] } = await locked(endpoint, topic, ['a']);
    await client.acknowledgeEvents([token]);
    for (const call of ['acknowledgeEvents', 'releaseEvents', 'rejectEvents', 'renewEventLocks']) {
      const { succeededLockTokens, failedLockTokens: [failed] } = await client[call]([token]);
      assert.deepEqual([succeededLockTokens, failed.lockToken, failed.error.code], [[], token, 'TokenLost'], call);
    }
  },

  async 'a token of one subscription opens no other'(endpoint, topic) {
    const { tokens: [token] } = await locked(endpoint, topic, ['a']);
    const { succeededLockTokens, failedLockTokens } = await receiver(endpoint, topic, { subscription: 'short' }).acknowledgeEvents([token]);
    assert.deepEqual([succeededLockTokens, failedLockTokens.length], [[], 1]);
  },

  async 'every version of the API that the client can be told serves'(endpoint, topic) {
    for (const apiVersion of ['2023-06-01-preview', '2023-10-01-preview', '2023-11-01', '2024-06-01']) {
      await sender(endpoint, topic, { apiVersion }).sendEvents(event(apiVersion));
      const client = receiver(endpoint, topic, { apiVersion });
      const received = await client.receiveEvents();
      assert.deepEqual(ids(received), [apiVersion]);
      assert.deepEqual((await client.renewEventLocks(tokens(received))).failedLockTokens, []);
      assert.deepEqual((await client.acknowledgeEvents(tokens(received))).failedLockTokens, []);
      const { failedLockTokens: [{ error }] } = await client.acknowledgeEvents(tokens(received));
      // The first version had no such member.
      assert.equal(error?.code, apiVersion === '2023-06-01-preview' ? undefined : 'TokenLost', apiVersion);
    }
  },
};

const receiving = {
  async 'a receive for which nothing comes ends empty after its maxWaitTime'(endpoint, topic) {
    const begun = performance.now();
    assert.deepEqual(await receiver(endpoint, topic).receiveEvents({ maxWaitTime: 10 }), { details: [] });
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(seconds >= 9.5 && seconds < 30, `after ${seconds} s`);
  },

  async 'two receivers that compete share the events, and none is received twice'(endpoint, topic) {
    const sent = Array.from({ length: 60 }, (_, i) => `e${i}`);
    await sender(endpoint, topic).sendEvents(sent.map((id) => event(id)));
    const clients = [1, 2].map(() => receiver(endpoint, topic));
    const some = (client) => client.receiveEvents({ maxEvents: 3, maxWaitTime: 0 });
    // Both have begun before one takes more.
    const begun = await Promise.all(clients.map(some));
    const takeRest = async (client, first) => {
      const taken = [];
      for (let received = first; received.details.length > 0; received = await some(client)) {
        taken.push(...ids(received));
        assert.deepEqual((await client.acknowledgeEvents(tokens(received))).failedLockTokens, []);
      }
      return taken;
    };
    const shares = await Promise.all(clients.map((client, i) => takeRest(client, begun[i])));
    assert.deepEqual(shares.flat().sort(), sent.sort());
    assert.ok(shares.every((share) => share.length > 0), `${shares.map((share) => share.length)}`);
  },

  async 'every subscription of a topic gets every event'(endpoint, topic) {
    await sender(endpoint, topic).sendEvents([event('a'), event('b')]);
    for (const subscription of ['usual', 'short']) {
      assert.deepEqual(ids(await receiver(endpoint, topic, { subscription }).receiveEvents(AT_ONCE)), ['a', 'b'], subscription);
    }
  },
};

const refusing = {
  async 'publishing to an unknown topic is a RestError 410 that names it'(endpoint) {
    await refused(sender(endpoint, 'nowhere').sendEvents(event('a')), 410, 'Gone', /"nowhere"/);
    await refused(sender(endpoint, 'nowhere').sendEvents([event('a')]), 410, 'Gone', /"nowhere"/);
  },

  async 'receiving and settling at an unknown topic or subscription is a RestError 404 that names it'(endpoint, topic) {
    for (const client of [receiver(endpoint, 'nowhere'), receiver(endpoint, topic, { subscription: 'nowhere' })]) {
      await refused(client.receiveEvents(), 404, 'NotFound', /"nowhere"/);
      for (const call of ['acknowledgeEvents', 'releaseEvents', 'rejectEvents', 'renewEventLocks']) {
        await refused(client[call](['token']), 404, 'NotFound', /"nowhere"/);
      }
    }
  },

  async 'a malformed event is a RestError 400 that says what is wrong with it'(endpoint, topic) {
    const client = sender(endpoint, topic);
    await refused(client.sendEvents(event('a', { source: '' })), 400, 'BadRequest', /'source'/);
    await refused(client.sendEvents(event('a', { specVersion: '0.3' })), 400, 'BadRequest', /'specversion': found "0.3"/);
    await refused(client.sendEvents(event('a', { dataSchema: 'relative' })), 400, 'BadRequest', /'dataschema'/);
    await refused(client.sendEvents(event('a', { type: undefined })), 400, 'BadRequest', /'type': found none/);
  },

  async 'of a batch with one malformed event nothing is kept, and the error says which it is'(endpoint, topic) {
    await refused(sender(endpoint, topic).sendEvents([event('a'), event('b', { subject: '' })]), 400, 'BadRequest', /event 1: .*'subject'/);
    assert.deepEqual(ids(await receiver(endpoint, topic).receiveEvents(AT_ONCE)), []);
  },

  async 'what is too large is a RestError 403'(endpoint, topic) {
    const client = sender(endpoint, topic);
    await refused(client.sendEvents(event('a', { data: 'x'.repeat(1 << 20) })), 403, 'RequestEntityTooLarge', /expected at most 1048576/);
    const many = Array.from({ length: 1001 }, (_, i) => ({ ...event(`${i}`), data: undefined }));
    await refused(client.sendEvents(many), 403, 'QuotaExceeded', /more than 1000 events/);
  },

  async 'a delay or a number out of range is a RestError 400 that names the parameter'(endpoint, topic) {
    const { client, tokens: [token] } = await locked(endpoint, topic, ['a']);
    await refused(client.receiveEvents({ maxEvents: 0 }), 400, 'BadRequest', /'maxEvents'/);
    await refused(client.releaseEvents([token], { releaseDelay: 'long' }), 400, 'BadRequest', /'releaseDelayInSeconds'/);
    await refused(client.acknowledgeEvents([7]), 400, 'BadRequest', /'lockTokens'/);
    assert.deepEqual((await client.acknowledgeEvents([token])).failedLockTokens, [], 'nothing of it touched the lock');
  },
};

const proving = {
  async 'a key that is none is a RestError 401'(endpoint, topic) {
    await refused(sender(endpoint, topic, { key: 'bm9uZQ==' }).sendEvents(event('a')), 401, 'Unauthorized', /./);
    await refused(receiver(endpoint, topic, { key: 'bm9uZQ==' }).receiveEvents(), 401, 'Unauthorized', /./);
  },
};

export const cases = { ...publishing, ...settling, ...receiving, ...refusing, ...proving };
