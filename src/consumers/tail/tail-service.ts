/** The live tail over the durable log: subscriptions, their limits, and the pump that feeds them. */
import { AppError } from '#base/errors.ts';
import type { TailCpuShare, TailRequest, TailService, TailStatus, TailSubscription } from '#consumers/live-tail.ts';
import type { DurableLog } from '#log/durable-log.ts';
import { threadCpuMs } from '#platform/clock.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { MachineLoad } from '#platform/machine-load.ts';
import { CatchUp } from './catch-up.ts';
import type { TailConfig } from './config.ts';
import { CpuBudget } from './cpu-budget.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { TailPosition } from './cursor.ts';
import type { FrameDecoder } from './frame-lines.ts';
import { TailPump } from './pump.ts';
import { QueryGroups } from './query-groups.ts';
import type { CreateMatchers } from './query-groups.ts';
import { TailSubscriber } from './subscriber.ts';
import { TurnTaker } from './turn-taker.ts';

export interface TailServiceOptions {
  readonly log: DurableLog;
  readonly config: TailConfig;
  /** `() => new MatcherSet()` */
  readonly createMatchers: CreateMatchers;
  readonly decoder: FrameDecoder;
  readonly clock: Clock;
  /** CPU time of this thread, unless a test wants to say what work costs. */
  readonly cpuMs?: () => number;
  /** Share of the machine's cores that is in use, likewise. */
  readonly busyShare?: () => number;
  readonly logger: Logger;
}

export function createTailService(options: TailServiceOptions): TailService {
  return new LogTailService(options);
}

/** Longest time for which readers that get no lines are not told of lines passed over. */
const lossNoticeMs = 1000;

class LogTailService implements TailService {
  readonly #options: TailServiceOptions;
  readonly #groups: QueryGroups;
  readonly #budget: CpuBudget;
  readonly #pump: TailPump;
  readonly #turns: TurnTaker;
  readonly #catchUps = new Map<TailSubscriber, CatchUp>();
  readonly #subscribers = new Set<TailSubscriber>();
  readonly #countByTenant = new Map<string, number>();
  readonly #stopping = new AbortController();
  #tellingLosses = false;

  constructor(options: TailServiceOptions) {
    const { log, config, decoder, clock, cpuMs = threadCpuMs, logger } = options;
    const busyShare = options.busyShare ?? busyShareOf(new MachineLoad(clock));
    this.#options = options;
    this.#groups = new QueryGroups(options.createMatchers);
    this.#budget = new CpuBudget({ clock, cpuMs, busyShare, share: config.cpu_share });
    this.#pump = new TailPump({ log, groups: this.#groups, decoder, config, budget: this.#budget, clock, logger });
    this.#turns = new TurnTaker(config.max_catch_ups);
  }

  get cpuShare(): TailCpuShare {
    return this.#budget;
  }

  subscribe(request: TailRequest): TailSubscription {
    if (this.#stopping.signal.aborted) throw new AppError('shutting_down', 'the server is stopping; retry', { retryAfterMs: 1000 });
    this.#admit(request.tenant);
    const from = request.cursor === undefined ? undefined : this.#startOf(request.cursor);
    const { config } = this.#options;
    const subscriber = new TailSubscriber({
      request,
      bounds: { maxLines: config.max_buffered_lines, maxBytes: config.max_buffered_bytes },
      positionCursor: (of) => this.#catchUps.get(of)?.cursor() ?? encodeCursor(this.#options.log.incarnation, this.#pump.position),
      onClosed: (closed) => this.#forget(closed),
    });
    this.#pump.start();
    if (!this.#tellingLosses) void this.#tellLosses();
    if (from === undefined) this.#groups.add(subscriber);
    else this.#beginCatchUp(subscriber, from);
    this.#subscribers.add(subscriber);
    this.#countByTenant.set(request.tenant, (this.#countByTenant.get(request.tenant) ?? 0) + 1);
    return subscriber;
  }

  status(): TailStatus {
    const position: Record<number, number> = {};
    if (this.#pump.isRunning) for (const [shard, point] of this.#pump.position) position[shard] = point.sequence;
    return { subscribers: this.#subscribers.size, queries: this.#groups.queryCount, position, ...this.#pump.counts };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const subscriber of [...this.#subscribers]) {
      subscriber.close();
      subscriber.request.onEnd?.();
    }
    await this.#pump.stop();
  }

  /** Runs while there are subscribers: a message of its own for each batch passed over would cost more than the batch. */
  async #tellLosses(): Promise<void> {
    const { signal } = this.#stopping;
    this.#tellingLosses = true;
    do {
      await this.#options.clock.sleep(lossNoticeMs, signal);
      for (const subscriber of this.#subscribers) subscriber.tellLosses();
    } while (this.#subscribers.size > 0 && !signal.aborted);
    this.#tellingLosses = false;
  }

  #admit(tenant: string): void {
    const { max_tails, max_tails_per_tenant } = this.#options.config;
    if (this.#subscribers.size >= max_tails) throw tooMany(max_tails, 'tail.max_tails');
    if ((this.#countByTenant.get(tenant) ?? 0) >= max_tails_per_tenant) throw tooMany(max_tails_per_tenant, 'tail.max_tails_per_tenant');
  }

  /** Where a cursor continues. Of another incarnation of the log: everything in this one came later. */
  #startOf(cursorText: string): TailPosition {
    const { log } = this.#options;
    const cursor = decodeCursor(cursorText);
    if (cursor.incarnation !== log.incarnation)
      return new Map(log.shards().map(({ shard, first }) => [shard, { sequence: first, row: 0 }]));
    for (const { shard, end } of log.shards()) {
      const point = cursor.position.get(shard);
      if (point !== undefined && point.sequence > end.sequence)
        throw new AppError('invalid_cursor', 'this cursor lies behind the end of the log');
    }
    return cursor.position;
  }

  #beginCatchUp(subscriber: TailSubscriber, from: TailPosition): void {
    const { log, decoder, clock, logger, createMatchers } = this.#options;
    const join = (): void => {
      this.#catchUps.delete(subscriber);
      this.#groups.add(subscriber);
    };
    const shared = { log, pump: this.#pump, decoder, budget: this.#budget, clock, turns: this.#turns };
    const catchUp = new CatchUp({ ...shared, matchers: createMatchers(), subscriber, from, join });
    this.#catchUps.set(subscriber, catchUp);
    catchUp.run(this.#stopping.signal).catch((error: unknown) => {
      logger.error({ error: String(error) }, 'live tail cannot re-read the log for a cursor; its reader continues at the present');
      catchUp.abandon();
    });
  }

  #forget(subscriber: TailSubscriber): void {
    this.#groups.remove(subscriber);
    this.#catchUps.delete(subscriber);
    this.#subscribers.delete(subscriber);
    const { tenant } = subscriber.request;
    const left = (this.#countByTenant.get(tenant) ?? 1) - 1;
    if (left === 0) this.#countByTenant.delete(tenant);
    else this.#countByTenant.set(tenant, left);
    if (this.#subscribers.size === 0) void this.#pump.stop();
  }
}

const busyShareOf = (load: MachineLoad) => (): number => load.busyShare;

function tooMany(limit: number, setting: string): AppError {
  return new AppError('too_many_tails', `${limit} live tails are open already`, { details: { setting, limit }, retryAfterMs: 5000 });
}
