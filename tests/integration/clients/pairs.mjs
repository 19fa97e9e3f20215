// Who talks to whom: both clients in both roles, across protocol versions.

export function* pairs({ mosquitto, mqttjs }, versions = [4, 5]) {
  const all = Object.entries({ mosquitto, mqttjs });
  for (const [publisherName, publisher] of all) {
    for (const [subscriberName, subscriber] of all) {
      for (const publisherVersion of versions) {
        for (const subscriberVersion of versions) {
          const name = `${publisherName}-${publisherVersion}-to-${subscriberName}-${subscriberVersion}`;
          yield { name, publisher, subscriber, publisherVersion, subscriberVersion };
        }
      }
    }
  }
}

// What the broker must hand on unchanged, comparable with deepEqual.
export const essence = ({ topic, payload, qos, retain }) => ({ topic, payload: payload.toString('latin1'), qos, retain });
