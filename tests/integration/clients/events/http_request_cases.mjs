// Paths, parameters, lock tokens and errors, on the wire.
import assert from 'node:assert/strict';
import { post } from '../curl.mjs';
import { assertAccepted, assertRefused, at, BATCH, call, eventText, ids, ONE, publish, received, settle } from './http.mjs';
import { KEY } from './site.mjs';

const paths = {
  async 'the colon may be encoded, and letters of the path too'(url, topic) {
    const encoded = `%${topic.charCodeAt(0).toString(16)}${topic.slice(1)}`;
    for (const path of [`/topics/${topic}%3Apublish`, `/topics/${topic}%3apublish`, `/topics/${encoded}:publish`]) {
      assertAccepted(await call(url, path, { headers: { 'content-type': ONE }, body: eventText(path) }), path);
    }
    const answer = await call(url, `/topics/${encoded}/eventsubscriptions/usual%3Areceive`, { query: 'maxEvents=9' });
    assert.equal(JSON.parse(answer.body).value.length, 3);
  },

  async 'the path counts whatever its case, and nothing stands before it'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    assertAccepted(await call(url, `/TOPICS/${topic.toUpperCase()}:Publish`, one));
    assertRefused(await call(url, `/any/where/topics/${topic}:publish`, one), 404, 'NotFound', /the path/);
    const { status, body } = await call(url, `/Topics/${topic}/EventSubscriptions/Usual:RECEIVE`, { query: 'MaxEvents=5' });
    assert.equal(status, 200, body);
    const lockTokens = JSON.parse(body).value.map((one) => one.brokerProperties.lockToken);
    assert.equal(lockTokens.length, 1);
    const renewed = await call(url, `/topics/${topic}/eventsubscriptions/usual:renewlock`, { body: JSON.stringify({ lockTokens }) });
    assert.deepEqual(JSON.parse(renewed.body), { succeededLockTokens: lockTokens, failedLockTokens: [] });
  },

  async 'api-version has to be one that is known or later, and not there twice'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    const path = `/topics/${topic}:publish`;
    for (const version of ['2023-06-01-preview', '2023-09-01-preview', '2023-10-01-preview', '2023-11-01', '2024-06-01', '2030-01-01-preview']) {
      assertAccepted(await call(url, path, { ...one, version }), version);
    }
    for (const version of ['', 'latest', '2018-01-01', '2024-6-1', '2024-06-01-beta', '2024-06-01&api-version=2024-06-01', '%zz']) {
      assertRefused(await call(url, path, { ...one, version }), 400, 'BadRequest', /'api-version'/, version);
    }
    assertRefused(await call(url, `${path}?`, { ...one, version: '' }), 400, 'BadRequest', /'api-version': found none/);
  },

  async 'other parameters are passed over, and order and case of their names do not count'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    assertAccepted(await call(url, `/topics/${topic}:publish`, { ...one, query: 'unknown=%zz&&=&x', version: '2024-06-01&last' }));
    assertAccepted(await call(url, `/topics/${topic}:publish`, { ...one, query: 'API-Version=2024-06-01', version: '' }));
    const answer = await at(url, topic, 'receive', { query: 'MAXEVENTS=2&maxWaitTime=10&maxEventss=0' });
    assert.equal(JSON.parse(answer.body).value.length, 2);
  },

  async 'numbers out of their range are refused by name'(url, topic) {
    const { tokens } = await publish(url, topic, ONE, eventText('a')).then(() => received(url, topic));
    for (const query of ['maxEvents=0', 'maxEvents=101', 'maxEvents=-1', 'maxEvents=1.5', 'maxEvents=', 'maxEvents=99999999999',
      'maxWaitTime=9', 'maxWaitTime=121', 'maxWaitTime=ten']) {
      assertRefused(await at(url, topic, 'receive', { query }), 400, 'BadRequest', new RegExp(query.split('=')[0]), query);
    }
    for (const delay of ['1', '11', '3601', '-10', 'ten', '']) {
      const answer = await settle(url, topic, 'release', tokens, { query: `releaseDelayInSeconds=${delay}` });
      assertRefused(answer, 400, 'BadRequest', /'releaseDelayInSeconds'.*one of 0, 10, 60, 600, 3600/, delay);
    }
    assert.deepEqual(JSON.parse((await settle(url, topic, 'acknowledge', tokens)).body).failedLockTokens, [], 'none of them released it');
  },
};

