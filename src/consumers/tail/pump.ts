/**
 * The tail's one reader of the log: follows its end, matches each frame once per query, and hands lines to buffers.
 *
 * Invariants: without subscribers it reads nothing; it never waits for a subscriber; its matching stays within its CPU
 * share, and what it passes over for that is counted and told to those it may concern. `position` changes only after
 * a frame is wholly handed out, so a subscriber that joins or leaves between frames sees each line at most once.
 */
import { setImmediate } from 'node:timers/promises';
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, ShardEnd } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { TailConfig } from './config.ts';
import type { CpuBudget } from './cpu-budget.ts';
import type { ShardPoint, TailPosition } from './cursor.ts';
import { FrameLines } from './frame-lines.ts';
import type { FrameDecoder } from './frame-lines.ts';
import type { QueryGroups, TenantWatch } from './query-groups.ts';
import { closeAll, readerAt } from './shard-readers.ts';
import type { ShardReaders } from './shard-readers.ts';
import type { TailSubscriber } from './subscriber.ts';

export interface PumpOptions {
  readonly log: DurableLog;
  readonly groups: QueryGroups;
  readonly decoder: FrameDecoder;
  readonly config: TailConfig;
  readonly budget: CpuBudget;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface PumpCounts {
  matchedLines: number;
  droppedLines: number;
  skippedLines: number;
}

/** How long one stretch of matching may keep the event loop. */
const maxStretchMs = 5;
/** Pause after the log could not be read. */
const retryReadMs = 500;

export class TailPump {
  readonly counts: PumpCounts = { matchedLines: 0, droppedLines: 0, skippedLines: 0 };
  readonly #options: PumpOptions;
  /** Rows of each shard that were read or passed over, in the count of `ShardEnd.rows`. */
  readonly #rowsDone = new Map<number, number>();
  /** Replaced, never changed: lines hold on to it for their cursors. */
  #position: TailPosition = new Map();
  /** Present while it runs. */
  #abort: AbortController | undefined;
  /** The end of the runs so far; one that was stopped may still be closing its readers while the next one reads. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  get position(): TailPosition {
    return this.#position;
  }

  get isRunning(): boolean {
    return this.#abort !== undefined;
  }

  /** Next sequence that this pump looks at in the shard. */
  nextSequence(shard: number): number {
    return this.#position.get(shard)?.sequence ?? 0;
  }

  /** Begins at the present end of the log, unless it runs already. */
  start(): void {
    if (this.#abort !== undefined) return;
    this.#abort = new AbortController();
    this.#jumpToEnd();
    this.#ended = Promise.all([this.#ended, this.#run(this.#abort.signal)]);
  }

  /** Stops reading; the next `start` begins at the end again. */
  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = undefined;
    await this.#ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, clock, config, logger } = this.#options;
    const readers: ShardReaders = new Map();
    while (!signal.aborted) {
      try {
        await log.waitBeyond(new Map([...this.#position].map(([shard, point]) => [shard, point.sequence])), signal);
        if (signal.aborted) break;
        this.#jumpIfFarBehind();
        for (const { end } of log.shards()) {
          if (this.nextSequence(end.shard) < end.sequence) await this.#readShard(readers, end, signal);
        }
        await clock.sleep(config.read_interval, signal);
      } catch (error) {
        logger.error({ error: String(error) }, 'live tail cannot read the log');
        await closeAll(readers);
        await clock.sleep(retryReadMs, signal);
      }
    }
    await closeAll(readers);
  }

  /** Reads up to the shard's end as it was at the call. */
  async #readShard(readers: ShardReaders, { shard, sequence: end }: ShardEnd, signal: AbortSignal): Promise<void> {
    const { log, config, clock } = this.#options;
    const reader = await readerAt(log, readers, shard, this.nextSequence(shard));
    let stretchStartMs = clock.monotonicMs();
    while (this.nextSequence(shard) < end && !signal.aborted) {
      const frames = await reader.read(config.read_bytes);
      for (const frame of frames) {
        if (signal.aborted) return;
        this.#take(frame);
        if (clock.monotonicMs() - stretchStartMs < maxStretchMs) continue;
        await setImmediate();
        stretchStartMs = clock.monotonicMs();
      }
      const missed = reader.newlyMissed();
      if (missed > 0) this.#forEachSubscriber((subscriber) => subscriber.miss(missed));
      // Numbers of rejected frames may lie behind the last frame.
      if (reader.nextSequence > this.nextSequence(shard)) this.#moveTo(shard, { sequence: reader.nextSequence, row: 0 });
      if (frames.length === 0) return;
    }
  }

  #take(frame: Frame): void {
    if (frame.kind === frameKinds.logs && frame.rowCount > 0) this.#matchOrSkip(frame);
    this.#moveTo(frame.shard, { sequence: frame.sequence + 1, row: 0 });
    this.#rowsDone.set(frame.shard, (this.#rowsDone.get(frame.shard) ?? 0) + frame.rowCount);
  }

  #matchOrSkip(frame: Frame): void {
    const { groups, budget, logger } = this.#options;
    const watch = groups.of(frame.tenant);
    if (watch === undefined) return;
    if (!budget.hasRoom) return this.#skip(frame);
    try {
      budget.charge(() => this.#match(frame, watch));
    } catch (error) {
      logger.error({ shard: frame.shard, sequence: frame.sequence, error: String(error) }, 'live tail cannot read a batch');
      this.#skip(frame);
    }
  }

  #match(frame: Frame, watch: TenantWatch): void {
    const { decoder, config, log } = this.#options;
    const lines = new FrameLines(frame, decoder, log.incarnation, this.#position);
    const matches = watch.matchers.match(lines.view);
    for (const { handle, subscribers } of watch.groups.values()) {
      const matched = matches(handle);
      if (matched.isEmpty()) continue;
      const rows = matched.rows();
      this.counts.matchedLines += rows.length;
      // What no buffer could hold is not even made.
      const newest = lines.newest(rows, config.max_buffered_lines);
      for (const subscriber of subscribers) this.counts.droppedLines += subscriber.offer(newest, rows.length - newest.length);
    }
  }

  /** Passes over a frame whose lines may have concerned the tenant's readers. */
  #skip(frame: Frame): void {
    this.counts.skippedLines += frame.rowCount;
    for (const subscriber of this.#options.groups.subscribers(frame.tenant)) subscriber.skip(frame.rowCount);
  }

  #jumpIfFarBehind(): void {
    const { log, config, logger } = this.#options;
    let behind = 0;
    for (const { shard, end } of log.shards()) behind += end.rows - (this.#rowsDone.get(shard) ?? end.rows);
    if (behind <= config.max_lag_lines) return;
    logger.warn({ lines: behind, setting: 'tail.max_lag_lines' }, 'live tail is too far behind the log and jumps to its end');
    this.counts.skippedLines += behind;
    this.#forEachSubscriber((subscriber) => subscriber.skip(behind));
    this.#jumpToEnd();
  }

  #jumpToEnd(): void {
    const position = new Map<number, ShardPoint>();
    for (const { shard, end } of this.#options.log.shards()) {
      position.set(shard, { sequence: end.sequence, row: 0 });
      this.#rowsDone.set(shard, end.rows);
    }
    this.#position = position;
  }

  #moveTo(shard: number, point: ShardPoint): void {
    this.#position = new Map(this.#position).set(shard, point);
  }

  #forEachSubscriber(tell: (subscriber: TailSubscriber) => void): void {
    for (const subscriber of this.#options.groups.subscribers()) tell(subscriber);
  }
}
