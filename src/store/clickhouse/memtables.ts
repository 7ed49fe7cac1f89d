/**
 * The memtables and their flushes: the writing side of the store (see docs/specs/generations.md).
 *
 * Invariants:
 * - Lines enter the active memtable in log order per shard; a memtable knows the log position behind its last line.
 * - Memtables are flushed oldest first, one at a time, each in one INSERT … SELECT under a generation number of its own
 *   that was never used before. The commit is the fsynced generation record, written after the engine has fsynced the
 *   parts and they were read back. Rows of a generation that was not committed are deleted before any later generation commits.
 * - A flush commits only what it has seen to be whole: the memtable still holds all its lines after they were copied.
 * - After any failed insert, and after the engine ended (`lose`), `recover` gives up all memtables and the log is
 *   replayed from the committed positions. Until then nothing is inserted, or the positions would pass over what is lost.
 * - Flushes, recoveries and replacements run one at a time.
 */
import { AppError } from '#base/errors.ts';
import type { LogPosition } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '../config.ts';
import { addLedgers } from '../ledger.ts';
import type { Ledger } from '../ledger.ts';
import type { InsertBatch, LineSink } from '../line-sink.ts';
import type { Statements } from './database.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { CommitRecord } from './generation-record.ts';
import type { PartVerifier } from './part-verifier.ts';
import { flushSettings, MemtableLost, removeUncommitted, writeGeneration } from './generation-rows.ts';
import { createMemtable, memtableColumns, memtableName, memtablePattern } from './schema.ts';
import { textIndexNames } from './text-index-backlog.ts';
import type { Snapshots } from './snapshots.ts';

interface Memtable {
  readonly number: number;
  rowCount: number;
  byteCount: number;
  end: LogPosition;
  outcomes: Ledger;
  createdAtMs: number;
  /** An insert failed: it may hold part of a batch, so it is never flushed. */
  damaged: boolean;
}

export interface MemtableStatus {
  readonly memtable_rows: number;
  readonly memtable_bytes: number;
  readonly memtables: number;
  readonly flushing: boolean;
  readonly flushes: number;
  readonly failed_flushes: number;
  readonly unindexed_flushes: number;
  readonly flushed_rows: number;
  readonly last_flush_ms: number;
  readonly generation: number;
  readonly unindexed: boolean;
}

/** Numbers that nobody else has: for rows that are written apart from the live memtables. */
export interface GenerationSlot {
  readonly generation: number;
  readonly memtable: number;
}

export interface MemtablesOptions {
  readonly database: Statements;
  readonly parts: PartVerifier;
  readonly snapshots: Snapshots;
  readonly changes: RecentChanges;
  readonly record: CommitRecord;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: StoreConfig;
}

const retryDelayMs = 1000;

export class Memtables implements LineSink {
  readonly #options: MemtablesOptions;
  readonly #record: CommitRecord;
  /** Numbers of generations and of memtables are never used twice, also not after a failure. */
  #lastGeneration: number;
  #lastMemtable = 0;
  #undropped: number[] = [];
  #live: Memtable[] = [];
  /** What must not run beside another: a flush, a recovery, a replacement. Never rejects. */
  #exclusive: Promise<void> | undefined;
  #flushed: Memtable | undefined;
  /** Settles, without error, when the insert under way has ended; a flush waits for it. */
  #inserting: Promise<void> = Promise.resolve();
  /** A failed flush, or an earlier process, may have left rows, or may still run in the engine. */
  #leftovers = true;
  /** From the loss of the memtables until `recover`. */
  #lost = false;
  readonly #commitListeners: ((position: LogPosition) => void)[] = [];
  readonly #lossListeners: (() => void)[] = [];
  readonly #roomWaiters: (() => void)[] = [];
  #epoch = 0;
  #flushes = 0;
  #failedFlushes = 0;
  #unindexedFlushes = 0;
  #flushedRows = 0;
  #lastFlushMs = 0;

  constructor(options: MemtablesOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#lastGeneration = options.record.current.generation;
  }

  get committed(): LogPosition {
    return this.#record.current.positions;
  }

  committedLedger(): Ledger {
    return this.#record.current.ledger;
  }

  ledger(): Ledger {
    const { max_ledger_tenants: maxTenants } = this.#options.config;
    return this.#live.reduce((sum, { outcomes }) => addLedgers(sum, outcomes, maxTenants), this.#record.current.ledger);
  }

  onCommit(listener: (position: LogPosition) => void): void {
    this.#commitListeners.push(listener);
  }

  onLoss(listener: () => void): void {
    this.#lossListeners.push(listener);
  }

