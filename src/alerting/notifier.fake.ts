/** A notifier over true records in memory, with channels that only remember, and a clock that stands still. */
import { setImmediate } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { AlertRecords, Incident, IncidentEvent } from '#metadata/alert-records.ts';
import { incidentOf, transitionOf } from '#metadata/alert-records.contract.ts';
import type { NotificationRecords } from '#metadata/notification-records.ts';
import { openSqliteAlertRecords, openSqliteDocuments, openSqliteNotificationRecords } from '#metadata/sqlite.ts';
import { systemClock } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { ManualClock } from '#search/manual-clock.fake.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import { Notifier } from './notifier.ts';
import type { ChannelType } from './channel-settings.ts';
import type { Channel, DeliveryOutcome, Notification } from './notification.ts';
import { NotificationBook } from './notification-book.ts';
import type { ChannelBody, Routing } from './notification-rules.ts';
import { notificationsConfig } from './notifications-config.ts';
import type { NotificationsConfig } from './notifications-config.ts';

export const startMs = Date.UTC(2026, 0, 7, 12);
export const tenant = 't';

export const settings: NotificationsConfig = Object.fromEntries(
  Object.entries(notificationsConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as NotificationsConfig;

export interface Sent {
  readonly channel: string;
  readonly notification: Notification;
}

export interface NotifierFakeOptions {
  readonly config?: Partial<NotificationsConfig>;
  readonly routing?: Routing;
  readonly rules?: readonly AlertRule[];
  /** What a channel says; delivered where it is not given. */
  readonly answer?: (channel: string, notification: Notification, signal: AbortSignal) => DeliveryOutcome | Promise<DeliveryOutcome>;
  /** True channels in place of those that only remember. */
  readonly createChannel?: (type: ChannelType, settings: unknown, clock: Clock) => Channel;
  /** The inbox only remembers although other channels are true ones. */
  readonly isInboxFake?: boolean;
  /** Besides those of `channelNames`. */
  readonly channels?: Readonly<Record<string, ChannelBody>>;
  /** Puts something between the notifier and its records, such as faults. */
  readonly wrapRecords?: (records: NotificationRecords) => NotificationRecords;
  readonly wrapAlerts?: (alerts: AlertRecords) => AlertRecords;
}

export function ruleOf(id: string, body: Partial<AlertRuleBody> = {}): AlertRule {
  const condition = { kind: 'count', window_ms: 300_000, operator: '>', threshold: 2 } as const;
  return { id, tenant, version: 1, updatedMs: 0, updatedBy: 'me', body: { name: `Rule ${id}`, condition, ...body } };
}

/** Channels are named by their type's address: a webhook to `http://<name>/`. */
export const channelNames = ['pager', 'chat', 'mail', 'boss'];

export async function createTestNotifier(t: TestContext, options: NotifierFakeOptions = {}) {
  const clock = new ManualClock(startMs);
  const alerts = await openSqliteAlertRecords(':memory:', { clock: systemClock });
  const records = await openSqliteNotificationRecords(':memory:', { clock: systemClock });
  const documents = await openSqliteDocuments(':memory:');
  const config = { ...settings, ...options.config };
  let ids = 0;
  const book = await NotificationBook.open({
    documents,
    config,
    randomId: () => `id-${++ids}`,
    clock,
    logger: silentLogger,
    rulesOf: () => options.rules ?? [],
  });
  const change = { tenant, updatedBy: 'me' };
  for (const name of channelNames) await book.putChannel(change, name, { type: 'webhook', settings: { url: `http://${name}/` } });
  for (const [name, body] of Object.entries(options.channels ?? {})) await book.putChannel(change, name, body);
  if (options.routing !== undefined) await book.putRouting(change, options.routing);
  const sent: Sent[] = [];
  const rules = {
    live: options.rules ?? [ruleOf('r')],
    listeners: [] as (() => void)[],
    onChange(listener: () => void) {
      this.listeners.push(listener);
    },
  };
  const create = (): Notifier =>
    new Notifier({
      alerts: options.wrapAlerts?.(alerts) ?? alerts,
      records: options.wrapRecords?.(records) ?? records,
      book,
      rules,
      createChannel: (_tenant, type, given) => {
        if (options.createChannel !== undefined && !(type === 'inbox' && options.isInboxFake === true))
          return options.createChannel(type, given, clock);
        const channel = type === 'inbox' ? 'inbox' : new URL((given as { url: string }).url).hostname;
        return {
          type,
          async deliver(notification, signal) {
            const outcome = (await options.answer?.(channel, notification, signal)) ?? { kind: 'delivered', detail: 'ok' };
            if (outcome.kind === 'delivered') {
              sent.push({ channel, notification });
              if (type === 'inbox') await records.putInbox(tenant, notification.id, notification.atMs, notification, config.inbox_entries);
            }
            return outcome;
          },
        };
      },
      config,
      clock,
      logger: silentLogger,
      random: () => 0.5,
    });
  const running: Notifier[] = [];
  const start = (): Notifier => {
    const notifier = create();
    running.push(notifier);
    notifier.start();
    return notifier;
  };
  t.after(async () => {
    for (const notifier of running) await notifier.stop();
    await Promise.all([alerts.close(), records.close(), documents.close()]);
  });
  return {
    clock,
    alerts,
    records,
    book,
    change,
    sent,
    start,
    rules,
    /** Records a change of an incident of group `service`. */
    async tell(id: string, kind: IncidentEvent['kind'], facts: Partial<Incident> = {}): Promise<void> {
      const atMs = clock.nowMs();
      const firedMs = facts.firedMs ?? (kind === 'pending' ? undefined : atMs);
      const over = kind === 'resolved' ? { state: 'ok' as const, resolvedMs: atMs } : {};
      const incident = incidentOf(id, {
        tenant,
        group: { service: id },
        labels: {},
        ruleName: 'Rule r',
        beganMs: startMs,
        firedMs,
        ...over,
        ...facts,
      });
      await alerts.record([transitionOf(incident, kind, atMs)], []);
    },
    /** As `channel kind incidents`, in the order of sending. */
    told: (): string[] =>
      sent.map(
        ({ channel, notification: { kind, incidents } }) => `${channel} ${kind} ${incidents.map(({ incident }) => incident.id).join('+')}`,
      ),
  };
}

/** Waits for something that others do in turns of the event loop; gives up after a time that no test comes near. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (performance.now() < endMs) {
    if (await isTrue()) return;
    await setImmediate();
  }
  throw new Error(`it did not come about: ${what}`);
}

/** Until nothing happens of itself: the notifier has read all events, and no message is under way; or until it is over. */
export async function idle(
  notifier: Notifier,
  { alerts, records }: { readonly alerts: AlertRecords; readonly records: NotificationRecords },
  isOver: () => boolean = () => false,
): Promise<void> {
  let [quiet, before] = [0, ''];
  await until('the notifier has nothing to do', async () => {
    const all = await records.messages({ tenant, limit: 500 });
    const unread = await alerts.eventsAfter(notifier.status().cursor, 500);
    const isRead = unread.every(({ kind }) => kind === 'notified' || kind === 'suppressed') && notifier.status().state === 'running';
    const now = JSON.stringify([all.map(({ state, attempts, isNoted }) => [state, attempts, isNoted]), notifier.status()]);
    quiet = isRead && now === before ? quiet + 1 : 0;
    before = now;
    return quiet > 6 || isOver();
  });
}
