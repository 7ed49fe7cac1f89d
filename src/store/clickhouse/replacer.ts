/**
 * Re-processed lines in the place of their older version (L5). A portion is written under a generation of its own and
 * committed together with the range of the log that it replaces; from then on reads leave older rows of that range
 * out, and later they are deleted. A crash at any point leaves each line exactly once, in the old or the new version.
 */
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '../config.ts';
import type { InsertBatch } from '../line-sink.ts';
import type { Statements } from './database.ts';
import type { CommitRecord, Replacement } from './generation-record.ts';
import type { Memtables } from './memtables.ts';
import { flushSettings, writeGeneration } from './generation-rows.ts';
import { createMemtable, logsTable, memtableColumns, memtableName } from './schema.ts';
import type { PartVerifier } from './part-verifier.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { Snapshots } from './snapshots.ts';

/** Sequences of one shard, `to` exclusive. */
export interface LogRange {
  readonly origin: number;
  readonly fromSequence: number;
  readonly toSequence: number;
}

export interface ReplacerOptions {
  readonly database: Statements;
  readonly parts: PartVerifier;
  readonly memtables: Memtables;
  readonly snapshots: Snapshots;
  readonly changes: RecentChanges;
  readonly record: CommitRecord;
  readonly logger: Logger;
  readonly config: Pick<StoreConfig, 'part_rows' | 'part_bytes'>;
}

export class Replacer {
  readonly #options: ReplacerOptions;
  #replacing = 0;
  #deleting = false;

  constructor(options: ReplacerOptions) {
    this.#options = options;
  }

  /** Puts the rows in the place of all committed rows of the range. */
  async replace(batch: Pick<InsertBatch, 'blocks'>, range: LogRange): Promise<void> {
    const { database, memtables, snapshots, changes, record, config } = this.#options;
    let staged: number | undefined;
    this.#replacing += 1;
    try {
      await memtables.withoutFlush(async ({ generation, memtable }) => {
        const staging = memtableName(memtable);
        staged = memtable;
        await database.command(createMemtable(memtable), 'flush');
        const rowCount = await database.insertNative(staging, memtableColumns, batch.blocks, AbortSignal.timeout(stagingTimeoutMs));
        await writeGeneration(this.#options, { memtable, rowCount, generation }, flushSettings(rowCount, config), copyTimeoutMs);
        await record.change((current) => ({ ...current, generation, replacements: [...current.replacements, { ...range, generation }] }));
        staged = undefined;
        snapshots.commit(generation, memtable, record.current.replacements);
        changes.noteEverything();
      });
    } finally {
      if (staged !== undefined) memtables.dropMemtable(staged);
      this.#replacing -= 1;
    }
  }

  /** Deletes replaced rows when nothing is being replaced and no query began before their replacement. */
  async tick(): Promise<void> {
    const { record, snapshots } = this.#options;
    const replacements = record.current.replacements.filter(({ generation }) => generation <= snapshots.oldestGeneration);
    if (replacements.length === 0 || this.#replacing > 0 || this.#deleting) return;
    this.#deleting = true;
    try {
      await this.#delete(replacements);
    } catch (error) {
      this.#options.logger.warn({ error: String(error) }, 'replaced lines could not be deleted yet; reads leave them out');
    } finally {
      this.#deleting = false;
    }
  }

  async #delete(replacements: readonly Replacement[]): Promise<void> {
    const { database, snapshots, changes, record } = this.#options;
    await record.settle();
    for (const { generation, origin, fromSequence, toSequence } of replacements) {
      await database.command(
        `ALTER TABLE ${logsTable} DELETE WHERE gen < {gen:UInt64} AND origin = {origin:UInt32} AND seq >= {from:UInt64} AND seq < {to:UInt64}`,
        'flush',
        { mutations_sync: 2 },
        { gen: generation, origin, from: fromSequence, to: toSequence },
      );
    }
    const done = new Set(replacements.map(({ generation }) => generation));
    await record.change((current) => ({
      ...current,
      replacements: current.replacements.filter(({ generation }) => !done.has(generation)),
    }));
    snapshots.setReplacements(record.current.replacements);
    // What was read of an older snapshot, before the rows went, must not be joined with what replaced them.
    changes.noteEverything();
  }
}

const stagingTimeoutMs = 600_000;
const copyTimeoutMs = 1_800_000;
