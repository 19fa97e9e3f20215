// Microsoft's client for namespaces of Event Grid, unmodified.
import { API_VERSION, client, KEY } from './site.mjs';

const { AzureKeyCredential, EventGridReceiverClient, EventGridSenderClient } = client('@azure/eventgrid-namespaces');

function options(endpoint, others) {
  return { apiVersion: API_VERSION, allowInsecureConnection: endpoint.startsWith('http:'), ...others };
}

export function sender(endpoint, topic, { key = KEY, ...others } = {}) {
  return new EventGridSenderClient(endpoint, new AzureKeyCredential(key), topic, options(endpoint, others));
}

export function receiver(endpoint, topic, { subscription = 'usual', key = KEY, ...others } = {}) {
  return new EventGridReceiverClient(endpoint, new AzureKeyCredential(key), topic, subscription, options(endpoint, others));
}

export function event(id, others = {}) {
  return { id, source: '/tests/clients', type: 'tests.made', time: new Date('2026-01-02T03:04:05.678Z'), data: { id }, ...others };
}

export const ids = ({ details }) => details.map((one) => one.event.id);
export const tokens = ({ details }) => details.map((one) => one.brokerProperties.lockToken);
export const counts = ({ details }) => details.map((one) => one.brokerProperties.deliveryCount);
// All that is there now. To wait for nothing takes wide_ranges.
export const AT_ONCE = { maxEvents: 100, maxWaitTime: 0 };
