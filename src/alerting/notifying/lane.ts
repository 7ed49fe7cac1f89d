/**
 * Messages that wait for one channel. Those of a group go one behind the other; a newer one takes the place of an older that
 * is not under way, for each tells the whole state of its group: after a long failure a channel gets the newest, not a storm.
 */
import type { ChannelHealth, OutboxMessage } from '#metadata/notification-records.ts';
import type { Notification } from '../notification.ts';

export interface WaitingMessage {
  readonly message: OutboxMessage;
  readonly notification: Notification;
  readonly attempts: number;
  /** On the monotonic clock. */
  readonly dueMs: number;
}

export class Lane {
  readonly tenant: string;
  readonly channel: string;
  health: ChannelHealth;
  /** The other end asked to be left alone until then, monotonic. */
  pausedUntilMs = 0;
  /** Its incident is being recorded. */
  isRaising = false;
  /** By group: at most one under way, and at most one behind it. */
  readonly #underWay = new Map<string, WaitingMessage>();
  readonly #waiting = new Map<string, WaitingMessage>();

  constructor(health: ChannelHealth) {
    this.tenant = health.tenant;
    this.channel = health.channel;
    this.health = health;
  }

  get size(): number {
    return this.#underWay.size + this.#waiting.size;
  }

  get running(): number {
    return this.#underWay.size;
  }

  has({ groupKey, sequence }: OutboxMessage): boolean {
    return [this.#underWay, this.#waiting].some((messages) => messages.get(groupKey)?.message.sequence === sequence);
  }

  /** Takes the place of an older one of its group. */
  add(waiting: WaitingMessage): void {
    const { groupKey } = waiting.message;
    const older = this.#waiting.get(groupKey);
    this.#waiting.delete(groupKey);
    this.#waiting.set(
      groupKey,
      older === undefined ? waiting : { ...waiting, notification: joined(older.notification, waiting.notification) },
    );
  }

  /** The oldest beyond the bound, which are given up. */
  takeBeyond(limit: number): OutboxMessage[] {
    const beyond = [...this.#waiting.values()].slice(0, Math.max(0, this.size - limit));
    for (const { message } of beyond) this.#waiting.delete(message.groupKey);
    return beyond.map(({ message }) => message);
  }

  /** The next that is due, which is under way from now on. */
  begin(nowMs: number): WaitingMessage | undefined {
    if (this.pausedUntilMs > nowMs) return undefined;
    for (const [groupKey, waiting] of this.#waiting) {
      if (waiting.dueMs > nowMs || this.#underWay.has(groupKey)) continue;
      this.#waiting.delete(groupKey);
      this.#underWay.set(groupKey, waiting);
      return waiting;
    }
    return undefined;
  }

  end({ message }: WaitingMessage): void {
    this.#underWay.delete(message.groupKey);
  }

  /** Puts one that could not be delivered back; returns it where a newer one has come meanwhile. */
  putBack(waiting: WaitingMessage): OutboxMessage | undefined {
    this.end(waiting);
    const newer = this.#waiting.get(waiting.message.groupKey);
    if (newer === undefined) {
      this.#waiting.set(waiting.message.groupKey, waiting);
      return undefined;
    }
    this.#waiting.set(waiting.message.groupKey, { ...newer, notification: joined(waiting.notification, newer.notification) });
    return waiting.message;
  }

  /** When the next is due, monotonic; undefined where none waits. */
  dueMs(): number | undefined {
    let dueMs: number | undefined;
    for (const [groupKey, waiting] of this.#waiting) {
      if (!this.#underWay.has(groupKey) && (dueMs === undefined || waiting.dueMs < dueMs)) dueMs = waiting.dueMs;
    }
    return dueMs === undefined ? undefined : Math.max(dueMs, this.pausedUntilMs);
  }

  /** The channel was changed: what waits is tried at once. */
  retryNow(nowMs: number): void {
    this.pausedUntilMs = 0;
    for (const [groupKey, waiting] of this.#waiting) this.#waiting.set(groupKey, { ...waiting, dueMs: Math.min(waiting.dueMs, nowMs) });
  }
}

/** Whoever was never told that it fires is told so, and not that it still does. */
function joined(older: Notification, newer: Notification): Notification {
  const isFirst = older.kind === 'fired' && (newer.kind === 'repeated' || newer.kind === 'escalated');
  return isFirst ? { ...newer, kind: 'fired' } : newer;
}
