/**
 * Tells people of incidents: reads their events from the durable records, and brings messages to channels. On the main thread;
 * woken by the evaluation, else it looks by itself at what is due.
 *
 * Invariants: how far it has read, its groups and the messages that follow are written in one transaction, so that after a crash
 * at any point nobody is told of one change of state twice, nor never. All events that are there are taken before anything is
 * told: after a long time away each group is told once, as it stands now. What cannot be written is done anew from what was.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { AlertRecords, IncidentEvent } from '#metadata/alert-records.ts';
import type { ChannelHealth, NotificationRecords, NotifierChange, OutboxMessage } from '#metadata/notification-records.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { AlertRule, AlertRuleBody } from './alert-rule.ts';
import type { ChannelType } from './channel-settings.ts';
import type { Channel, DeliveryOutcome } from './notification.ts';
import type { NotificationBook } from './notification-book.ts';
import type { NotificationsConfig } from './notifications-config.ts';
import { channelFailed, channelRecovered } from './notifying/channel-incidents.ts';
import { Dispatcher } from './notifying/dispatcher.ts';
import type { DispatchedMessage } from './notifying/dispatcher.ts';
import { MessageMaker, shownChannel } from './notifying/message-maker.ts';
import type { NotifierCounts } from './notifier-metrics.ts';
import { Outbox } from './notifying/outbox.ts';
import { Rest } from './notifying/rest.ts';
import { TenantRulesCache } from './notifying/tenant-rules.ts';
import { UsableChannels } from './notifying/usable-channels.ts';

export interface NotifierOptions {
  readonly alerts: AlertRecords;
  readonly records: NotificationRecords;
  readonly book: NotificationBook;
  /** Rules of all tenants as they are now. */
  readonly rules: { readonly live: readonly AlertRule[]; onChange(listener: () => void): void };
  readonly createChannel: (tenant: string, type: ChannelType, settings: unknown) => Channel;
  readonly config: NotificationsConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly counts?: NotifierCounts;
}

export interface NotifierStatus {
  readonly state: 'starting' | 'running' | 'stopped';
  /** Sequence of the last event that was taken. */
  readonly cursor: number;
  readonly groups: number;
  readonly firing: number;
  readonly suppressed: number;
  readonly waiting: number;
  readonly underWay: number;
  readonly failingChannels: number;
  readonly deadChannels: number;
  /** What keeps it from going on, such as a full disk. */
  readonly problem: string | undefined;
}

