/**
 * Text indexes that flushes left out because the indexer was behind (S9): built later, in quiet time. Until then reads
 * are right but scan those parts.
 */
import { logIndexes } from '#language/text-index.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Database } from './database.ts';
import type { CommitRecord } from './generation-record.ts';
import type { Memtables } from './memtables.ts';
import { logsTable } from './schema.ts';

const textIndexes = logIndexes.filter(({ isTextIndex }) => isTextIndex);

/** As the engine's setting wants them. */
export const textIndexNames = textIndexes.map(({ name }) => name).join(',');

export class TextIndexBacklog {
  readonly #database: Database;
  readonly #memtables: Memtables;
  readonly #record: CommitRecord;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #quietMs: number;
  #lastBusyMs: number;
  #building = false;

  constructor(parts: { database: Database; memtables: Memtables; record: CommitRecord; clock: Clock; logger: Logger; quietMs: number }) {
    this.#database = parts.database;
    this.#memtables = parts.memtables;
    this.#record = parts.record;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#quietMs = parts.quietMs;
    this.#lastBusyMs = parts.clock.monotonicMs();
  }

  get building(): boolean {
    return this.#building;
  }

  /** Called every second: builds what is missing when no flush ran for the quiet time. */
  async tick(): Promise<void> {
    const { unindexed, flushing } = this.#memtables.status();
    const nowMs = this.#clock.monotonicMs();
    if (flushing) this.#lastBusyMs = nowMs;
    if (!unindexed || this.#building || nowMs - this.#lastBusyMs < this.#quietMs) return;
    this.#building = true;
    try {
      await this.#build();
    } finally {
      this.#building = false;
    }
  }

  async #build(): Promise<void> {
    const leftOutBefore = this.#memtables.status().unindexed_flushes;
    const startedMs = this.#clock.monotonicMs();
    const steps = textIndexes.map(({ name }) => `MATERIALIZE INDEX ${name}`).join(', ');
    await this.#database.command(`ALTER TABLE ${logsTable} ${steps}`, 'flush', { mutations_sync: 1 });
    await this.#record.change((record) => {
      const leftOutMeanwhile = this.#memtables.status().unindexed_flushes > leftOutBefore;
      return { ...record, unindexed: leftOutMeanwhile };
    });
    this.#logger.info({ duration_ms: Math.round(this.#clock.monotonicMs() - startedMs) }, 'text indexes that flushes left out are built');
  }
}
