// Requests and answers as they are on the wire.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { post } from '../curl.mjs';
import {
  assertAccepted, assertRefused, at, BATCH, call, eventText, ids, JSON_TYPE, ONE, publish, received, settle,
} from './http.mjs';
import { KEY, KEYS_ARE_CHECKED } from './site.mjs';

const ATTRIBUTES = { 'ce-specversion': '1.0', 'ce-id': 'b', 'ce-source': '/tests/clients', 'ce-type': 'tests.made' };
const binary = (url, topic, headers, body = '', type = 'text/plain') =>
  publish(url, topic, type, body, { headers: { ...ATTRIBUTES, ...headers } });

const binaryMode = {
  async 'values of headers are percent-decoded once, and without their quotes'(url, topic) {
    const values = {
      'Euro%20%E2%82%AC%20%F0%9F%98%80': 'Euro € \u{1F600}',
      'lower%c3%a9%2f': 'loweré/',
      '%41needless': 'Aneedless',
      'once%2520': 'once%20',
      '"in quotes, \\"two\\" \\\\ %C3%A9"': 'in quotes, "two" \\ é',
      'as it is größe': 'as it is größe',
      '100% of it': '100% of it',
      'a,b; c=d': 'a,b; c=d',
    };
    for (const value of Object.keys(values)) assertAccepted(await binary(url, topic, { 'ce-subject': value, 'CE-Ext': value }), value);
    const { events } = await received(url, topic);
    assert.deepEqual(events.map(({ subject, ext }) => [subject, ext]), Object.values(values).map((meant) => [meant, meant]));
  },

  async 'headers that mean no UTF-8, or controls, are refused'(url, topic) {
    for (const value of ['%C3%28', '%C0%80', '%ED%A0%80', '%F8', '%00', 'a%0Ab', '%7F']) {
      assertRefused(await binary(url, topic, { 'ce-subject': value }), 400, 'BadRequest', /'ce-subject'/, value);
    }
  },

  async 'attributes that are missing, wrong or in the wrong place are refused by the names of their headers'(url, topic) {
    for (const name of Object.keys(ATTRIBUTES)) {
      assertRefused(await binary(url, topic, { [name]: '' }), 400, 'BadRequest', new RegExp(`'${name}'`), name);
    }
    for (const [name, value] of Object.entries({
      'ce-specversion': '0.3', 'ce-source': 'with%20blank', 'ce-time': 'yesterday', 'ce-dataschema': 'relative',
      'ce-datacontenttype': 'text/plain', 'ce-a-b': 'x', 'ce-data': 'x', 'ce-alongernamethantwenty': 'x',
    })) {
      assertRefused(await binary(url, topic, { [name]: value }), 400, 'BadRequest', new RegExp(name.replace('ce-', '')), name);
    }
  },

  async 'JSON data are kept as they are spelled, all others in base64, texts of extensions as texts'(url, topic) {
    const spelled = '{ "b" : 1.0e+2,\n"a":"\\u00e9\\/" , "b":-0 }';
    assertAccepted(await binary(url, topic, { 'ce-ext': '5' }, spelled, 'application/vnd.made+json; charset=utf-8'));
    assertAccepted(await binary(url, topic, {}, '"a text"', JSON_TYPE));
    assertAccepted(await binary(url, topic, {}, '{"broken', JSON_TYPE));
    assertAccepted(await binary(url, topic, {}, 'größe', 'text/plain'));
    assertAccepted(await binary(url, topic, {}, Buffer.from([0, 255, 254]), ''));
    assertAccepted(await binary(url, topic, {}, '', 'text/plain'));
    const { text, events } = await received(url, topic);
    assert.ok(text.includes(`"data":${spelled}`), text);
    assert.equal(events[0].ext, '5');
    assert.deepEqual(events.map((one) => one.datacontenttype),
      ['application/vnd.made+json; charset=utf-8', JSON_TYPE, JSON_TYPE, 'text/plain', undefined, 'text/plain']);
    assert.deepEqual(events.slice(1).map((one) => one.data), ['a text', undefined, undefined, undefined, undefined]);
    assert.deepEqual(events.slice(2).map((one) => one.data_base64),
      ['{"broken', 'größe', Buffer.from([0, 255, 254])].map((bytes) => Buffer.from(bytes).toString('base64')).concat(undefined));
  },
};

