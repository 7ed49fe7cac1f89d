/**
 * The metrics cache: follows the durable log with a position of its own and keeps figures of services by the minute.
 *
 * It holds nothing back and loses nothing that matters: at the start the log's last minutes are read again, and where it
 * falls too far behind it goes on at the log's end and says from when on its figures are whole. Its work is done in short
 * stretches, so that the thread's other work goes on.
 */
import { setImmediate } from 'node:timers/promises';
import { listedNames } from '#base/listed-names.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, LogReader } from '#log/durable-log.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { ServiceFiguresAnswer, ServiceMetricsReads } from '../service-figures.ts';
import type { MetricsCacheConfig } from './config.ts';
import { addFrame } from './frame-figures.ts';
import { MinuteFigures } from './minute-figures.ts';
import type { FigureCounts } from './minute-figures.ts';

export interface ServiceMetricsOptions {
  readonly log: DurableLog;
  readonly config: MetricsCacheConfig;
  readonly readBlock: (payload: Buffer) => BatchView;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ServiceMetricsStatus extends FigureCounts {
  readonly positions: Readonly<Record<number, number>>;
  readonly lagLines: number;
  /** Time since it last had read everything; 0 while it has. */
  readonly lagMs: number;
  /** Milliseconds since 1970. */
  readonly wholeSinceMs: number;
  /** Times that it went on at the log's end. */
  readonly jumps: number;
}

const minuteMs = 60_000;
const maxStretchMs = 5;
const retryMs = 1000;

export class ServiceMetrics implements ServiceMetricsReads {
  readonly #options: ServiceMetricsOptions;
  readonly #figures: MinuteFigures;
  readonly #names: readonly string[];
  readonly #readers = new Map<number, LogReader>();
  readonly #positions = new Map<number, number>();
  /** Rows of each shard that were read since it began, and the rows that the shard had then. */
  readonly #rowsRead = new Map<number, number>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wholeSinceMs: number;
  #jumps = 0;
  #caughtUpMs: number;

  constructor(options: ServiceMetricsOptions) {
    this.#options = options;
    this.#figures = new MinuteFigures(options.config);
    this.#names = listedNames(options.config.duration_attribute);
    this.#wholeSinceMs = options.clock.nowMs();
    this.#caughtUpMs = options.clock.monotonicMs();
  }

