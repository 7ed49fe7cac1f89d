/**
 * Moves lines from the durable log into the store. It owns nothing that a crash could take: it begins at the store's
 * committed position, and after any failure it asks the store to recover and replays the log from there.
 */
import { AppError, BugError } from '#base/errors.ts';
import type { DurableLog, LogPosition } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '#store/config.ts';
import type { LineSink } from '#store/line-sink.ts';
import { FrameGatherer } from './frame-gatherer.ts';
import type { QuarantineTaker } from './frame-gatherer.ts';

/** Name under which the log knows it, as one that holds back trimming. */
export const indexerName = 'indexer';

/** What the indexer needs of the store around its sink. */
export interface IndexedStore {
  readonly sink: LineSink;
  /** Brings the tables to this version; called after every start of the engine. */
  prepare(): Promise<void>;
  /** Makes every answer say that lines may be missing, and why; undefined when none are. */
  setIncomplete(reason: string | undefined): void;
}

export interface IndexerOptions {
  readonly log: DurableLog;
  readonly store: IndexedStore;
  /** Gets the records that could not be taken, before their place in the log is committed. */
  readonly quarantine: QuarantineTaker;
  readonly config: StoreConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves when the engine takes requests, or the signal aborts. */
  readonly waitForEngine: (signal: AbortSignal) => Promise<void>;
}

export interface IndexerStatus {
  readonly positions: Readonly<Record<string, number>>;
  readonly committed: Readonly<Record<string, number>>;
  /** Lines that are durable but not yet found by search. */
  readonly lag_lines: number;
  readonly lag_seconds: number;
  readonly replaying: boolean;
  readonly recoveries: number;
  readonly missed_frames: number;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;
const progressPollMs = 10;

export class Indexer {
  readonly #options: IndexerOptions;
  readonly #stopping = new AbortController();
  #gatherer: FrameGatherer | undefined;
  /** Position behind the last insert that succeeded. */
  #foundUpTo: LogPosition = new Map();
  /** Rows that are read and not yet found. */
  #rowsOnTheWay = 0;
  #running: Promise<void> = Promise.resolve();
  readonly #failure = Promise.withResolvers<never>();
  #replaying = true;
  #recoveries = 0;
  /** Aborted when the store lost what was inserted and not committed. */
  #loss = new AbortController();

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
    options.store.setIncomplete('starting: lines of the durable log are not searchable yet');
    options.store.sink.onLoss(() => {
      this.#replaying = true;
      this.#foundUpTo = options.store.sink.committed;
      this.#loss.abort();
    });
    options.store.sink.onCommit((position) => {
      options.log.commit(indexerName, position).catch((error: unknown) => {
        options.logger.error({ error: String(error) }, 'the position of the indexer could not be written; the log is kept longer');
      });
    });
  }

  /** Rejects on a broken invariant, after which going on could lose lines; never resolves. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the insert under way; what is in the memtable is replayed at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** True when every line that was durable at the start, or at the last failure, is found. */
  get isCaughtUp(): boolean {
    return !this.#replaying;
  }

  /** Resolves when every line that is durable now is found. */
  async indexed(): Promise<void> {
    const ends = this.#options.log.shards().map(({ shard, end }) => [shard, end.sequence] as const);
    while (!this.#stopping.signal.aborted) {
      const found = this.#foundUpTo;
      if (ends.every(([shard, sequence]) => (found.get(shard) ?? 0) >= sequence)) return;
      await this.#options.clock.sleep(progressPollMs, this.#stopping.signal);
    }
  }

  status(): IndexerStatus {
    return {
      positions: Object.fromEntries(this.found),
      committed: Object.fromEntries(this.#options.store.sink.committed),
      ...this.#lag(),
      replaying: this.#replaying,
      recoveries: this.#recoveries,
      missed_frames: this.#gatherer?.missedFrames ?? 0,
    };
  }

  #lag(): { lag_lines: number; lag_seconds: number } {
    const nowMs = this.#options.clock.nowMs();
    let ageMs = 0;
    let isBehind = false;
    for (const { shard, end, oldestReceivedMs } of this.#options.log.shards()) {
      if ((this.found.get(shard) ?? 0) >= end.sequence) continue;
      isBehind = true;
      ageMs = Math.max(ageMs, nowMs - (this.#gatherer?.lastReceivedMs(shard) ?? oldestReceivedMs ?? nowMs));
    }
    // The rows are an estimate at first; that there are some is not.
    const rows = (this.#gatherer?.waitingRows ?? 0) + this.#rowsOnTheWay;
    return { lag_lines: isBehind ? Math.max(1, rows) : 0, lag_seconds: ageMs / 1000 };
  }

  /** Up to where lines are found. */
  get found(): LogPosition {
    return this.#gatherer === undefined ? this.#options.store.sink.committed : this.#foundUpTo;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      try {
        await this.#options.waitForEngine(signal);
        if (signal.aborted) break;
        await this.#index(signal, () => {
          pauseMs = firstPauseMs;
        });
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof BugError) {
          this.#failure.reject(error);
          return;
        }
        this.#recoveries += 1;
        this.#options.logger.warn({ error: String(error) }, 'indexing failed; recent lines are replayed from the durable log');
        await this.#options.clock.sleep(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      } finally {
        await this.#gatherer?.close();
      }
    }
  }

  async #index(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { log, store, config, clock } = this.#options;
    const replayTarget = new Map(log.shards().map(({ shard, end }) => [shard, end.sequence]));
    const loss = new AbortController();
    this.#loss = loss;
    const waiting = AbortSignal.any([signal, loss.signal]);
    this.#replaying = true;
    store.setIncomplete('recent lines are being replayed from the durable log');
    await store.prepare();
    const from = await store.sink.recover();
    for (const { shard, end } of log.shards()) {
      const position = from.get(shard) ?? 0;
      if (position <= end.sequence) continue;
      this.#options.logger.error(
        { shard, position, end: end.sequence },
        'the store is ahead of the log: the log has lost lines that were durable',
      );
    }
    const gatherer = new FrameGatherer(log, from, this.#options.quarantine);
    this.#foundUpTo = new Map(gatherer.position);
    this.#rowsOnTheWay = 0;
    this.#gatherer = gatherer;
    let insertedAtMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      if (loss.signal.aborted) throw new AppError('search_unavailable', 'the storage engine ended, and its memory with it');
      this.#noteReplay(gatherer, replayTarget);
      await log.waitBeyond(gatherer.position, waiting);
      await store.sink.waitForRoom(waiting);
      const pauseMs = Math.max(0, insertedAtMs + config.batch_delay - clock.monotonicMs());
      if (gatherer.waitingRows < config.batch_rows) await clock.sleep(pauseMs, waiting);
      if (waiting.aborted) continue;
      const batch = await gatherer.gather(config.batch_bytes);
      if (batch === undefined) continue;
      this.#rowsOnTheWay = batch.rowCount;
      insertedAtMs = clock.monotonicMs();
      await store.sink.insert(batch);
      this.#rowsOnTheWay = 0;
      this.#foundUpTo = batch.end;
      onProgress();
    }
  }

  #noteReplay(gatherer: FrameGatherer, target: ReadonlyMap<number, number>): void {
    if (!this.#replaying) return;
    for (const [shard, sequence] of target) if ((gatherer.position.get(shard) ?? 0) < sequence) return;
    this.#replaying = false;
    this.#options.store.setIncomplete(undefined);
  }
}
