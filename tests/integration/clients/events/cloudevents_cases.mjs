// Random events of CNCF's package `cloudevents`, sent as it writes them and compared with what is received.
import assert from 'node:assert/strict';
import { OF_HEADERS, randomEvents } from './random_events.mjs';
import { API_VERSION, client, KEY } from './site.mjs';

const { CloudEvent, CONSTANTS, HTTP } = client('cloudevents');
const AUTHORIZATION = { authorization: `SharedAccessKey ${KEY}` };
const COUNT = 150;  // of events in each case

const seed = Date.now() >>> 0;

async function post(url, message = {}) {
  const answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}api-version=${API_VERSION}`,
    { method: 'POST', headers: { ...message.headers, ...AUTHORIZATION }, body: message.body });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${text}\nto ${JSON.stringify(message)} of seed ${seed}`);
  return text;
}

const publish = async (endpoint, topic, message) => assert.equal(await post(`${endpoint}/topics/${topic}:publish`, message), '{}');

// Everything that is there, as the text of each answer.
async function receiveAll(endpoint, topic, count) {
  const texts = [];
  const events = [];
  while (events.length < count) {
    const text = await post(`${endpoint}/topics/${topic}/eventsubscriptions/usual:receive?maxEvents=100`);
    texts.push(text);
    events.push(...JSON.parse(text).value.map((one) => one.event));
  }
  assert.equal(events.length, count);
  return { text: texts.join(''), events };
}

function madeEvents(letters) {
  const next = randomEvents(seed);
  return Array.from({ length: COUNT }, () => new CloudEvent(next(letters)));
}

// Read by the package again, an event says what it said before it was sent.
function assertSame(found, sent) {
  const plain = (event) => {
    const { data, ...attributes } = event;
    return { ...attributes, data: ArrayBuffer.isView(data) ? Buffer.from(data).toString('hex') : data };
  };
  assert.deepEqual(plain(new CloudEvent(found)), plain(sent), `seed ${seed}`);
}

// In binary mode values of attributes are texts (HTTP binding, 3.1.3).
function asTexts(event) {
  const { data, data_base64: binary, ...attributes } = event.toJSON();
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined).map(([name, value]) => [name, `${value}`]));
}

function assertSameInTexts({ data, data_base64: binary, ...attributes }, message, event) {
  assert.deepEqual(attributes, { ...asTexts(event), datacontenttype: message.headers['content-type'] }, `seed ${seed}`);
  if (message.body === undefined) return assert.deepEqual([data, binary], [undefined, undefined]);
  if (/json/.test(attributes.datacontenttype)) return assert.deepEqual(data, JSON.parse(message.body), `seed ${seed}`);
  assert.deepEqual(Buffer.from(binary, 'base64'), Buffer.from(message.body), `seed ${seed}`);
}

// What the HTTP binding (3.1.3.2) asks of senders and the package leaves to them.
function encoded({ headers, body }) {
  const encode = (value) => value.replace(/[^\x21-\x7e]|["%]/gu, (letter) =>
    Array.from(Buffer.from(letter), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''));
  const field = ([name, value]) => [name, name.startsWith('ce-') ? encode(`${value}`) : value];
  return { headers: Object.fromEntries(Object.entries(headers).map(field)), body };
}

async function binary(endpoint, topic, events, written) {
  for (const event of events) await publish(endpoint, topic, written(HTTP.binary(event)));
  const { text, events: found } = await receiveAll(endpoint, topic, events.length);
  for (const [i, event] of events.entries()) {
    const message = HTTP.binary(event);
    assertSameInTexts(found[i], message, event);
    if (typeof message.body === 'string' && /json/.test(message.headers['content-type'])) {
      assert.ok(text.includes(`"data":${message.body}}`), `data of JSON are kept byte for byte: ${message.body}, seed ${seed}`);
    }
  }
}

export const cases = {
  async 'events in structured mode come back byte for byte'(endpoint, topic) {
    const events = madeEvents();
    for (const event of events) await publish(endpoint, topic, HTTP.structured(event));
    const { text, events: found } = await receiveAll(endpoint, topic, COUNT);
    for (const [i, event] of events.entries()) {
      assertSame(found[i], event);
      assert.ok(text.includes(`"event":${HTTP.structured(event).body}}`), `${event}, seed ${seed}`);
    }
  },

  async 'events of a batch come back byte for byte, in its order'(endpoint, topic) {
    const events = madeEvents();
    const headers = { [CONSTANTS.HEADER_CONTENT_TYPE]: CONSTANTS.MIME_CE_BATCH };
    await publish(endpoint, topic, { headers, body: `[${events.join(',')}]` });
    const { text, events: found } = await receiveAll(endpoint, topic, COUNT);
    for (const [i, event] of events.entries()) {
      assertSame(found[i], event);
      assert.ok(text.includes(`"event":${event}}`), `${event}, seed ${seed}`);
    }
  },

  'events in binary mode come back with the same attributes and bytes': (endpoint, topic) =>
    binary(endpoint, topic, madeEvents(OF_HEADERS), (message) => message),

  'values in headers may have any letters, percent-encoded': (endpoint, topic) =>
    binary(endpoint, topic, madeEvents(), encoded),

  async 'a text that the package sends as JSON, without quotes, is kept as bytes'(endpoint, topic) {
    await publish(endpoint, topic, HTTP.binary(new CloudEvent({ id: '1', source: '/s', type: 't', data: 'größe' })));
    const { events: [{ data, data_base64: bytes, datacontenttype }] } = await receiveAll(endpoint, topic, 1);
    assert.deepEqual([data, Buffer.from(bytes, 'base64').toString(), datacontenttype], [undefined, 'größe', CONSTANTS.DEFAULT_CONTENT_TYPE]);
  },

  async 'what is received the package reads as an event, in structured mode'(endpoint, topic) {
    const events = madeEvents();
    for (const event of events) await publish(endpoint, topic, HTTP.structured(event));
    const { events: found } = await receiveAll(endpoint, topic, COUNT);
    for (const [i, event] of events.entries()) {
      const message = { headers: { 'content-type': CONSTANTS.MIME_CE_JSON }, body: JSON.stringify(found[i]) };
      assert.ok(HTTP.isEvent(message), message.body);
      assert.equal(HTTP.toEvent(message).id, event.id);
    }
  },
};
