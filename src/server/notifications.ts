/** Who is told of incidents, as the server puts it together: what people set, the notifier, and the channels' way out. */
import { randomBytes } from 'node:crypto';
import { isLoopback } from '#access/access.ts';
import type { AlertRules } from '#alerting/alert-rules.ts';
import { createChannel } from '#alerting/channel-kinds.ts';
import { Notifier } from '#alerting/notifier.ts';
import type { NotifierStatus } from '#alerting/notifier.ts';
import { NotificationBook } from '#alerting/notification-book.ts';
import { createNotifierCounts, registerNotifierMetrics } from '#alerting/notifier-metrics.ts';
import { createOutgoing } from '#alerting/outgoing-http.ts';
import type { NotificationRouteOptions } from '#api/notification-routes.ts';
import type { AlertRecords } from '#metadata/alert-records.ts';
import type { Documents } from '#metadata/documents.ts';
import { openSqliteNotificationRecords } from '#metadata/sqlite.ts';
import { systemClock } from '#platform/clock.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { Config } from './config.ts';
import type { Site } from './site.ts';

/** `rules`: asked late, for rules are checked against the channels that are kept here. */
export function openNotificationBook(
  { config, logger }: Site,
  documents: Documents,
  rules: () => AlertRules | undefined,
): Promise<NotificationBook> {
  return NotificationBook.open({
    documents,
    config: config.notifications,
    // 72 random bits: never given twice
    randomId: () => randomBytes(9).toString('base64url'),
    clock: systemClock,
    logger,
    rulesOf: (tenant) => rules()?.list(tenant) ?? [],
  });
}

export interface NotificationParts {
  readonly book: NotificationBook;
  readonly rules: AlertRules;
  readonly alerts: AlertRecords;
  /** The database of alerts, in which notifications have tables of their own. */
  readonly databasePath: string;
  readonly metrics: Metrics;
}

export interface Notifications {
  readonly notifier: Notifier;
  readonly routes: NotificationRouteOptions;
}

/** Starts it; it is stopped before the database is closed. */
export async function startNotifications(
  site: Site,
  { book, rules, alerts, databasePath, metrics }: NotificationParts,
): Promise<Notifications> {
  const { closers, logger } = site;
  const config = { ...site.config.notifications, public_url: publicUrl(site.config) };
  const clock = systemClock;
  const records = await openSqliteNotificationRecords(databasePath, { clock });
  closers.add('records of notifications', () => records.close());
  const outgoing = createOutgoing({ config });
  const notifier = new Notifier({
    alerts,
    records,
    book,
    rules,
    createChannel: (tenant, type, settings) => {
      const inbox = {
        put: (notification: { readonly id: string; readonly atMs: number }) =>
          records.putInbox(tenant, notification.id, notification.atMs, notification, config.inbox_entries),
      };
      return createChannel(type, settings, { http: outgoing, hosts: outgoing, inbox, clock });
    },
    config,
    clock,
    logger,
    random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
    counts: createNotifierCounts(metrics),
  });
  registerNotifierMetrics(metrics, () => notifier.status());
  notifier.start();
  closers.add('notifier', () => notifier.stop());
  return { notifier, routes: { book, notifier, alerts, records, clock } };
}

/** What links begin with: the setting, else the address that a product listens on that only its own machine reaches. */
function publicUrl({ notifications, gateway }: Config): string {
  const { host, port } = gateway;
  if (notifications.public_url !== '' || !isLoopback(host) || port === 0) return notifications.public_url;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** For /v1/status. */
export function notificationsStatus(status: NotifierStatus): Record<string, unknown> {
  const { state, cursor, groups, firing, suppressed, waiting, underWay, failingChannels, deadChannels, problem } = status;
  return {
    state,
    cursor,
    groups,
    firing_incidents: firing,
    suppressed_incidents: suppressed,
    waiting_messages: waiting,
    deliveries_under_way: underWay,
    failing_channels: failingChannels,
    dead_channels: deadChannels,
    ...(problem === undefined ? {} : { problem }),
  };
}