  /** The engine ended, and the memtables with it. To be called before another one is started. */
  lose(): void {
    this.#epoch += 1;
    this.#lost = true;
    this.#live = [];
    this.#options.changes.noteEverything();
    this.#options.snapshots.lose('the storage engine restarted; recent lines are replayed from the durable log');
    this.#wakeRoomWaiters();
    for (const listener of this.#lossListeners) listener();
  }

  status(): MemtableStatus {
    return {
      memtable_rows: this.#live.reduce((sum, { rowCount }) => sum + rowCount, 0),
      memtable_bytes: this.#liveBytes(),
      memtables: this.#live.length,
      flushing: this.#flushed !== undefined,
      flushes: this.#flushes,
      failed_flushes: this.#failedFlushes,
      unindexed_flushes: this.#unindexedFlushes,
      flushed_rows: this.#flushedRows,
      last_flush_ms: Math.round(this.#lastFlushMs),
      generation: this.#record.current.generation,
      unindexed: this.#record.current.unindexed,
    };
  }

  async recover(): Promise<LogPosition> {
    this.#epoch += 1;
    this.#live = [];
    while (this.#exclusive !== undefined) await this.#exclusive;
    const recovering = this.#recover();
    this.#runAlone(recovering);
    return recovering;
  }

  async #recover(): Promise<LogPosition> {
    const { database, snapshots } = this.#options;
    this.#lost = false;
    this.#leftovers = true;
    this.#undropped = [];
    const { generation, replacements } = this.#record.current;
    snapshots.reset({ generation, memtables: [], replacements });
    this.#options.changes.noteEverything();
    const leftovers = await database.selectInternal('SELECT name FROM system.tables WHERE database = currentDatabase()');
    for (const [name] of leftovers) {
      const match = memtablePattern.exec(String(name));
      if (match === null) continue;
      this.#lastMemtable = Math.max(this.#lastMemtable, Number(match[1]));
      await this.#dropTable(String(name));
    }
    await this.#removeLeftovers();
    return this.#record.current.positions;
  }

  async insert(batch: InsertBatch): Promise<void> {
    const inserting = this.#insert(batch);
    this.#inserting = inserting.catch(() => undefined);
    await inserting;
    this.flushIfDue();
  }

  async #insert(batch: InsertBatch): Promise<void> {
    const epoch = this.#epoch;
    this.#mustBeWhole(epoch);
    const memtable = await this.#activeMemtable(epoch);
    const timeout = AbortSignal.timeout(this.#options.config.insert_timeout);
    try {
      await this.#insertRows(memtable.number, batch, timeout);
      this.#mustBeWhole(epoch);
      this.#options.changes.noteInsert(batch.blocks);
    } catch (error) {
      memtable.damaged = true;
      this.#options.changes.noteEverything();
      throw error;
    }
    memtable.rowCount += batch.rowCount;
    memtable.byteCount += batch.byteCount;
    memtable.end = batch.end;
    memtable.outcomes = addLedgers(memtable.outcomes, batch.outcomes, this.#options.config.max_ledger_tenants);
  }

  /** Starts a flush where size or age ask for one. */
  flushIfDue(): void {
    if (this.#exclusive !== undefined || this.#live.length === 0) return;
    const { config, clock } = this.#options;
    const oldest = this.#live[0];
    const due =
      this.#live.length > 1 ||
      oldest.rowCount >= config.flush_rows ||
      oldest.byteCount >= config.flush_bytes ||
      clock.monotonicMs() - oldest.createdAtMs >= config.flush_age;
    if (due) this.#startFlush();
  }

  /** Upkeep, once a second: flushes that are due by age, and memtables that could not be dropped before. */
  tick(): void {
    this.flushIfDue();
    for (const number of this.#undropped.splice(0)) this.dropMemtable(number);
  }

  async flush(): Promise<void> {
    const last = this.#live.at(-1)?.number ?? 0;
    const epoch = this.#epoch;
    while (this.#epoch === epoch && this.#live.some(({ number }) => number <= last)) {
      if (this.#exclusive === undefined) this.#startFlush();
      await this.#exclusive;
    }
    if (last > 0) this.#mustBeWhole(epoch);
  }

  /** Runs what must not meet a flush: alone, between two of them. */
  async withoutFlush<T>(work: (slot: GenerationSlot) => Promise<T>): Promise<T> {
    while (this.#exclusive !== undefined) await this.#exclusive;
    const working = (async () => {
      if (this.#leftovers) await this.#removeLeftovers();
      return work({ generation: ++this.#lastGeneration, memtable: ++this.#lastMemtable });
    })();
    this.#runAlone(
      working.catch(() => {
        this.#leftovers = true;
      }),
    );
    return working;
  }

  async waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.#liveBytes() >= this.#options.config.max_memtable_bytes && !signal.aborted) {
      this.flushIfDue();
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
        this.#roomWaiters.push(resolve);
      });
    }
  }

  /** Drops a memtable that no query reads any more; where that fails it is tried again. */
  dropMemtable(number: number): void {
    this.#dropTable(memtableName(number)).catch((error: unknown) => {
      this.#options.logger.warn({ memtable: number, error: String(error) }, 'a memtable could not be dropped');
      this.#undropped.push(number);
    });
  }

  async #insertRows(memtable: number, { rowCount, blocks }: InsertBatch, timeout: AbortSignal): Promise<void> {
    if (rowCount === 0) return;
    this.#options.snapshots.noteInsert(memtable, blocks);
    const written = await this.#options.database.insertNative(memtableName(memtable), memtableColumns, blocks, timeout);
    if (written !== rowCount) throw new AppError('internal', `the engine wrote ${written} of ${rowCount} lines`);
  }

  #liveBytes(): number {
    return this.#live.reduce((sum, { byteCount }) => sum + byteCount, 0);
  }

  /**
   * While a flush runs, one more memtable takes the lines; it may grow beyond the flush threshold, which makes the
   * next flush larger: the first step of degrading.
   */
  async #activeMemtable(epoch: number): Promise<Memtable> {
    const newest = this.#live.at(-1);
    if (newest !== undefined && newest !== this.#flushed) return newest;
    const number = ++this.#lastMemtable;
    await this.#options.database.command(createMemtable(number), 'insert');
    this.#mustBeWhole(epoch);
    const memtable: Memtable = {
      number,
      rowCount: 0,
      byteCount: 0,
      end: this.#live.at(-1)?.end ?? this.#record.current.positions,
      outcomes: new Map(),
      createdAtMs: this.#options.clock.monotonicMs(),
      damaged: false,
    };
    this.#live.push(memtable);
    this.#options.snapshots.addMemtable(number);
    return memtable;
  }

  #startFlush(): void {
    const epoch = this.#epoch;
    this.#flushed = this.#live[0];
    const flushing = this.#flushOldest(this.#flushed, epoch).catch((error: unknown) => this.#afterFailedFlush(error, epoch));
    this.#runAlone(
      flushing.finally(() => {
        this.#flushed = undefined;
      }),
    );
  }

  #runAlone(work: Promise<unknown>): void {
    const ended = (): void => {
      this.#exclusive = undefined;
      this.#wakeRoomWaiters();
      this.flushIfDue();
    };
    this.#exclusive = work.then(ended, ended);
  }

  /** Throws when the memtables of that time are gone. */
  #mustBeWhole(epoch: number): void {
    if (this.#epoch !== epoch || this.#lost)
      throw new AppError('search_unavailable', 'lines not yet on disk are replayed from the durable log');
  }

  async #flushOldest(memtable: Memtable, epoch: number): Promise<void> {
    const { clock, config, snapshots } = this.#options;
    await this.#inserting;
    if (memtable.damaged) throw new AppError('search_unavailable', 'an insert into the memtable failed');
    if (this.#leftovers) await this.#removeLeftovers();
    const generation = ++this.#lastGeneration;
    const unindexed = this.#liveBytes() >= config.unindexed_flush_bytes;
    const startedMs = clock.monotonicMs();
    const cut = flushSettings(memtable.rowCount, config);
    const settings = unindexed ? { ...cut, exclude_materialize_skip_indexes_on_insert: textIndexNames } : cut;
    const rows = { memtable: memtable.number, rowCount: memtable.rowCount, generation };
    if (memtable.rowCount > 0) await writeGeneration(this.#options, rows, settings, config.flush_timeout);
    this.#mustBeWhole(epoch);
    await this.#record.change((record) => ({
      ...record,
      generation,
      positions: memtable.end,
      unindexed: record.unindexed || unindexed,
      ledger: addLedgers(record.ledger, memtable.outcomes, config.max_ledger_tenants),
    }));
    this.#live = this.#live.filter((other) => other !== memtable);
    snapshots.commit(generation, memtable.number, this.#record.current.replacements);
    for (const listener of this.#commitListeners) listener(memtable.end);
    this.#flushes += 1;
    if (unindexed) this.#unindexedFlushes += 1;
    this.#flushedRows += memtable.rowCount;
    this.#lastFlushMs = clock.monotonicMs() - startedMs;
  }

  /** The memtable is still whole: what the flush may have written is removed, then it is tried again. */
  async #afterFailedFlush(error: unknown, epoch: number): Promise<void> {
    this.#failedFlushes += 1;
    this.#leftovers = true;
    this.#options.logger.error({ error: String(error) }, 'a flush failed and will be tried again');
    if (this.#epoch !== epoch) return;
    if (error instanceof MemtableLost) this.lose();
    else await this.#options.clock.sleep(retryDelayMs);
  }

  async #removeLeftovers(): Promise<void> {
    await removeUncommitted(this.#options.database, this.#options.parts, this.#record);
    this.#leftovers = false;
  }

  async #dropTable(name: string): Promise<void> {
    await this.#options.database.command(`DROP TABLE IF EXISTS ${name} SYNC`, 'insert');
  }

  #wakeRoomWaiters(): void {
    for (const wake of this.#roomWaiters.splice(0)) wake();
  }
}
