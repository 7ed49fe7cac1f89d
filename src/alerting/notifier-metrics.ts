/** What notifications publish for Prometheus. */
import type { MetricSpec, Metrics } from '#platform/metrics.ts';
import type { NotifierStatus } from './notifier.ts';

export const notificationMessages = {
  name: 'millrace_notification_messages_total',
  kind: 'counter',
  help: 'Messages about groups of incidents, before they are sent to each of their channels.',
  labels: ['kind'],
} satisfies MetricSpec;
export const notificationDeliveries = {
  name: 'millrace_notification_deliveries_total',
  kind: 'counter',
  help: 'Attempts to deliver a message, by type of channel; `retry` is tried again.',
  labels: ['type', 'outcome'],
} satisfies MetricSpec;
export const notificationDeliverySeconds = {
  name: 'millrace_notification_delivery_seconds',
  kind: 'histogram',
  help: 'Time of an attempt to deliver a message.',
  labels: ['type'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
} satisfies MetricSpec;
export const notificationWaiting = {
  name: 'millrace_notification_waiting_messages',
  kind: 'gauge',
  help: 'Messages that wait for their channels.',
} satisfies MetricSpec;
export const notificationGroups = {
  name: 'millrace_notification_groups',
  kind: 'gauge',
  help: 'Groups of incidents that are told together and are not over.',
} satisfies MetricSpec;
export const notificationSuppressed = {
  name: 'millrace_notification_suppressed_incidents',
  kind: 'gauge',
  help: 'Incidents that are firing and of which nobody is told: silence, mute, maintenance, inhibition.',
} satisfies MetricSpec;
export const notificationChannels = {
  name: 'millrace_notification_failing_channels',
  kind: 'gauge',
  help: 'Channels that do not deliver; `dead` ones are incidents of their own.',
  labels: ['state'],
} satisfies MetricSpec;
export const notificationStuck = {
  name: 'millrace_notification_stuck',
  kind: 'gauge',
  help: '1 while notifications cannot go on, for instance because the disk is full.',
} satisfies MetricSpec;

/** What the notifier counts. */
export interface NotifierCounts {
  message(kind: string): void;
  delivery(type: string, outcome: string, tookMs: number): void;
}

export function createNotifierCounts(metrics: Metrics): NotifierCounts {
  const messages = metrics.counter(notificationMessages);
  const deliveries = metrics.counter(notificationDeliveries);
  const seconds = metrics.histogram(notificationDeliverySeconds);
  return {
    message: (kind) => messages.inc({ kind }),
    delivery(type, outcome, tookMs) {
      deliveries.inc({ type, outcome });
      seconds.observe({ type }, tookMs / 1000);
    },
  };
}

export function registerNotifierMetrics(metrics: Metrics, status: () => NotifierStatus): void {
  metrics.readAtScrape(notificationWaiting, () => [{ value: status().waiting }]);
  metrics.readAtScrape(notificationGroups, () => [{ value: status().groups }]);
  metrics.readAtScrape(notificationSuppressed, () => [{ value: status().suppressed }]);
  metrics.readAtScrape(notificationStuck, () => [{ value: status().problem === undefined ? 0 : 1 }]);
  metrics.readAtScrape(notificationChannels, () => {
    const { failingChannels, deadChannels } = status();
    return [
      { value: failingChannels - deadChannels, labels: { state: 'failing' } },
      { value: deadChannels, labels: { state: 'dead' } },
    ];
  });
}
