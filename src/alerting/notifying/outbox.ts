/**
 * Brings messages to their channels. They are durable before they come here; an attempt that may pass is repeated with
 * growing waits, or when the other end says; what can never work, or did not for too long, is given up and said so.
 *
 * Invariants: a group's messages reach a channel in their order; a message that was delivered is not sent again, except once
 * after a crash between sending and writing that down, with the same id; a channel that is slow or dead holds up no other.
 */
import type { Logger } from '#platform/logger.ts';
import type { ChannelHealth, MessageOutcome, MessageState, OutboxMessage } from '#metadata/notification-records.ts';
import type { Channel, DeliveryOutcome, Notification } from '../notification.ts';
import { notificationSetting } from '../notifications-config.ts';
import { ChannelHealthKeeper } from './channel-health.ts';
import type { ChannelHealthOptions } from './channel-health.ts';
import { Lane } from './lane.ts';
import type { WaitingMessage } from './lane.ts';
import { Rest } from './rest.ts';
import type { UsableChannel } from './usable-channels.ts';

export interface OutboxOptions extends ChannelHealthOptions {
  readonly channelOf: (tenant: string, channel: string) => UsableChannel;
  /** A route or a rule names it still. */
  readonly isNamed: (tenant: string, channel: string) => boolean;
  /** A message was delivered and that is written down: its incidents are to say so. May fail, and is asked again at the next start. */
  readonly onDelivered: (message: OutboxMessage) => Promise<void>;
  readonly observe?: (type: string, state: MessageState | 'retry', tookMs: number) => void;
  readonly logger: Logger;
  /** 0 to 1. */
  readonly random: () => number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #stopping = new AbortController();
  readonly #attempts = new Set<Promise<void>>();
  readonly #rest: Rest;
  readonly #health: ChannelHealthKeeper;
  #running: Promise<void> | undefined;
  #underWay = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#rest = new Rest(options.clock, this.#stopping.signal);
    this.#health = new ChannelHealthKeeper({ ...options, track: (work) => this.#track(work) });
  }

  /** Takes up how channels fared. */
  load(health: readonly ChannelHealth[]): void {
    for (const one of health) this.#laneOf(one.tenant, one.channel).health = one;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Messages that are durable, as is that older ones of their groups gave way; those that it has already are left as they are. */
  accept(messages: readonly OutboxMessage[]): void {
    const { clock, config } = this.#options;
    const [nowMs, wallMs] = [clock.monotonicMs(), clock.nowMs()];
    const outcomes: MessageOutcome[] = [];
    for (const message of messages) {
      if (message.state !== 'waiting') continue;
      const lane = this.#laneOf(message.tenant, message.channel);
      if (lane.has(message)) continue;
      const waitMs = Math.min(Math.max(0, message.nextAttemptMs - wallMs), config.max_retry_after);
      const entry = { message, notification: message.notification as Notification, attempts: message.attempts, dueMs: nowMs + waitMs };
      lane.add(entry);
      const why = `more than ${config.max_waiting_per_channel} messages waited (${notificationSetting('max_waiting_per_channel')})`;
      const beyond = lane.takeBeyond(config.max_waiting_per_channel);
      for (const one of beyond) outcomes.push(settled(one, 'given_up', wallMs, why));
      if (beyond.length === 0) continue;
      lane.health = { ...lane.health, failingSinceMs: lane.health.failingSinceMs ?? wallMs, lastError: why };
      this.#health.raiseNow(lane);
    }
    this.wake();
    // where it cannot be written they wait again after a start, and are given up then
    if (outcomes.length > 0) this.#track(this.#options.records.settle(outcomes, []));
  }

  wake(): void {
    this.#rest.wake();
  }

  /** Channels were changed: what waits is tried now, and what is gone no longer fails. */
  channelsChanged(): void {
    for (const lane of this.#lanes.values()) {
      lane.retryNow(this.#options.clock.monotonicMs());
      const { kind } = this.#options.channelOf(lane.tenant, lane.channel);
      const isGone = kind === 'off' || (kind === 'missing' && !this.#options.isNamed(lane.tenant, lane.channel));
      if (isGone && lane.size === 0 && lane.health.failingSinceMs !== undefined)
        this.#track(this.#health.heal(lane, 'the channel was removed or switched off'));
    }
    this.wake();
  }

  /** What came of a test: a channel that works again need not wait for the next alert to show it. */
  noteTest(tenant: string, channel: string, outcome: DeliveryOutcome): void {
    if (outcome.kind !== 'delivered') return;
    const lane = this.#laneOf(tenant, channel);
    lane.retryNow(this.#options.clock.monotonicMs());
    this.#track(this.#health.heal(lane, 'a test was delivered'));
    this.wake();
  }

  /** An incident tells, or is about to tell, that it does not deliver. */
  isDead(tenant: string, channel: string): boolean {
    const lane = this.#lanes.get(laneKey(tenant, channel));
    return lane !== undefined && (lane.isRaising || lane.health.incidentId !== undefined);
  }

  healthOf(tenant: string, channel: string): (ChannelHealth & { readonly waiting: number }) | undefined {
    const lane = this.#lanes.get(laneKey(tenant, channel));
    return lane === undefined ? undefined : { ...lane.health, waiting: lane.size };
  }

  status(): { readonly waiting: number; readonly underWay: number; readonly failingChannels: number; readonly deadChannels: number } {
    const lanes = [...this.#lanes.values()];
    return {
      waiting: lanes.reduce((total, { size }) => total + size, 0),
      underWay: this.#underWay,
      failingChannels: lanes.filter(({ health }) => health.failingSinceMs !== undefined).length,
      deadChannels: lanes.filter(({ health }) => health.incidentId !== undefined).length,
    };
  }

  /** Breaks off what is under way; it is tried again at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    await Promise.allSettled(this.#attempts);
  }

  async #run(): Promise<void> {
    const { clock, config } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#rest.beginRound();
      const nowMs = clock.monotonicMs();
      this.#begin(nowMs);
      for (const lane of this.#lanes.values()) this.#health.raiseIfDead(lane);
      const due = [...this.#lanes.values()].map((lane) => lane.dueMs()).filter((ms) => ms !== undefined && ms > nowMs) as number[];
      const waitMs = Math.min(config.max_idle, ...due.map((ms) => ms - nowMs));
      await this.#rest.take(waitMs);
    }
  }

  /** Begins what is due, lane by lane in turn, within the bounds. */
  #begin(nowMs: number): void {
    const { max_concurrent: most, max_concurrent_per_channel: mostOfLane } = this.#options.config;
    let hasBegun = true;
    while (hasBegun) {
      hasBegun = false;
      for (const lane of this.#lanes.values()) {
        if (this.#underWay >= most || lane.running >= mostOfLane) continue;
        const waiting = lane.begin(nowMs);
        if (waiting === undefined) continue;
        hasBegun = true;
        this.#underWay++;
        this.#track(
          this.#attempt(lane, waiting).finally(() => {
            this.#underWay--;
            this.wake();
          }),
        );
      }
    }
  }

  #track(work: Promise<void>): void {
    const { logger } = this.#options;
    const tracked = work
      .catch((error: unknown) => logger.error({ error: String(error) }, 'a delivery could not be written down'))
      .finally(() => this.#attempts.delete(tracked));
    this.#attempts.add(tracked);
  }

  async #attempt(lane: Lane, waiting: WaitingMessage): Promise<void> {
    const { clock, observe } = this.#options;
    const startMs = clock.monotonicMs();
    const usable = this.#options.channelOf(lane.tenant, lane.channel);
    const outcome: DeliveryOutcome =
      usable.kind === 'channel'
        ? await this.#deliver(usable.channel, await this.#placed(waiting))
        : { kind: 'refused', detail: usable.detail };
    if (this.#stopping.signal.aborted && outcome.kind === 'retry') return lane.end(waiting);
    const result = this.#judge(waiting, outcome);
    observe?.(
      usable.kind === 'channel' ? usable.channel.type : usable.kind,
      result.state === 'waiting' ? 'retry' : result.state,
      clock.monotonicMs() - startMs,
    );
    const health = usable.kind === 'off' ? lane.health : this.#health.after(lane, outcome);
    if (!(await this.#writeDown(lane, result, health))) return;
    lane.health = { ...health, incidentId: lane.health.incidentId };
    await this.#conclude(lane, waiting, result, outcome);
    if (result.state === 'refused' || result.state === 'given_up') {
      this.#options.logger.warn(
        { tenant: lane.tenant, channel: lane.channel, state: result.state, detail: outcome.detail },
        'a notification was not delivered',
      );
      if (usable.kind !== 'off') this.#health.raiseNow(lane);
    }
  }

  /** The notification with what the channel gave for an earlier message of its group: what it updates and threads by. */
  async #placed({ message, notification }: WaitingMessage): Promise<Notification> {
    const { tenant, channel, groupKey, incidentIds } = message;
    for (const incidentId of incidentIds.slice(0, maxAskedIncidents)) {
      // a thread is worth less than the message: what cannot be read now begins a new one
      const told = await this.#options.records.messages({ tenant, channel, state: 'delivered', incidentId, limit: 20 }).catch(() => []);
      const earlier = told.find((other) => other.groupKey === groupKey && other.remoteId !== undefined);
      if (earlier !== undefined) return { ...notification, remoteId: earlier.remoteId };
    }
    return notification;
  }

  /** Ends with the time of an attempt, even where the channel does not heed its signal. */
  async #deliver(channel: Channel, notification: Notification): Promise<DeliveryOutcome> {
    const { clock, config } = this.#options;
    const [attempt, over] = [new AbortController(), new AbortController()];
    const stop = (): void => attempt.abort();
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    if (this.#stopping.signal.aborted) stop();
    const late: Promise<DeliveryOutcome> = clock
      .sleep(config.delivery_timeout, AbortSignal.any([over.signal, attempt.signal]))
      .then(async () => {
        attempt.abort();
        await clock.sleep(graceMs, over.signal);
        return { kind: 'retry', detail: `no outcome within ${config.delivery_timeout} ms (${notificationSetting('delivery_timeout')})` };
      });
    try {
      return await Promise.race([channel.deliver(notification, attempt.signal), late]);
    } catch (error) {
      return { kind: 'retry', detail: error instanceof Error ? error.message : String(error) };
    } finally {
      over.abort();
      this.#stopping.signal.removeEventListener('abort', stop);
    }
  }

  #judge({ message, attempts: before }: WaitingMessage, outcome: DeliveryOutcome): MessageOutcome {
    const { clock, config, random } = this.#options;
    const [nowMs, attempts] = [clock.nowMs(), before + 1];
    const { sequence } = message;
    const { detail } = outcome;
    const done = { sequence, attempts, nextAttemptMs: nowMs, doneMs: nowMs, detail };
    if (outcome.kind === 'delivered') return { ...done, state: 'delivered', remoteId: outcome.remoteId };
    if (outcome.kind === 'refused') return { ...done, state: 'refused' };
    const retryMs =
      Math.min(config.retry_max, config.retry_first * 2 ** Math.min(30, before)) * (1 + config.retry_spread * (random() - 0.5));
    const waitMs = Math.min(Math.max(retryMs, outcome.retryAfterMs ?? 0), config.max_retry_after);
    if (nowMs + waitMs - message.createdMs > config.give_up_after) return { ...done, state: 'given_up' };
    return { sequence, attempts, nextAttemptMs: nowMs + waitMs, detail, state: 'waiting' };
  }

  /** Tries until it is written or the process stops: what was sent must not be sent again. */
  async #writeDown(lane: Lane, result: MessageOutcome, health: ChannelHealth): Promise<boolean> {
    const { clock, records, logger, config } = this.#options;
    for (let tries = 0; ; tries++) {
      try {
        await records.settle([result], [{ ...health, incidentId: lane.health.incidentId }]);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        logger.warn({ error: String(error) }, 'the outcome of a delivery cannot be written down yet');
        await clock.sleep(Math.min(config.retry_max, config.retry_first * 2 ** Math.min(10, tries)), this.#stopping.signal);
      }
    }
  }

  async #conclude(lane: Lane, waiting: WaitingMessage, result: MessageOutcome, outcome: DeliveryOutcome): Promise<void> {
    const { clock, records, logger } = this.#options;
    if (result.state === 'waiting') {
      const waitMs = result.nextAttemptMs - clock.nowMs();
      const dueMs = clock.monotonicMs() + waitMs;
      if (outcome.kind === 'retry' && outcome.retryAfterMs !== undefined) lane.pausedUntilMs = Math.max(lane.pausedUntilMs, dueMs);
      const outdated = lane.putBack({ ...waiting, attempts: result.attempts, dueMs });
      if (outdated !== undefined) {
        const why = 'a newer message about the same group took its place';
        await records.settle([{ ...result, state: 'superseded', doneMs: clock.nowMs(), detail: `${result.detail}; ${why}` }], []);
      }
      return;
    }
    lane.end(waiting);
    if (result.state !== 'delivered') return;
    if (lane.health.incidentId !== undefined) await this.#health.heal(lane, 'a message was delivered');
    try {
      await this.#options.onDelivered(waiting.message);
    } catch (error) {
      logger.warn({ error: String(error) }, 'incidents do not say yet that somebody was told of them');
    }
  }

  #laneOf(tenant: string, channel: string): Lane {
    const key = laneKey(tenant, channel);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = new Lane({ tenant, channel });
    this.#lanes.set(key, lane);
    return lane;
  }
}

/** Incidents of a message whose earlier messages are looked through; those of one round mostly tell of the same. */
const maxAskedIncidents = 3;

/** After its signal a channel has this long to end by itself. */
const graceMs = 1000;

const laneKey = (tenant: string, channel: string): string => `${tenant}\0${channel}`;

function settled({ sequence, attempts }: OutboxMessage, state: MessageState, nowMs: number, detail: string): MessageOutcome {
  return { sequence, state, attempts, nextAttemptMs: nowMs, doneMs: nowMs, detail };
}