const errors = {
  async 'every error is JSON with code and message, and the code is a header too'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    for (const path of ['/', '/topics', `/topics/${topic}`, `/topics/${topic}:`, '/topics/:publish', `/topics/${topic}:receive`,
      `/topics/${topic}:unknown`, `/topics/${topic}/eventsubscriptions/usual:publish`, `/topics/${topic}/subscriptions/usual:receive`]) {
      assertRefused(await call(url, path, one), 404, 'NotFound', /the path/, path);
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await call(url, `/topics/${topic}:publish`, { args: ['-X', method] });
      assertRefused(answer, 405, 'MethodNotAllowed', new RegExp(`"${method}"`), method);
      assert.equal(answer.headers.allow, 'POST', method);
    }
    assertRefused(await publish(url, 'nowhere', ONE, eventText('a')), 410, 'Gone', /"nowhere"/);
    assertRefused(await at(url, 'nowhere', 'receive'), 404, 'NotFound', /"nowhere"/);
    assertRefused(await call(url, `/topics/${topic}/eventsubscriptions/nowhere:receive`), 404, 'NotFound', /"nowhere"/);
  },

  async 'what is longer than it may be is refused with 403'(url, topic) {
    const event = (size) => eventText('a', { data: 'x'.repeat(size - eventText('a', { data: '' }).length) });
    assertAccepted(await publish(url, topic, ONE, event(1 << 20)));
    assertRefused(await publish(url, topic, ONE, event((1 << 20) + 1)), 403, 'RequestEntityTooLarge', /1048577 bytes/);
    const batch = (count) => `[${Array.from({ length: count }, (_, i) => eventText(`${i}`)).join(',')}]`;
    assertAccepted(await publish(url, topic, BATCH, batch(1000)));
    assertRefused(await publish(url, topic, BATCH, batch(1001)), 403, 'QuotaExceeded', /1000 events/);
  },

  async 'what the transport refuses is JSON with code and message too'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    const path = `/topics/${topic}:publish`;
    for (const [status, answer] of [
      [413, await call(url, path, { ...one, body: 'x'.repeat(5 << 20) })],
      [400, await call(url, '/topics/../x:publish', one)],
      [400, await call(url, path, { ...one, headers: { ...one.headers, 'content-encoding': 'gzip' } })],
      [415, await call(url, path, { ...one, headers: { ...one.headers, 'content-encoding': 'br' } })],
      [431, await call(url, path, { ...one, headers: { ...one.headers, filler: 'x'.repeat(100_000) } })],
    ]) {
      assert.equal(answer.status, status, answer.body);
      const { error } = JSON.parse(answer.body);
      assert.ok(error.code && error.message, answer.body);
    }
  },
};