const types = {
  async 'a batch may call itself application/json, or nothing at all'(url, topic) {
    for (const type of [BATCH, 'Application/CloudEvents-Batch+JSON;charset=UTF-8', JSON_TYPE, 'application/json; charset=utf-8', '']) {
      assertAccepted(await publish(url, topic, type, ` [${eventText('a')}, ${eventText('b')} ]\n`), type);
    }
    assert.equal((await received(url, topic)).events.length, 10);
  },

  async 'one event is known by its type, whatever its case and charset'(url, topic) {
    for (const type of [ONE, `${ONE}; charset=utf-8`, 'APPLICATION/CLOUDEVENTS+JSON', `${ONE} ; charset="utf-8"; other=x`]) {
      assertAccepted(await publish(url, topic, type, eventText(type)), type);
    }
    assert.equal((await received(url, topic)).events.length, 4);
  },

  async 'an array with headers of an event is data of it'(url, topic) {
    assertAccepted(await binary(url, topic, {}, '[1,2]', JSON_TYPE));
    assert.deepEqual((await received(url, topic)).events[0].data, [1, 2]);
  },

  async 'bodies that are not what their type says are refused'(url, topic) {
    assertRefused(await publish(url, topic, ONE, `[${eventText('a')}]`), 400, 'BadRequest', /found an array, expected one CloudEvent/);
    assertRefused(await publish(url, topic, BATCH, eventText('a')), 400, 'BadRequest', /found an object, expected an array/);
    assertRefused(await publish(url, topic, JSON_TYPE, eventText('a')), 400, 'BadRequest', /'ce-specversion'/);
    assertRefused(await publish(url, topic, 'application/cloudevents+avro', 'x'), 415, 'UnsupportedMediaType', /avro/);
    assertRefused(await publish(url, topic, ONE, ''), 400, 'BadRequest', /found nothing/);
    assertRefused(await publish(url, topic, BATCH, `[${eventText('a')}`), 400, 'BadRequest', /not JSON/);
    assertRefused(await publish(url, topic, BATCH, `[${eventText('a')},7]`), 400, 'BadRequest', /event 1: found "7"/);
  },

  async 'a compressed body is read'(url, topic) {
    assertAccepted(await publish(url, topic, ONE, gzipSync(eventText('a')), { headers: { 'content-encoding': 'gzip' } }));
    assert.deepEqual(ids(await received(url, topic)), ['a']);
  },
};

