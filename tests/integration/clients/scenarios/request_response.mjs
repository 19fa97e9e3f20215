// mosquitto_rr asks, MQTT.js answers: response topic and correlation data find the way back.
import assert from 'node:assert/strict';
import { within } from '../inbox.mjs';
import { spawnTied } from '../tied.mjs';

export default async function requestResponse(broker, { mqttjs }) {
  const responder = await mqttjs.subscribe(broker, 'service/double', { version: 5, qos: 1 });
  const asking = spawnTied('mosquitto_rr', [
    ...['-h', broker.host, '-p', String(broker.port), '-V', 'mqttv5', '-q', '1'],
    ...['-t', 'service/double', '-e', 'service/double/answer', '-m', '21', '-D', 'publish', 'correlation-data', 'q1'],
  ]);
  let answer = '';
  asking.stdout.on('data', (data) => (answer += data));
  const ended = new Promise((resolve) => asking.once('close', resolve));

  const request = await responder.next('the request');
  assert.equal(request.properties.responseTopic, 'service/double/answer');
  assert.equal(request.properties.correlationData, 'q1');
  await mqttjs.publishOn(responder.client, {
    topic: request.properties.responseTopic,
    payload: String(2 * Number(request.payload)),
    qos: 1,
    properties: { correlationData: request.properties.correlationData },
  });
  assert.equal(await within(15_000, 'mosquitto_rr to end', ended), 0);
  assert.equal(answer.trim(), '42');
  await responder.close();
}
