/**
 * Who may search now: turns of several pools, bounded per tenant and per key, and a bounded, bounded-in-time queue.
 *
 * Each pool has turns of its own, so that exports, old time ranges and expensive questions cannot take those of people who
 * look at what happens now, and those of priority p0 wait for nobody. Turns are given to tenants in a circle, first come
 * first served within a tenant, so a tenant that floods waits behind itself and not before the others. Invariants: a
 * pool's running <= its turns, a tenant's and a key's running <= their bounds (p0 aside), and nobody waits while a turn is
 * free for them.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';

export const poolNames = ['urgent', 'interactive', 'expensive', 'old', 'export'] as const;
export type PoolName = (typeof poolNames)[number];

const turnsSetting = {
  urgent: 'max_concurrent_urgent',
  interactive: 'max_concurrent',
  expensive: 'max_concurrent_expensive',
  old: 'max_concurrent_old',
  export: 'max_concurrent_exports',
} as const satisfies Record<PoolName, keyof SearchConfig>;

export type AdmissionSettings = Pick<
  SearchConfig,
  | (typeof turnsSetting)[PoolName]
  | 'max_concurrent_per_tenant'
  | 'max_concurrent_per_key'
  | 'max_queued'
  | 'max_queued_per_tenant'
  | 'queue_timeout'
>;

/** Who wants a turn, and of which pool. */
export interface Applicant {
  readonly tenant: string;
  readonly keyName?: string;
  readonly pool: PoolName;
}

interface Waiter {
  readonly applicant: Applicant;
  admit(): void;
}

interface TenantQueue {
  running: number;
  readonly runningByKey: Map<string, number>;
  readonly waiting: Waiter[];
}

export class SearchAdmission {
  readonly #settings: AdmissionSettings;
  readonly #clock: Clock;
  /** Only tenants that run or wait; in the order in which they get their turns. */
  readonly #tenants = new Map<string, TenantQueue>();
  readonly #runningByPool = new Map<PoolName, number>();
  #waitingCount = 0;

  constructor(settings: AdmissionSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get running(): number {
    return [...this.#runningByPool.values()].reduce((sum, count) => sum + count, 0);
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /** Running questions by pool. */
  runningByPool(): Record<PoolName, number> {
    return Object.fromEntries(poolNames.map((pool) => [pool, this.#runningIn(pool)])) as Record<PoolName, number>;
  }

  /**
   * Runs the task when it is the applicant's turn. AppError `search_overloaded` (naming the bound) when the queue is full
   * or the wait too long, `cancelled` when the signal is aborted while waiting.
   */
  async run<T>(applicant: Applicant, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#enter(applicant, signal);
    try {
      return await task();
    } finally {
      this.#leave(applicant);
    }
  }

  async #enter(applicant: Applicant, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new AppError('cancelled', 'the client went away');
    const queue = this.#queueOf(applicant.tenant);
    if (this.#busySetting(applicant, queue) === undefined) return this.#begin(applicant, queue);
    const fullSetting = this.#fullQueueSetting(queue);
    if (fullSetting !== undefined) {
      this.#forgetIfIdle(applicant.tenant, queue);
      throw this.#overloaded(`${this.#waitingCount} searches wait already`, fullSetting);
    }
    await this.#wait(applicant, queue, signal);
  }

  async #wait(applicant: Applicant, queue: TenantQueue, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    let admitted = false;
    const waiter: Waiter = {
      applicant,
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
    this.#forgetIfIdle(applicant.tenant, queue);
    if (signal.aborted) throw new AppError('cancelled', 'the client went away');
    const setting = this.#busySetting(applicant, queue) ?? turnsSetting[applicant.pool];
    throw this.#overloaded(`no turn came within ${this.#settings.queue_timeout} ms`, setting);
  }

  #leave(applicant: Applicant): void {
    const { tenant, keyName, pool } = applicant;
    const queue = this.#queueOf(tenant);
    this.#runningByPool.set(pool, this.#runningIn(pool) - 1);
    queue.running--;
    if (keyName !== undefined) {
      const left = (queue.runningByKey.get(keyName) ?? 0) - 1;
      if (left > 0) queue.runningByKey.set(keyName, left);
      else queue.runningByKey.delete(keyName);
    }
    this.#forgetIfIdle(tenant, queue);
    this.#admitWaiting();
  }

  /** What one leaves may free several: the pool's turn for one tenant, the tenant's for another pool. */
  #admitWaiting(): void {
    for (const [name, queue] of [...this.#tenants]) {
      const index = queue.waiting.findIndex(({ applicant }) => this.#busySetting(applicant, queue) === undefined);
      if (index < 0) continue;
      this.#tenants.delete(name);
      this.#tenants.set(name, queue);
      const [waiter] = queue.waiting.splice(index, 1);
      this.#waitingCount--;
      this.#begin(waiter.applicant, queue);
      waiter.admit();
    }
  }

  #begin({ keyName, pool }: Applicant, queue: TenantQueue): void {
    this.#runningByPool.set(pool, this.#runningIn(pool) + 1);
    queue.running++;
    if (keyName !== undefined) queue.runningByKey.set(keyName, (queue.runningByKey.get(keyName) ?? 0) + 1);
  }

  #runningIn(pool: PoolName): number {
    return this.#runningByPool.get(pool) ?? 0;
  }

  /** The bound that keeps the applicant from a turn now; p0 has only that of its pool. */
  #busySetting({ keyName = '', pool }: Applicant, { running, runningByKey }: TenantQueue): keyof AdmissionSettings | undefined {
    const settings = this.#settings;
    if (this.#runningIn(pool) >= settings[turnsSetting[pool]]) return turnsSetting[pool];
    if (pool === 'urgent') return undefined;
    if (running >= settings.max_concurrent_per_tenant) return 'max_concurrent_per_tenant';
    return (runningByKey.get(keyName) ?? 0) >= settings.max_concurrent_per_key ? 'max_concurrent_per_key' : undefined;
  }

  #queueOf(tenant: string): TenantQueue {
    let queue = this.#tenants.get(tenant);
    if (queue === undefined) {
      queue = { running: 0, runningByKey: new Map(), waiting: [] };
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

  #overloaded(problem: string, setting: keyof AdmissionSettings): AppError {
    return new AppError('search_overloaded', `too many searches at once: ${problem}`, {
      details: { setting: settingPath(setting), max: this.#settings[setting] },
      retryAfterMs: 1000,
    });
  }
}
