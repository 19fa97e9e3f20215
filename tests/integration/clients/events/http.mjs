// The event API as curl sees it: what clients hide, in both directions.
import assert from 'node:assert/strict';
import { post } from '../curl.mjs';
import { API_VERSION, KEY } from './site.mjs';

export const ONE = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';
export const JSON_TYPE = 'application/json';
const PROOF = { authorization: `SharedAccessKey ${KEY}` };

// query: without api-version, which stands behind it.
export function call(url, path, { query = '', version = API_VERSION, headers, ...others } = {}) {
  const words = [query, version && `api-version=${version}`].filter(Boolean).join('&');
  return post(`${url}${path}${words && '?'}${words}`, { headers: { ...PROOF, ...headers }, ...others });
}

export const publish = (url, topic, type, body, { headers, ...others } = {}) =>
  call(url, `/topics/${topic}:publish`, { headers: { 'content-type': type, ...headers }, body, ...others });

export const REQUIRED = { 'ce-specversion': '1.0', 'ce-id': 'b', 'ce-source': '/tests/clients', 'ce-type': 'tests.made' };
export const binary = (url, topic, headers, body = '', type = 'text/plain') =>
  publish(url, topic, type, body, { headers: { ...REQUIRED, ...headers } });

export const at = (url, topic, operation, options) => call(url, `/topics/${topic}/eventsubscriptions/usual:${operation}`, options);

export const settle = (url, topic, operation, tokens, options) =>
  at(url, topic, operation, { headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ lockTokens: tokens }), ...options });

export function assertAccepted(answer, what) {
  assert.deepEqual([answer.status, answer.body], [200, '{}'], what);
  assert.match(answer.headers['content-type'], /^application\/json/);
}

// From the event API itself. What never reaches it, the transport answers.
export function assertRefused(answer, status, code, message = /./, what = undefined) {
  const said = `${what}: ${answer.status} ${answer.body}`;
  assert.equal(answer.status, status, said);
  assert.match(answer.headers['content-type'], /^application\/json/, said);
  assert.equal(answer.headers['x-ms-error-code'], code, said);
  const { error } = JSON.parse(answer.body);
  assert.equal(error.code, code, said);
  assert.match(error.message, message, said);
  assert.deepEqual(error.details, [], said);
}

// What there is now, as text and as events. There has to be something.
export async function received(url, topic, options) {
  const answer = await at(url, topic, 'receive', { query: 'maxEvents=100', ...options });
  assert.equal(answer.status, 200, answer.body);
  assert.match(answer.headers['content-type'], /^application\/json/);
  const { value } = JSON.parse(answer.body);
  return { text: answer.body, events: value.map((one) => one.event), tokens: value.map((one) => one.brokerProperties.lockToken) };
}

export const eventText = (id, others = {}) => JSON.stringify({ specversion: '1.0', id, source: '/tests/clients', type: 'tests.made', ...others });
export const ids = ({ events }) => events.map(({ id }) => id);
