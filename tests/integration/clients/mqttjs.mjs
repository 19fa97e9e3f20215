// MQTT.js as a client of the tests. TRELLIS_MQTTJS names the folder npm installed it into, which lies in the build tree.
import { createRequire } from 'node:module';
import { Inbox, within } from './inbox.mjs';

const folder = process.env.TRELLIS_MQTTJS;
if (!folder) throw new Error('TRELLIS_MQTTJS is not set: it names the folder with node_modules/mqtt');
const mqtt = createRequire(`${folder}/package.json`)('mqtt');

// MQTT.js holds user properties by name: { key: 'value' } or { key: ['value', …] }.
function toPairs(properties = {}) {
  return Object.entries(properties).flatMap(([key, values]) => [values].flat().map((value) => [key, value]));
}

function fromPairs(pairs = []) {
  const result = {};
  for (const [key, value] of pairs) (result[key] ??= []).push(value);
  return result;
}

function toPacket(properties = {}) {
  const { userProperties, correlationData, ...others } = properties;
  return {
    ...others,
    ...(userProperties && { userProperties: fromPairs(userProperties) }),
    ...(correlationData && { correlationData: Buffer.from(correlationData) }),
  };
}

function fromPacket(packet) {
  const properties = packet.properties ?? {};
  return {
    topic: packet.topic,
    payload: packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: {
      userProperties: toPairs(properties.userProperties),
      contentType: properties.contentType,
      responseTopic: properties.responseTopic,
      correlationData: properties.correlationData?.toString(),
    },
  };
}

// A connected client of MQTT.js itself, for what goes beyond publish and subscribe. It never reconnects by itself: a lost
// connection is a finding.
export async function connect(broker, { version = 4, id, clean = true, sessionExpiry, will, properties, answer, ...others } = {}) {
  const client = mqtt.connect({
    host: broker.host,
    port: broker.port,
    protocol: 'mqtt',
    protocolVersion: version,
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    reconnectPeriod: 0,
    connectTimeout: 15_000,
    clean,
    ...(id && { clientId: id }),
    ...(will && { will: { qos: 0, retain: false, ...will, ...(version === 5 && { properties: toPacket(will.properties) }) } }),
    ...(version === 5 && { properties: { ...properties, ...(sessionExpiry && { sessionExpiryInterval: sessionExpiry }) } }),
    ...others,
  });
  // How it goes on with an exchange of authentication: (packet, callback), as MQTT.js has it.
  if (answer) client.handleAuth = answer;
  // What a resumed session gets may arrive with the CONNACK, before anyone could ask for it.
  client.inbox = new Inbox();
  client.on('message', (topic, payload, packet) => client.inbox.put(fromPacket(packet)));
  client.connack = await within(15_000, 'MQTT.js to connect', new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('the broker closed the connection')));
  }));
  client.on('error', () => {});
  return client;
}

export function publishOn(client, { topic, payload, qos = 0, retain = false, properties }) {
  const options = { qos, retain, ...(client.options.protocolVersion === 5 && properties && { properties: toPacket(properties) }) };
  return within(15_000, `the publish to ${topic} to be acknowledged`, client.publishAsync(topic, payload, options));
}

export async function publish(broker, message, options = {}) {
  const client = await connect(broker, options);
  await publishOn(client, message);
  await client.endAsync();
}

export async function subscribe(broker, filter, options = {}) {
  const client = await connect(broker, options);
  const [grant] = await within(15_000, 'MQTT.js to be subscribed', client.subscribeAsync(filter, { qos: options.qos ?? 0 }));
  return {
    client,
    grantedQos: grant.qos,
    next: (what) => client.inbox.next(what),
    take: (count) => client.inbox.take(count),
    close: () => client.endAsync(),
    // No DISCONNECT: what a pulled cable looks like once the system notices.
    vanish: async () => {
      client.stream.destroy();
      await client.endAsync(true);
    },
  };
}
