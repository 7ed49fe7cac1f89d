/**
 * How channels fare: one that fails is told of by an incident once, which ends when it delivers or is gone. Each change is
 * written down beside the messages. Used by the outbox, whose lanes hold the health.
 */
import type { ChannelHealth, NotificationRecords } from '#metadata/notification-records.ts';
import type { Clock } from '#platform/clock.ts';
import type { DeliveryOutcome } from '../notification.ts';
import type { NotificationsConfig } from '../notifications-config.ts';
import type { Lane } from './lane.ts';

export interface ChannelHealthOptions {
  readonly records: NotificationRecords;
  /** A channel does not deliver; the incident that tells of it. */
  readonly raise: (health: ChannelHealth) => Promise<string>;
  /** It delivers again, or is gone. */
  readonly recover: (health: ChannelHealth, why: string) => Promise<void>;
  readonly config: NotificationsConfig;
  readonly clock: Clock;
}

export class ChannelHealthKeeper {
  readonly #options: ChannelHealthOptions & { readonly track: (work: Promise<void>) => void };

  /** `track` sees to work that nobody waits for. */
  constructor(options: ChannelHealthOptions & { readonly track: (work: Promise<void>) => void }) {
    this.#options = options;
  }

  /** How it fares after an attempt. */
  after({ health }: Lane, outcome: DeliveryOutcome): ChannelHealth {
    const nowMs = this.#options.clock.nowMs();
    if (outcome.kind === 'delivered') return { ...health, failingSinceMs: undefined, lastError: undefined, lastDeliveredMs: nowMs };
    return { ...health, failingSinceMs: Math.min(health.failingSinceMs ?? nowMs, nowMs), lastError: outcome.detail };
  }

  /** Tells of a channel that has not delivered for too long. */
  raiseIfDead(lane: Lane): void {
    const { failingSinceMs, incidentId } = lane.health;
    // it delivers, and that could not be written down when it began to
    if (failingSinceMs === undefined && incidentId !== undefined && lane.running === 0)
      this.#options.track(this.heal(lane, 'it delivers again'));
    if (failingSinceMs === undefined || incidentId !== undefined) return;
    if (this.#options.clock.nowMs() - failingSinceMs >= this.#options.config.channel_dead_after) this.raiseNow(lane);
  }

  /** Tells of a channel that fails, unless that is told already. */
  raiseNow(lane: Lane): void {
    if (lane.isRaising || lane.health.incidentId !== undefined || lane.health.failingSinceMs === undefined) return;
    lane.isRaising = true;
    this.#options.track(
      this.#raise(lane, lane.health).finally(() => {
        lane.isRaising = false;
      }),
    );
  }

  async #raise(lane: Lane, health: ChannelHealth): Promise<void> {
    const incidentId = await this.#options.raise(health);
    if (lane.health.failingSinceMs === undefined) return this.#options.recover({ ...health, incidentId }, 'it delivered meanwhile');
    lane.health = { ...lane.health, incidentId };
    await this.#options.records.settle([], [lane.health]);
  }

  /** It works again, or is gone. */
  async heal(lane: Lane, why: string): Promise<void> {
    const before = lane.health;
    if (before.failingSinceMs === undefined && before.incidentId === undefined) return;
    if (before.incidentId !== undefined) await this.#options.recover(before, why);
    lane.health = { ...lane.health, failingSinceMs: undefined, lastError: undefined, incidentId: undefined };
    await this.#options.records.settle([], [lane.health]);
  }
}