const paths = {
  async 'the colon may be encoded, and letters of the path too'(url, topic) {
    const encoded = `%${topic.charCodeAt(0).toString(16)}${topic.slice(1)}`;
    for (const path of [`/topics/${topic}%3Apublish`, `/topics/${topic}%3apublish`, `/topics/${encoded}:publish`]) {
      assertAccepted(await call(url, path, { headers: { 'content-type': ONE }, body: eventText(path) }), path);
    }
    const answer = await call(url, `/topics/${encoded}/eventsubscriptions/usual%3Areceive`, { query: 'maxEvents=9' });
    assert.equal(JSON.parse(answer.body).value.length, 3);
  },

  async 'the path counts whatever its case, and may stand behind another'(url, topic) {
    const one = { headers: { 'content-type': ONE }, body: eventText('a') };
    assertAccepted(await call(url, `/TOPICS/${topic.toUpperCase()}:Publish`, one));
    assertAccepted(await call(url, `/any/where/topics/${topic}:publish`, one));
    const { status, body } = await call(url, `/Topics/${topic}/EventSubscriptions/Usual:RECEIVE`, { query: 'MaxEvents=5' });
    assert.equal(status, 200, body);
    const lockTokens = JSON.parse(body).value.map((one) => one.brokerProperties.lockToken);
    assert.equal(lockTokens.length, 2);
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

const content = {
  async 'an empty batch is accepted'(url, topic) {
    assertAccepted(await publish(url, topic, BATCH, '[]'));
    assertAccepted(await publish(url, topic, JSON_TYPE, ' [ ] '));
  },

  async 'order of members, blanks and the spelling of numbers and texts come back unchanged'(url, topic) {
    const spelled = [
      '{"zeta":"\\u00e9\\/\\ud83d\\ude00" , "type":"t","data":{"n":[1.0e+2,-0,0.10,1E400,12345678901234567890],"n":1 , "\\u0061":"\\t"},\t"source":"/s","id":"1","specversion":"1.0","flag":true,"count":-7}',
      '{\n  "specversion": "1.0",\r\n  "id": "größe",\n  "source": "/s", "type": "t",\n  "data": null\n}',
      '{"data_base64":"AAEC/w==","datacontenttype":"application/octet-stream","id":"3","source":"s","type":"t","specversion":"1.0","time":"2026-01-02t03:04:05.123456789+01:00"}',
      '{"specversion":"1.0","id":"4","source":"/s","type":"t","subject":null,"ext":null,"data":"a string"}',
      '{"specversion":"1.0","id":"5","source":"/s","type":"t","data":0}',
    ];
    for (const event of spelled) assertAccepted(await publish(url, topic, ONE, `\n${event} `), event);
    assertAccepted(await publish(url, topic, BATCH, `[ ${spelled.join(' ,\n')} ]`));
    const { text, events } = await received(url, topic);
    assert.equal(events.length, 2 * spelled.length);
    for (const event of spelled) assert.equal(text.split(`"event":${event}}`).length - 1, 2, event);
  },

  async 'events that are none are refused, and nothing of their batch is kept'(url, topic) {
    const wrong = {
      specversion: eventText('a', { specversion: '0.3' }), id: eventText(''), source: eventText('a', { source: 'a b' }),
      type: eventText('a', { type: 1 }), time: eventText('a', { time: '2026-02-30T00:00:00Z' }), dataschema: eventText('a', { dataschema: '/r' }),
      Upper: eventText('a', { Upper: 'x' }), ext: eventText('a', { ext: {} }), half: eventText('a', { half: 0.5 }), large: eventText('a', { large: 2 ** 31 }),
      data_base64: eventText('a', { data: 1, data_base64: 'AA==' }), control: eventText('a', { control: 'a\u0001' }),
    };
    for (const [name, event] of Object.entries(wrong)) {
      assertRefused(await publish(url, topic, ONE, event), 400, 'BadRequest', new RegExp(name), name);
      assertRefused(await publish(url, topic, BATCH, `[${eventText('good')},${event}]`), 400, 'BadRequest', /event 1/, name);
    }
    assertAccepted(await publish(url, topic, ONE, eventText('only')));
    assert.deepEqual(ids(await received(url, topic)), ['only']);
  },

  async 'what a receive has as a body is ignored'(url, topic) {
    const bodies = ['{"maxEvents": 7', '[]', 'x'.repeat(10_000)];
    await publish(url, topic, BATCH, `[${bodies.map((_, i) => eventText(`${i}`)).join(',')}]`);
    for (const [i, body] of bodies.entries()) {
      const headers = { 'content-type': i ? ONE : JSON_TYPE };
      assert.deepEqual(ids(await received(url, topic, { query: 'maxEvents=1', headers, body })), [`${i}`]);
    }
  },

  async 'events take over the trace of their request, unless they have one'(url, topic) {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { traceparent, tracestate: 'a=b' };
    const own = { traceparent: traceparent.replace('b7', 'c7') };
    await publish(url, topic, BATCH, `[${eventText('a')},${eventText('b', own)}]`, { headers });
    await binary(url, topic, headers);
    const { events: [a, b, c] } = await received(url, topic);
    assert.deepEqual([a, c].map((one) => [one.traceparent, one.tracestate]), [[traceparent, 'a=b'], [traceparent, 'a=b']]);
    assert.deepEqual([b.traceparent, b.tracestate], [own.traceparent, undefined]);
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

export const cases = {
  ...binaryMode, ...types, ...paths, ...errors, ...settling, ...content, ...ways, ...(KEYS_ARE_CHECKED && proving),
};
