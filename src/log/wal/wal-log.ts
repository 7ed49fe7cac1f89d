/**
 * The WAL's reading side and upkeep, in the main thread: `DurableLog`. Writers live in the gateway workers and tell it their
 * ends through `advance`. Specifications: docs/specs/durable-log.md and wal-format.md.
 *
 * Invariants: opened before any writer of the same directory; never touches a shard's active segment afterwards.
 */
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { originOf } from '#base/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { Files } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import type { LogConfig } from '../config.ts';
import type { DurableLog, LogPosition, RecoveryReport, ShardEnd, ShardStatus } from '../durable-log.ts';
import { ConsumerRegistry } from './consumer-registry.ts';
import { openIncarnation } from './incarnation.ts';
import { OpenReaders } from './open-readers.ts';
import { recoverShard } from './recovery.ts';
import type { WriterStart } from './recovery.ts';
import { sequenceAt } from './seek.ts';
import { formatShardName, parseShardName } from './segment-header.ts';
import { ShardSegments } from './shard-segments.ts';
import { heldBytesOf, markPassed, nextToTrim } from './trimming.ts';
import type { WalReader } from './wal-reader.ts';
import { WalShard } from './wal-shard.ts';

export interface WalLogOptions {
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: LogConfig;
  /** Consumers that hold back trimming: the indexer, and the archive where it is on. */
  readonly holders: readonly string[];
  /** In [0, 1); draws the incarnation of a new log. */
  readonly random?: () => number;
}

/** What /metrics and /v1/status say of the log. */
export interface WalMetrics {
  readonly keptBytes: number;
  /** Bytes that may not be trimmed; to be told to every writer (`setHeldBytes`). */
  readonly heldBytes: number;
  /** heldBytes as a share of `log.max_bytes`. */
  readonly fillRatio: number;
  readonly segments: number;
  readonly openReaders: number;
  readonly trimmedBytes: number;
  /** Bytes freed although `keep_after_index` was not over. */
  readonly trimmedEarlyBytes: number;
}

const newShard: WriterStart = { sequence: 0, durableEnd: 0, rows: 0, bytes: 0 };

export class WalLog implements DurableLog {
  readonly incarnation: number;
  readonly recovery: readonly RecoveryReport[];
  readonly #options: WalLogOptions;
  readonly #consumers: ConsumerRegistry;
  readonly #shards = new Map<number, WalShard>();
  readonly #starts: Map<number, WriterStart>;
  readonly #waiters = new Set<() => void>();
  readonly #readers: OpenReaders;
  #trimming: Promise<number> | undefined;
  #trimmedBytes = 0;
  #trimmedEarlyBytes = 0;
  #closed = false;

  constructor(options: WalLogOptions, opened: OpenedLog) {
    this.#options = options;
    this.#readers = new OpenReaders(options.files, options.config.read_buffer_bytes);
    this.incarnation = opened.incarnation;
    this.recovery = opened.recovery;
    this.#consumers = opened.consumers;
    this.#starts = opened.starts;
    for (const [shard, segments] of opened.segments) {
      const { rows, bytes } = opened.starts.get(shard) ?? newShard;
      this.#shards.set(shard, new WalShard(segments, { shard, sequence: opened.ends.get(shard) ?? 0, rows, bytes }));
    }
    this.#markPassed();
  }

  /** Where the first writer of the shard after this opening begins; a shard that was never written begins at 0. */
  writerStart(shard: number): WriterStart {
    return this.#starts.get(shard) ?? newShard;
  }

