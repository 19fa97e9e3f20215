// Debian's mosquitto_pub and mosquitto_sub as a client of the tests.
import { createInterface } from 'node:readline';
import { Inbox, within } from './inbox.mjs';
import { spawnTied } from './tied.mjs';

export const VERSION_NAMES = { 3: 'mqttv31', 4: 'mqttv311', 5: 'mqttv5' };

function propertyArguments(packet, properties = {}) {
  const argument = (name, ...values) => ['-D', packet, name, ...values.map(String)];
  return [
    ...(properties.userProperties ?? []).flatMap(([key, value]) => argument('user-property', key, value)),
    ...(properties.contentType ? argument('content-type', properties.contentType) : []),
    ...(properties.responseTopic ? argument('response-topic', properties.responseTopic) : []),
    ...(properties.correlationData ? argument('correlation-data', properties.correlationData) : []),
    ...(properties.messageExpiryInterval ? argument('message-expiry-interval', properties.messageExpiryInterval) : []),
  ];
}

function connectArguments(broker, { version = 4, id, username, clean = true, sessionExpiry, will, tls } = {}) {
  return [
    ...(tls ? ['--cafile', tls.ca, '--tls-version', tls.version ?? 'tlsv1.3'] : []),
    ...(tls?.certificate ? ['--cert', tls.certificate, '--key', tls.key] : []),
    ...['-h', broker.host, '-p', broker.port, '-V', VERSION_NAMES[version]],
    ...(id ? ['-i', id] : []),
    ...(username ? ['-u', username] : []),
    ...(clean ? [] : ['-c']),
    ...(sessionExpiry ? ['-x', sessionExpiry] : []),
    ...(will ? ['--will-topic', will.topic, '--will-payload', will.payload, '--will-qos', will.qos ?? 0] : []),
    ...(will?.retain ? ['--will-retain'] : []),
    ...(version === 5 && will ? propertyArguments('will', will.properties) : []),
  ].map(String);
}

// JSON objects hold a key once, MQTT 5 allows it many times and keeps the order, so the pairs are read from the text.
function userProperties(text) {
  const block = /"user-properties":\{((?:"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*",?)*)\}/.exec(text)?.[1] ?? '';
  return [...block.matchAll(/("(?:[^"\\]|\\.)*"):("(?:[^"\\]|\\.)*")/g)].map(([, key, value]) => [JSON.parse(key), JSON.parse(value)]);
}

// A line is the payload in hexadecimal, a blank and mosquitto_sub's JSON.
function readMessage(line) {
  const [, hex, text] = /^([0-9a-f]*) (\{.*)$/.exec(line);
  const json = JSON.parse(text);
  const properties = json.properties ?? {};
  return {
    topic: json.topic,
    payload: Buffer.from(hex, 'hex'),
    qos: json.qos,
    retain: json.retain === 1,
    properties: {
      userProperties: userProperties(text),
      contentType: properties['content-type'],
      responseTopic: properties['response-topic'],
      correlationData: properties['correlation-data'],
    },
  };
}

function start(program, args) {
  const child = spawnTied(program, args);
  const errors = [];
  createInterface(child.stderr).on('line', (line) => errors.push(line));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  return { child, ended, errors };
}

// Resolves once the publish is acknowledged as its QoS asks.
export async function publish(broker, { topic, payload, qos = 0, retain = false, properties }, options = {}) {
  const { child, ended, errors } = start('mosquitto_pub', [
    ...connectArguments(broker, options),
    ...['-t', topic, '-q', String(qos), payload.length ? '-s' : '-n'],
    ...(retain ? ['-r'] : []),
    ...(options.version === 5 ? propertyArguments('publish', properties) : []),
  ]);
  child.stdin.on('error', () => {});  // it may be gone before it read; how it ended says whether that is well
  child.stdin.end(payload);
  const code = await within(15_000, 'mosquitto_pub to end', ended);
  if (code !== 0) throw new Error(`mosquitto_pub ended with ${code}: ${errors.join('\n')}`);
}

// Resolves once the subscription is acknowledged.
export async function subscribe(broker, filter, options = {}) {
  const inbox = new Inbox();
  // Into a pipe its lines would wait for a full buffer.
  const { child, ended, errors } = start('stdbuf', ['-oL', 'mosquitto_sub',
    ...connectArguments(broker, options),
    ...['-t', filter, '-q', String(options.qos ?? 0), '-d', '-F', '%x %j'],
  ]);
  const granted = new Promise((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (/^[0-9a-f]* \{/.test(line)) inbox.put(readMessage(line));
      const answer = /^Subscribed \(mid: \d+\): (\d+)/.exec(line);
      if (answer) resolve(Number(answer[1]));
    });
  });
  const early = ended.then((code) => {
    throw new Error(`mosquitto_sub ended with ${code}: ${errors.join('\n')}`);
  });
  early.catch(() => {});
  const grantedQos = await within(15_000, 'mosquitto_sub to be subscribed', Promise.race([granted, early]));
  const end = (signal) => () => {
    child.kill(signal);
    return within(15_000, 'mosquitto_sub to end', ended);
  };
  return {
    grantedQos,
    next: (what) => inbox.next(what),
    take: (count) => inbox.take(count),
    close: end('SIGTERM'),
    vanish: end('SIGKILL'),
  };
}
