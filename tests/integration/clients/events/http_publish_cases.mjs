// What publishers may send, and what becomes of it, on the wire.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import {
  assertAccepted, assertRefused, BATCH, binary, eventText, ids, JSON_TYPE, ONE, publish, received, REQUIRED,
} from './http.mjs';

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
    for (const name of Object.keys(REQUIRED)) {
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

const content = {
  async 'an empty batch is accepted'(url, topic) {
    assertAccepted(await publish(url, topic, BATCH, '[]'));
    assertAccepted(await publish(url, topic, JSON_TYPE, ' [ ] '));
  },

  async 'order of members, blanks and the spelling of numbers and texts come back unchanged'(url, topic) {
    const spelled = [
      '{"zeta":"\\u00e9\\/\\ud83d\\ude00" , "type":"t","data":' +
        '{"n":[1.0e+2,-0,0.10,1E400,12345678901234567890],"n":1 , "\\u0061":"\\t"},\t"source":"/s","id":"1","specversion":"1.0","flag":true,"count":-7}',
      '{\n  "specversion": "1.0",\r\n  "id": "größe",\n  "source": "/s", "type": "t",\n  "data": null\n}',
      '{"data_base64":"AAEC/w==","datacontenttype":"application/octet-stream",' +
        '"id":"3","source":"s","type":"t","specversion":"1.0","time":"2026-01-02t03:04:05.123456789+01:00"}',
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
      Upper: eventText('a', { Upper: 'x' }), ext: eventText('a', { ext: {} }), half: eventText('a', { half: 0.5 }),
      large: eventText('a', { large: 2 ** 31 }),
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

export const cases = { ...binaryMode, ...types, ...content };