  /**
   * Where a writer begins that replaces one whose thread died: recovers the shard while the log stays open. The old writer must be
   * gone. Frames that it wrote and never acknowledged may become readable by this, as after a restart.
   */
  async replaceWriter(shard: number): Promise<WriterStart> {
    const { files, config } = this.#options;
    const known = this.#shard(shard);
    await known.segments.refresh(Number.POSITIVE_INFINITY);
    const { start, end, report } = await recoverShard({
      files,
      segments: known.segments,
      verifyFrom: Number.POSITIVE_INFINITY,
      floor: Math.max(known.end.sequence, this.#consumers.highest(shard)),
      bufferBytes: config.read_buffer_bytes,
    });
    sayRecovered(this.#options.logger, report, start);
    this.#starts.set(shard, start);
    this.advance({ shard, sequence: end, rows: start.rows, bytes: start.bytes });
    return start;
  }

  shards(): readonly ShardStatus[] {
    return [...this.#shards.values()].map((shard) => shard.status()).sort((a, b) => a.shard - b.shard);
  }

  advance(end: ShardEnd): void {
    const shard = this.#shard(end.shard);
    const newSegment = end.segment !== shard.end.segment;
    if (!shard.advance(end)) return;
    if (newSegment) {
      shard
        .list()
        .catch((error: unknown) =>
          this.#options.logger.warn({ shard: end.shard, error: String(error) }, 'a shard of the log could not be listed'),
        );
    }
    for (const wake of [...this.#waiters]) wake();
  }

  waitBeyond(position: LogPosition, signal: AbortSignal): Promise<void> {
    const differs = (): boolean => {
      for (const [shard, { end }] of this.#shards) if ((position.get(shard) ?? 0) !== end.sequence) return true;
      return false;
    };
    if (this.#closed || signal.aborted || differs()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#closed || signal.aborted || differs()) {
          this.#waiters.delete(check);
          signal.removeEventListener('abort', check);
          resolve();
        }
      };
      this.#waiters.add(check);
      signal.addEventListener('abort', check, { once: true });
    });
  }

  async openReader(shard: number, fromSequence: number): Promise<WalReader> {
    const known = this.#shard(shard);
    await known.list();
    return this.#readers.open(known, fromSequence);
  }

  async positionAt(receivedMs: number): Promise<LogPosition> {
    const position = new Map<number, number>();
    for (const [number, shard] of this.#shards) {
      position.set(number, await sequenceAt(shard, receivedMs, (sequence) => this.openReader(number, sequence)));
    }
    return position;
  }

  commit(consumer: string, position: LogPosition): Promise<void> {
    return this.#consumers.commit(consumer, position).then(() => this.#markPassed());
  }

  committed(consumer: string): LogPosition {
    return this.#consumers.committed(consumer);
  }

  /** Bytes of all shards that may not be trimmed. */
  get heldBytes(): number {
    let bytes = 0;
    for (const [number, shard] of this.#shards) bytes += heldBytesOf(shard, this.#consumers.heldFrom(number));
    return bytes;
  }

  metrics(): WalMetrics {
    const { heldBytes } = this;
    const shards = [...this.#shards.values()];
    return {
      keptBytes: shards.reduce((sum, shard) => sum + shard.keptBytes, 0),
      heldBytes,
      fillRatio: heldBytes / this.#options.config.max_bytes,
      segments: shards.reduce((sum, shard) => sum + shard.segments.all.length, 0),
      openReaders: this.#readers.count,
      trimmedBytes: this.#trimmedBytes,
      trimmedEarlyBytes: this.#trimmedEarlyBytes,
    };
  }

  /** One run at a time; a call during a run gets that run's answer. */
  trim(): Promise<number> {
    this.#trimming ??= this.#trim().finally(() => {
      this.#trimming = undefined;
    });
    return this.#trimming;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of [...this.#waiters]) wake();
    await this.#trimming;
    await this.#readers.closeAll();
    await this.#consumers.idle();
  }

  async #trim(): Promise<number> {
    const { config, clock, files, directory } = this.#options;
    for (const shard of this.#shards.values()) await shard.list();
    this.#markPassed();
    let freedBytes = 0;
    for (;;) {
      const nowMs = clock.monotonicMs();
      const freeBytes = await files.freeBytes(directory).catch(() => Number.POSITIVE_INFINITY);
      const choice = nextToTrim(this.#shards.values(), config, nowMs, freeBytes);
      if (choice === undefined || this.#closed) return freedBytes;
      const { shard, segment } = choice;
      const bytes = shard.bytesOf(segment);
      const early = nowMs - (segment.passedAtMs ?? nowMs) < config.keep_after_index;
      await shard.segments.remove(segment);
      for (const reader of shard.readers) reader.releaseTrimmed();
      freedBytes += bytes;
      this.#trimmedBytes += bytes;
      if (early) this.#trimmedEarlyBytes += bytes;
    }
  }

  #markPassed(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [number, shard] of this.#shards) markPassed(shard, this.#consumers.heldFrom(number), nowMs);
  }

  #shard(shard: number): WalShard {
    let known = this.#shards.get(shard);
    if (known === undefined) {
      const { files, directory } = this.#options;
      const place = { directory: `${directory}/${formatShardName(shard)}`, shard, incarnation: this.incarnation };
      known = new WalShard(new ShardSegments(files, place, originOf(this.incarnation, shard)), { shard, sequence: 0, rows: 0, bytes: 0 });
      this.#shards.set(shard, known);
    }
    return known;
  }
}

/** What opening found. */
interface OpenedLog {
  readonly incarnation: number;
  readonly recovery: readonly RecoveryReport[];
  readonly consumers: ConsumerRegistry;
  readonly segments: ReadonlyMap<number, ShardSegments>;
  readonly starts: Map<number, WriterStart>;
  /** Sequence at which each shard ends for its consumers. */
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * Opens and recovers the log; to be awaited before any writer opens. Serves every shard found, whatever the number of workers.
 * Throws AppError `log_unavailable` with advice when a file is of an unknown format or of another log.
 */
export async function openWalLog(options: WalLogOptions): Promise<WalLog> {
  const { directory, files, logger, config, holders, random = secureRandom } = options;
  if (!(await files.exists(directory))) {
    await files.makeDirectory(directory);
    await files.syncDirectory(dirname(directory));
  }
  const incarnation = await openIncarnation(files, directory, logger, random);
  const consumers = new ConsumerRegistry(files, directory, incarnation, holders);
  await consumers.load(logger);
  const numbers = new Set([
    ...(await files.list(directory)).map(parseShardName).filter((shard) => shard !== undefined),
    ...consumers.shards(),
  ]);
  const segments = new Map<number, ShardSegments>();
  for (const shard of numbers) {
    const place = { directory: `${directory}/${formatShardName(shard)}`, shard, incarnation };
    const found = new ShardSegments(files, place, originOf(incarnation, shard));
    await found.refresh(Number.POSITIVE_INFINITY);
    segments.set(shard, found);
  }
  const starts = new Map<number, WriterStart>();
  const ends = new Map<number, number>();
  const recovery: RecoveryReport[] = [];
  for (const [shard, found] of segments) {
    const verifyFrom = consumers.heldFrom(shard);
    const recovered = await recoverShard({
      files,
      segments: found,
      verifyFrom,
      floor: consumers.highest(shard),
      bufferBytes: config.read_buffer_bytes,
    });
    starts.set(shard, recovered.start);
    ends.set(shard, recovered.end);
    recovery.push(recovered.report);
    sayRecovered(logger, recovered.report, recovered.start);
  }
  return new WalLog(options, { incarnation, recovery, consumers, segments, starts, ends });
}

const secureRandom = (): number => randomInt(2 ** 32) / 2 ** 32;

function sayRecovered(logger: Logger, report: RecoveryReport, start: WriterStart): void {
  const fields = { ...report, sequence: start.sequence };
  if (report.damagedFrames > 0) logger.error(fields, 'frames of the log are damaged; their lines are lost');
  else if (report.tornBytes > 0)
    logger.warn(fields, 'an unfinished write at the end of the log was cut off; nothing acknowledged was lost');
  else logger.info(fields, 'a shard of the log is whole');
}