  get retentionMs(): number {
    return this.#options.config.retention;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  read(tenant: string, { service, lastMs }: { readonly service?: string; readonly lastMs: number }): ServiceFiguresAnswer {
    const nowMs = this.#options.clock.nowMs();
    const toMs = Math.floor(nowMs / minuteMs) * minuteMs + minuteMs;
    const fromMs = toMs - Math.max(minuteMs, Math.ceil(lastMs / minuteMs) * minuteMs);
    return { services: this.#figures.read(tenant, service, fromMs, toMs), fromMs, toMs: nowMs, wholeSinceMs: this.#wholeSinceMs };
  }

  status(): ServiceMetricsStatus {
    return {
      ...this.#figures.counts,
      positions: Object.fromEntries(this.#positions),
      lagLines: this.#lagLines(),
      lagMs: this.#isBehind() ? Math.round(this.#options.clock.monotonicMs() - this.#caughtUpMs) : 0,
      wholeSinceMs: this.#wholeSinceMs,
      jumps: this.#jumps,
    };
  }

  async #run(): Promise<void> {
    const { log, clock, config, logger } = this.#options;
    const { signal } = this.#stopping;
    let isRestored = false;
    while (!signal.aborted) {
      try {
        if (!isRestored) await this.#beginAt(clock.nowMs() - config.replay);
        isRestored = true;
        await log.waitBeyond(this.#positions, signal);
        if (this.#lagLines() > config.max_lag_lines) await this.#jumpToEnd();
        for (const { shard } of log.shards()) await this.#readShard(shard);
        if (!this.#isBehind()) this.#caughtUpMs = clock.monotonicMs();
        this.#figures.expire(clock.nowMs());
        await clock.sleep(config.read_interval, signal);
      } catch (error) {
        logger.error({ error: String(error) }, 'figures of services cannot be read from the log');
        await this.#closeReaders();
        await clock.sleep(retryMs, signal);
      }
    }
    await this.#closeReaders();
  }

  /** The figures are whole from the first full minute after that time. */
  async #beginAt(receivedMs: number): Promise<void> {
    const { log } = this.#options;
    const from = await log.positionAt(receivedMs);
    for (const { shard, end } of log.shards()) this.#positions.set(shard, from.get(shard) ?? end.sequence);
    this.#wholeSinceMs = Math.ceil(receivedMs / minuteMs) * minuteMs;
  }

  async #jumpToEnd(): Promise<void> {
    const { log, clock, logger } = this.#options;
    logger.warn({ lines: this.#lagLines(), setting: 'metrics_cache.max_lag_lines' }, 'figures of services go on at the end of the log');
    await this.#closeReaders();
    for (const { shard, end } of log.shards()) {
      this.#positions.set(shard, end.sequence);
      this.#rowsRead.set(shard, end.rows);
    }
    this.#wholeSinceMs = Math.ceil(clock.nowMs() / minuteMs) * minuteMs;
    this.#jumps++;
  }

  /** Up to the shard's end as it is now. */
  async #readShard(shard: number): Promise<void> {
    const { clock, config, log } = this.#options;
    const { signal } = this.#stopping;
    const end = log.shards().find((status) => status.shard === shard)?.end;
    let stretchStartMs = clock.monotonicMs();
    while (end !== undefined && (this.#positions.get(shard) ?? 0) < end.sequence && !signal.aborted) {
      const reader = await this.#readerOf(shard);
      const frames = await reader.read(config.read_bytes);
      for (const frame of frames) {
        this.#take(frame);
        if (clock.monotonicMs() - stretchStartMs < maxStretchMs) continue;
        await setImmediate();
        stretchStartMs = clock.monotonicMs();
      }
      this.#positions.set(shard, reader.nextSequence);
      if (frames.length === 0) break;
    }
    if (end !== undefined && (this.#positions.get(shard) ?? 0) >= end.sequence) this.#rowsRead.set(shard, end.rows);
  }

  #take(frame: Frame): void {
    const { readBlock, clock, logger } = this.#options;
    this.#positions.set(frame.shard, frame.sequence + 1);
    if (frame.kind !== frameKinds.logs || frame.rowCount === 0) return;
    try {
      addFrame(this.#figures, frame.tenant, readBlock(frame.payload), this.#names, clock.nowMs());
    } catch (error) {
      logger.error(
        { shard: frame.shard, sequence: frame.sequence, error: String(error) },
        'a batch is left out of the figures of services',
      );
    }
  }

  async #readerOf(shard: number): Promise<LogReader> {
    const known = this.#readers.get(shard);
    const position = this.#positions.get(shard) ?? 0;
    if (known?.nextSequence === position) return known;
    await known?.close();
    const reader = await this.#options.log.openReader(shard, position);
    this.#readers.set(shard, reader);
    return reader;
  }

  async #closeReaders(): Promise<void> {
    const readers = [...this.#readers.values()];
    this.#readers.clear();
    await Promise.allSettled(readers.map((reader) => reader.close()));
  }

  #isBehind(): boolean {
    return this.#options.log.shards().some(({ shard, end }) => (this.#positions.get(shard) ?? 0) < end.sequence);
  }

  /** Rows behind the last end that was reached; while restoring, those that came since the start are not known apart. */
  #lagLines(): number {
    let lines = 0;
    for (const { shard, end } of this.#options.log.shards()) {
      if ((this.#positions.get(shard) ?? 0) >= end.sequence) continue;
      const reached = this.#rowsRead.get(shard);
      if (reached === undefined) this.#rowsRead.set(shard, end.rows);
      else lines += end.rows - reached;
    }
    return lines;
  }
}