const retryPausesMs = [100, 500, 1000, 5000];

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #tenants: TenantRulesCache;
  readonly #maker: MessageMaker;
  readonly #outbox: Outbox;
  readonly #stopping = new AbortController();
  readonly #pause: Rest;
  readonly #channels: UsableChannels;
  #dispatcher: Dispatcher;
  #cursor = 0;
  #state: NotifierStatus['state'] = 'starting';
  #problem: string | undefined;
  #isLoaded = false;
  #isOutboxLoaded = false;
  #writtenCursor = -1;
  #running: Promise<void> | undefined;
  #forgottenMs = 0;

  constructor(options: NotifierOptions) {
    const { alerts, records, book, rules, config, clock, logger, random, counts } = options;
    this.#options = options;
    this.#pause = new Rest(clock, this.#stopping.signal);
    this.#channels = new UsableChannels(options);
    this.#tenants = new TenantRulesCache({ book, rules, config });
    this.#maker = new MessageMaker({ alerts, book, ruleOf: (tenant, id) => this.#ruleOf(tenant, id), config });
    this.#outbox = new Outbox({
      records,
      channelOf: (tenant, channel) => this.#channels.of(tenant, channel),
      isNamed: (tenant, channel) => this.#channels.isNamed(tenant, channel),
      onDelivered: (message) => this.#note(message),
      raise: (health) => this.#raise(health),
      recover: (health, why) => this.#recover(health, why),
      ...(counts === undefined ? {} : { observe: (type, state, tookMs) => counts.delivery(type, state, tookMs) }),
      config,
      clock,
      logger,
      random,
    });
    this.#dispatcher = this.#newDispatcher();
    book.onChange(() => this.#rulesChanged());
    rules.onChange(() => this.#rulesChanged());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There are new events. */
  wake(): void {
    this.#pause.wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    await this.#outbox.stop();
    this.#state = 'stopped';
  }

  status(): NotifierStatus {
    const { groupCount: groups, firingCount: firing, suppressedCount: suppressed } = this.#dispatcher;
    return { state: this.#state, cursor: this.#cursor, groups, firing, suppressed, ...this.#outbox.status(), problem: this.#problem };
  }

  /** What holds for a tenant: for previews. */
  get tenants(): TenantRulesCache {
    return this.#tenants;
  }

  healthOf(tenant: string, channel: string): ReturnType<Outbox['healthOf']> {
    return this.#outbox.healthOf(tenant, channel);
  }

  /** Sends a test message now, beside what waits; it is in the log of deliveries. */
  async test(tenant: string, name: string): Promise<DeliveryOutcome & { readonly tookMs: number }> {
    const { clock, records, config } = this.#options;
    const usable = this.#channels.of(tenant, name);
    const notification = this.#maker.testMessage(tenant, name, clock.nowMs());
    const startMs = clock.monotonicMs();
    const outcome: DeliveryOutcome =
      usable.kind === 'channel'
        ? await usable.channel
            .deliver(notification, AbortSignal.timeout(config.delivery_timeout))
            .catch((error: unknown) => ({ kind: 'retry' as const, detail: String(error) }))
        : { kind: 'refused', detail: usable.detail };
    const tookMs = Math.round(clock.monotonicMs() - startMs);
    const state = outcome.kind === 'delivered' ? 'delivered' : 'refused';
    const { groupKey, id: messageId, kind, severity, title, atMs: createdMs } = notification;
    const message = {
      tenant,
      channel: name,
      groupKey,
      messageId,
      createdMs,
      title,
      kind,
      severity,
      incidentIds: [],
      notification,
      state,
      detail: outcome.detail,
    } as const;
    await records.commit({ messages: [message] });
    this.#outbox.noteTest(tenant, name, outcome);
    return { ...outcome, tookMs };
  }

  #newDispatcher(): Dispatcher {
    const { group_wait: groupWaitMs, group_interval: groupIntervalMs, repeat_interval: repeatIntervalMs } = this.#options.config;
    return new Dispatcher({
      rulesOf: (tenant) => this.#tenants.of(tenant),
      ruleOf: (tenant, id) => this.#ruleOf(tenant, id),
      isDead: (tenant, channel) => this.#outbox.isDead(tenant, channel),
      defaults: { groupWaitMs, groupIntervalMs, repeatIntervalMs },
    });
  }

  #ruleOf(tenant: string, id: string): AlertRuleBody | undefined {
    return this.#tenants.ruleOf(tenant, id);
  }

  #rulesChanged(): void {
    this.#tenants.clear();
    this.#dispatcher.touchAll();
    this.#outbox.channelsChanged();
    this.wake();
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#pause.beginRound();
      try {
        if (!this.#isLoaded) await this.#load();
        await this.#step();
        this.#outbox.start();
        failures = 0;
        this.#problem = undefined;
        this.#state = 'running';
        await this.#rest();
      } catch (error) {
        this.#isLoaded = false;
        this.#problem = error instanceof Error ? error.message : String(error);
        logger.warn({ error: this.#problem }, 'notifications cannot go on now, and are tried again from what is written down');
        await clock.sleep(retryPausesMs[Math.min(failures, retryPausesMs.length - 1)], signal);
        failures++;
      }
    }
  }

  /** Everything from what is written down; also after a step that could not be finished. */
  async #load(): Promise<void> {
    const { alerts, records } = this.#options;
    const dispatcher = this.#newDispatcher();
    this.#cursor = await records.cursor();
    dispatcher.load(await records.groups(), await alerts.open());
    if (!this.#isOutboxLoaded) {
      this.#outbox.load(await records.health());
      for (const message of await records.unnotedMessages()) await this.#note(message);
      this.#isOutboxLoaded = true;
    }
    // also those that were written although writing them seemed to fail
    this.#outbox.accept(await records.waitingMessages());
    this.#dispatcher = dispatcher;
    const nowMs = this.#options.clock.nowMs();
    if (await this.#takeEvents()) dispatcher.endLost(nowMs);
    this.#isLoaded = true;
  }

  async #step(): Promise<void> {
    const { clock, config, counts } = this.#options;
    if (!(await this.#takeEvents())) return;
    await this.#reconsider();
    let isMore = true;
    while (isMore && !this.#stopping.signal.aborted) {
      const nowMs = clock.nowMs();
      const { messages, changed, removed } = this.#dispatcher.flush(nowMs, config.step_size);
      await this.#commit({ cursor: this.#cursor, groups: changed, removedGroups: removed, messages: await this.#made(messages, nowMs) });
      for (const { message } of messages) counts?.message(message.kind);
      isMore = messages.length >= config.step_size;
      if (isMore) await othersTurn();
    }
    await this.#forget(clock.nowMs());
  }

  /** All events that are there, a transaction for each batch but the last. False where it was stopped before the end. */
  async #takeEvents(): Promise<boolean> {
    const { alerts, clock, config } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const events = await alerts.eventsAfter(this.#cursor, config.step_size);
      for (const event of events) await this.#take(event, clock.nowMs());
      if (events.length < config.step_size) return true;
      await this.#reconsider();
      const { changed, removed } = this.#dispatcher.kept();
      await this.#commit({ cursor: this.#cursor, groups: changed, removedGroups: removed });
      await othersTurn();
    }
    return false;
  }

  /** What suppresses incidents is written on them before anybody is told. */
  async #reconsider(): Promise<void> {
    const { alerts, clock, config } = this.#options;
    const changes = this.#dispatcher.reconsider(clock.nowMs());
    for (let at = 0; at < changes.length; at += config.step_size) {
      if (at > 0) await othersTurn();
      await alerts.setSuppressions(changes.slice(at, at + config.step_size));
    }
  }

  async #take(event: IncidentEvent, nowMs: number): Promise<void> {
    if (event.kind !== 'notified' && event.kind !== 'suppressed' && event.kind !== 'pending') {
      const incident = await this.#options.alerts.find(event.tenant, event.incidentId);
      if (incident !== undefined) this.#dispatcher.take(event, incident, nowMs);
    }
    this.#cursor = event.sequence;
  }

  async #made(messages: readonly DispatchedMessage[], nowMs: number): Promise<NonNullable<NotifierChange['messages']>> {
    const made = [];
    for (const dispatched of messages) made.push(...(await this.#maker.make(dispatched, nowMs)));
    return made;
  }

  async #commit(change: NotifierChange): Promise<void> {
    const hasChange = (change.groups?.length ?? 0) + (change.removedGroups?.length ?? 0) + (change.messages?.length ?? 0) > 0;
    if (!hasChange && change.cursor === this.#writtenCursor) return;
    const added = await this.#options.records.commit(change);
    this.#writtenCursor = change.cursor ?? this.#writtenCursor;
    this.#outbox.accept(added);
  }

  async #rest(): Promise<void> {
    const { clock, config } = this.#options;
    const dueMs = this.#dispatcher.dueMs();
    await this.#pause.take(Math.min(config.max_idle, dueMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, dueMs - clock.nowMs())));
  }

  /** Incidents say who was told of them; a crash in between makes it said twice at most, and never not at all. */
  async #note(message: OutboxMessage): Promise<void> {
    const { alerts, records, clock, config } = this.#options;
    const { tenant, channel, kind, incidentIds, sequence } = message;
    const detail = `${shownChannel(channel)}: ${kind}`;
    const atMs = clock.nowMs();
    for (let at = 0; at < incidentIds.length; at += config.step_size) {
      if (at > 0) await othersTurn();
      const portion = incidentIds.slice(at, at + config.step_size);
      await alerts.addEvents(portion.map((incidentId) => ({ incidentId, tenant, kind: 'notified' as const, atMs, detail })));
    }
    await records.setNoted(sequence);
  }

  async #raise(health: ChannelHealth): Promise<string> {
    const { alerts, clock, logger } = this.#options;
    const transition = channelFailed(health, shownChannel(health.channel), clock.nowMs());
    logger.error({ tenant: health.tenant, channel: shownChannel(health.channel), error: health.lastError }, 'a channel does not deliver');
    await alerts.record([transition], []);
    this.wake();
    return transition.incident.id;
  }

  async #recover({ tenant, incidentId = '' }: ChannelHealth, why: string): Promise<void> {
    const { alerts, clock } = this.#options;
    const failed = await alerts.find(tenant, incidentId);
    if (failed === undefined || failed.state === 'ok') return;
    await alerts.record([channelRecovered(failed, why, clock.nowMs())], []);
    this.wake();
  }

  /** Once an hour. */
  async #forget(nowMs: number): Promise<void> {
    const { records, book, config } = this.#options;
    if (nowMs - this.#forgottenMs < 3_600_000 && nowMs >= this.#forgottenMs) return;
    this.#forgottenMs = nowMs;
    await records.forget(nowMs - config.retention);
    await book.forgetSilences(nowMs - config.retention);
  }
}
