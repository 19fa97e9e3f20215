// What users of Microsoft's npm client for custom topics see of the broker. Topics have the schema of Event Grid.
import assert from 'node:assert/strict';
import { post } from '../curl.mjs';
import { receiver } from './azure.mjs';
import { client, KEY } from './site.mjs';

const { AzureKeyCredential, AzureSASCredential, EventGridPublisherClient, generateSharedAccessSignature } = client('@azure/eventgrid');

const address = (endpoint, topic) => `${endpoint}/topics/${topic}/api/events`;

function publisher(endpoint, topic, schema, credential = new AzureKeyCredential(KEY)) {
  return new EventGridPublisherClient(address(endpoint, topic), schema, credential, { allowInsecureConnection: endpoint.startsWith('http:') });
}

async function received(endpoint, topic) {
  const { details } = await receiver(endpoint, topic).receiveEvents({ maxEvents: 100, maxWaitTime: 0 });
  return details.map((one) => one.event);
}

const one = { id: '1', eventType: 'order.made', subject: 'eu/4711 größer', dataVersion: '2.0', eventTime: new Date('2026-01-02T03:04:05.678Z'), data: { total: 12.5 } };

async function refused(attempt, status, code, message) {
  const error = await attempt.then(() => assert.fail('it succeeded'), (failure) => failure);
  assert.equal(error.name, 'RestError', error.stack);
  assert.deepEqual([error.statusCode, error.code], [status, code]);
  assert.match(error.message, message);
  const { details: [detail, ...others] } = JSON.parse(error.response.bodyAsText).error;
  assert.deepEqual([detail.code, others], [code, []]);
  assert.match(detail.message, message);
}

export const cases = {
  async "events of Event Grid's schema are received as CloudEvents"(endpoint, topic) {
    await publisher(endpoint, topic, 'EventGrid').send([one, { ...one, id: '2', topic: '/elsewhere', data: { größe: [] } }]);
    const [first, second, ...others] = await received(endpoint, topic);
    assert.deepEqual(others, []);
    assert.deepEqual([first.id, first.source, first.type, first.subject, first.time, first.data],
      ['1', `/topics/${topic}`, 'order.made', 'eu/4711 größer', one.eventTime, { total: 12.5 }]);
    assert.deepEqual([second.id, second.source, second.data], ['2', '/elsewhere', { größe: [] }]);
  },

  async 'what the client fills in by itself is enough'(endpoint, topic) {
    await publisher(endpoint, topic, 'EventGrid').send([{ eventType: 't', subject: 's', dataVersion: '1', data: {} }]);
    const [found] = await received(endpoint, topic);
    assert.match(found.id, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(found.time - Date.now()) < 60_000);
  },

  async 'CloudEvents keep their extensions and bytes'(endpoint, topic) {
    const bytes = new Uint8Array([0, 1, 254, 255]);
    await publisher(endpoint, topic, 'CloudEvent').send([
      { id: 'a', source: '/s', type: 't', data: { x: 1 }, extensionAttributes: { myext: 'y' } },
      { id: 'b', source: '/s', type: 't', data: bytes, datacontenttype: 'application/octet-stream' },
    ]);
    // The client for namespaces drops extensions, so they are looked at without it.
    const answer = await post(`${endpoint.replace('https', 'http')}/topics/${topic}/eventsubscriptions/usual:receive?api-version=2024-06-01&maxEvents=2`,
      { headers: { 'aeg-sas-key': KEY } });
    const [first, second] = JSON.parse(answer.body).value.map(({ event }) => event);
    assert.deepEqual([first.id, first.data, first.myext], ['a', { x: 1 }, 'y']);
    assert.deepEqual([second.id, second.data_base64], ['b', Buffer.from(bytes).toString('base64')]);
  },

  async 'an empty batch is published'(endpoint, topic) {
    await publisher(endpoint, topic, 'EventGrid').send([]);
    assert.deepEqual(await received(endpoint, topic), []);
  },

  async 'a SAS token that the client makes opens that address and no other'(endpoint, topic) {
    const token = await generateSharedAccessSignature(address(endpoint, topic), new AzureKeyCredential(KEY), new Date(Date.now() + 600_000));
    await publisher(endpoint, topic, 'EventGrid', new AzureSASCredential(token)).send([one]);
    assert.equal((await received(endpoint, topic)).length, 1);
    const elsewhere = topic.replace(/\d+$/, '0');
    await refused(publisher(endpoint, elsewhere, 'EventGrid', new AzureSASCredential(token)).send([one]), 403, 'Forbidden', /SAS token is for/);
  },

  async 'a wrong key, a topic that is not there and a broken event are refused'(endpoint, topic) {
    const wrong = new AzureKeyCredential(Buffer.from('another key than theirs').toString('base64'));
    await refused(publisher(endpoint, topic, 'EventGrid', wrong).send([one]), 401, 'Unauthorized', /key is wrong/);
    await refused(publisher(endpoint, 'nothing', 'EventGrid').send([one]), 404, 'NotFound', /no topic "nothing"/);
    await refused(publisher(endpoint, topic, 'EventGrid').send([one, { ...one, eventType: '' }]), 400, 'BadRequest', /event 1: member 'eventType'/);
    await refused(publisher(endpoint, topic, 'Custom').send([{ any: 'thing' }]), 400, 'BadRequest', /member 'id'/);
    assert.deepEqual(await received(endpoint, topic), []);
  },

  async 'the host that is asked may name the topic'(endpoint, topic) {
    const url = `${endpoint.replace('https', 'http')}/api/events?api-version=2018-01-01`;
    const ask = (host) => post(url, { headers: { host, 'aeg-sas-key': KEY, 'content-type': 'application/json' }, body: JSON.stringify([one]) });
    const answer = await ask(`${topic}.events.example.com`);
    assert.deepEqual([answer.status, answer.body], [200, '']);
    assert.equal((await received(endpoint, topic)).length, 1);
    assert.equal((await ask('nothing.events.example.com')).status, 404);
  },
};