const settling = {
  async 'tokens that fail are told in the form of the version that asks'(url, topic) {
    const { tokens: [token] } = await publish(url, topic, ONE, eventText('a')).then(() => received(url, topic));
    await settle(url, topic, 'acknowledge', [token]);
    const flat = { errorCode: 'TokenLost', errorDescription: 'Token has expired.' };
    const nested = { error: { code: 'TokenLost', message: 'Token has expired.' } };
    for (const [version, form] of Object.entries({
      '2023-06-01-preview': flat, '2023-10-01-preview': nested, '2023-11-01': { ...nested, ...flat }, '2024-06-01': nested, '2031-12-31': nested,
    })) {
      for (const operation of ['acknowledge', 'release', 'reject', 'renewLock']) {
        const answer = await settle(url, topic, operation, [token], { version });
        assert.equal(answer.status, 200);
        assert.deepEqual(JSON.parse(answer.body), { succeededLockTokens: [], failedLockTokens: [{ lockToken: token, ...form }] }, version);
      }
    }
  },

  async 'both lists are always there and keep the order of the request, a token twice succeeds once'(url, topic) {
    await publish(url, topic, BATCH, `[${['a', 'b', 'c'].map((id) => eventText(id)).join(',')}]`);
    const { tokens: [a, b, c] } = await received(url, topic);
    const answer = JSON.parse((await settle(url, topic, 'acknowledge', [c, 'x', a, a, '', b, 'größe "'])).body);
    assert.deepEqual(answer.succeededLockTokens, [c, a, b]);
    assert.deepEqual(answer.failedLockTokens.map(({ lockToken, error }) => [lockToken, error.code]),
      [['x', 'BadToken'], [a, 'TokenLost'], ['', 'BadToken'], ['größe "', 'BadToken']]);
    assert.deepEqual(JSON.parse((await settle(url, topic, 'reject', [])).body), { succeededLockTokens: [], failedLockTokens: [] });
  },

  async 'a thousand tokens are settled by one request'(url, topic) {
    await publish(url, topic, BATCH, `[${Array.from({ length: 500 }, (_, i) => eventText(`${i}`)).join(',')}]`);
    const good = [];
    while (good.length < 500) good.push(...(await received(url, topic)).tokens);
    const answer = JSON.parse((await settle(url, topic, 'acknowledge', good.flatMap((token) => [token, `not ${token}`]))).body);
    assert.deepEqual(answer.succeededLockTokens, good);
    assert.equal(answer.failedLockTokens.length, 500);
  },

  async 'bodies without a list of tokens are refused'(url, topic) {
    for (const body of ['', '{}', '[]', '"x"', '{"lockTokens":"x"}', '{"lockTokens":{}}', '{"lockTokens":null}', '{"lockTokens":["a",1]}',
      '{"lockTokens":["a"]', '{"locktokens":["a"]}', '{"lockTokens":[],"lockTokens":[]}']) {
      for (const operation of ['acknowledge', 'release', 'reject', 'renewLock']) {
        assertRefused(await at(url, topic, operation, { body }), 400, 'BadRequest', /'lockTokens'/, `${operation} ${body}`);
      }
    }
  },
};

const ways = {
  async 'HTTP/2 serves the same'(url, topic) {
    const args = ['--http2-prior-knowledge'];
    const published = await publish(url, topic, ONE, eventText('a'), { args });
    assert.equal(published.version, '2');
    assertAccepted(published);
    assert.deepEqual(ids(await received(url, topic, { args })), ['a']);
    assertRefused(await publish(url, 'nowhere', ONE, eventText('a'), { args }), 410, 'Gone');
  },

  async 'a key may stand in three places'(url, topic) {
    const headers = { 'content-type': ONE };
    const target = `${url}/topics/${topic}:publish?api-version=2024-06-01`;
    assertAccepted(await post(target, { headers: { ...headers, authorization: `SharedAccessKey ${KEY}` }, body: eventText('a') }));
    assertAccepted(await post(target, { headers: { ...headers, 'aeg-sas-key': KEY }, body: eventText('b') }));
    assertAccepted(await post(`${target}&aeg-sas-key=${encodeURIComponent(KEY)}`, { headers, body: eventText('c') }));
    assert.deepEqual(ids(await received(url, topic)), ['a', 'b', 'c']);
  },
};

const proving = {
  async 'requests without a key, or with another, are refused'(url, topic) {
    const headers = { 'content-type': ONE };
    const target = `${url}/topics/${topic}:publish?api-version=2024-06-01`;
    for (const wrong of [{}, { authorization: 'SharedAccessKey bm9uZQ==' }, { 'aeg-sas-key': `${KEY}x` }, { authorization: KEY }]) {
      const answer = await post(target, { headers: { ...headers, ...wrong }, body: eventText('a') });
      assertRefused(answer, 401, 'Unauthorized');
      assert.ok(answer.headers['www-authenticate']);
    }
  },
};

export const cases = { ...paths, ...errors, ...settling, ...ways, ...proving };
