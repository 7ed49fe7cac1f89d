/**
 * Who may search now: bounded concurrency per tenant and in all, and a bounded, bounded-in-time queue before it.
 *
 * Turns are given to tenants in a circle, first come first served within a tenant, so a tenant that floods waits behind
 * itself and not before the others. Invariants: running <= maxConcurrent, a tenant's running <= maxConcurrentPerTenant,
 * and nobody waits while a turn is free for them.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';

export type AdmissionSettings = Pick<
  SearchConfig,
  'max_concurrent' | 'max_concurrent_per_tenant' | 'max_queued' | 'max_queued_per_tenant' | 'queue_timeout'
>;

interface Waiter {
  admit(): void;
}

interface TenantQueue {
  running: number;
  readonly waiting: Waiter[];
}

export class SearchAdmission {
  readonly #settings: AdmissionSettings;
  readonly #clock: Clock;
  /** Only tenants that run or wait; in the order in which they get their turns. */
  readonly #tenants = new Map<string, TenantQueue>();
  #runningCount = 0;
  #waitingCount = 0;

  constructor(settings: AdmissionSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get running(): number {
    return this.#runningCount;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /**
   * Runs the task when it is the tenant's turn. AppError `search_overloaded` (naming the bound) when the queue is full
   * or the wait too long, `cancelled` when the signal is aborted while waiting.
   */
  async run<T>(tenant: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#enter(tenant, signal);
    try {
      return await task();
    } finally {
      this.#leave(tenant);
    }
  }

  async #enter(tenant: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new AppError('cancelled', 'the client went away');
    const queue = this.#queueOf(tenant);
    if (queue.waiting.length === 0 && this.#isFree(queue)) return this.#begin(queue);
    const fullSetting = this.#fullQueueSetting(queue);
    if (fullSetting !== undefined) {
      this.#forgetIfIdle(tenant, queue);
      throw this.#overloaded(`${this.#waitingCount} searches wait already`, fullSetting);
    }
    await this.#wait(tenant, queue, signal);
  }

  async #wait(tenant: string, queue: TenantQueue, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    let admitted = false;
    const waiter: Waiter = {
      admit() {
        admitted = true;
        ended.abort();
      },
    };
    const giveUp = (): void => ended.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    queue.waiting.push(waiter);
    this.#waitingCount++;
    await this.#clock.sleep(this.#settings.queue_timeout, ended.signal);
    signal.removeEventListener('abort', giveUp);
    if (admitted) return;
    queue.waiting.splice(queue.waiting.indexOf(waiter), 1);
    this.#waitingCount--;
    this.#forgetIfIdle(tenant, queue);
    if (signal.aborted) throw new AppError('cancelled', 'the client went away');
    throw this.#overloaded(`no turn came within ${this.#settings.queue_timeout} ms`, this.#busySetting(queue));
  }

  #leave(tenant: string): void {
    const queue = this.#queueOf(tenant);
    queue.running--;
    this.#runningCount--;
    this.#forgetIfIdle(tenant, queue);
    for (const [name, candidate] of this.#tenants) {
      if (candidate.waiting.length === 0 || !this.#isFree(candidate)) continue;
      this.#tenants.delete(name);
      this.#tenants.set(name, candidate);
      this.#waitingCount--;
      this.#begin(candidate);
      candidate.waiting.shift()?.admit();
      return;
    }
  }

  #begin(queue: TenantQueue): void {
    queue.running++;
    this.#runningCount++;
  }

  #isFree(queue: TenantQueue): boolean {
    return this.#runningCount < this.#settings.max_concurrent && queue.running < this.#settings.max_concurrent_per_tenant;
  }

  #queueOf(tenant: string): TenantQueue {
    let queue = this.#tenants.get(tenant);
    if (queue === undefined) {
      queue = { running: 0, waiting: [] };
      this.#tenants.set(tenant, queue);
    }
    return queue;
  }

  #forgetIfIdle(tenant: string, queue: TenantQueue): void {
    if (queue.running === 0 && queue.waiting.length === 0) this.#tenants.delete(tenant);
  }

  #fullQueueSetting(queue: TenantQueue): keyof AdmissionSettings | undefined {
    if (queue.waiting.length >= this.#settings.max_queued_per_tenant) return 'max_queued_per_tenant';
    return this.#waitingCount >= this.#settings.max_queued ? 'max_queued' : undefined;
  }

  #busySetting(queue: TenantQueue): keyof AdmissionSettings {
    return queue.running >= this.#settings.max_concurrent_per_tenant ? 'max_concurrent_per_tenant' : 'max_concurrent';
  }

  #overloaded(problem: string, setting: keyof AdmissionSettings): AppError {
    return new AppError('search_overloaded', `too many searches at once: ${problem}`, {
      details: { setting: settingPath(setting), max: this.#settings[setting] },
      retryAfterMs: 1000,
    });
  }
}
