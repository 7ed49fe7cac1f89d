/**
 * The rows of a generation in `logs`: written from a memtable as parts of bounded size, and removed where their generation was never
 * committed (docs/specs/generations.md).
 */
import { AppError } from '#base/errors.ts';
import type { StoreConfig } from '../config.ts';
import type { Settings, Statements } from './database.ts';
import type { CommitRecord } from './generation-record.ts';
import type { PartVerifier } from './part-verifier.ts';
import { logsTable, memtableColumns, memtableName } from './schema.ts';

/** The engine no longer has all lines of a memtable: it restarted and nobody said so. */
export class MemtableLost extends AppError {
  constructor(count: unknown, expected: number) {
    super('search_unavailable', `the engine has ${String(count)} of ${expected} lines of a memtable`, { retryAfterMs: 1000 });
  }
}

export interface GenerationRows {
  /** Number of the memtable that holds them. */
  readonly memtable: number;
  readonly rowCount: number;
  readonly generation: number;
}

/**
 * How rows are cut into sorted parts, as equal as the memtable's blocks let them be: what the engine sorts and indexes at once lies in
 * memory several times over. No parallel insert, and one thread so that searches keep the other cores. The engine's own
 * insert deduplication stays out of it.
 */
export function flushSettings(rowCount: number, config: Pick<StoreConfig, 'part_rows' | 'part_bytes'>): Settings {
  const parts = Math.max(1, Math.round(rowCount / config.part_rows));
  const partRows = Math.max(1, Math.ceil(rowCount / parts));
  return {
    max_threads: 1,
    max_insert_threads: 1,
    max_block_size: Math.min(65_536, partRows),
    min_insert_block_size_rows: partRows,
    min_insert_block_size_bytes: config.part_bytes,
    max_insert_block_size: partRows,
    insert_deduplicate: 0,
  };
}

/**
 * Copies a memtable's rows into `logs`, and reads them back. The count comes after the copy: a memtable that is whole then was whole before,
 * for its rows go all at once, with their engine, and its number is never used again. Throws MemtableLost otherwise, and
 * AppError `search_unavailable` where what was written is not whole.
 */
export async function writeGeneration(
  { database, parts }: { readonly database: Statements; readonly parts: PartVerifier },
  rows: GenerationRows,
  settings: Settings,
  timeoutMs: number,
): Promise<void> {
  const columns = memtableColumns.join(', ');
  const table = memtableName(rows.memtable);
  const copy = `INSERT INTO ${logsTable} (${columns}, gen) SELECT ${columns}, {gen:UInt64} FROM ${table}`;
  await database.command(copy, 'flush', settings, { gen: rows.generation }, AbortSignal.timeout(timeoutMs));
  const [[count]] = await database.selectInternal(`SELECT count() FROM ${table}`);
  if (Number(count) !== rows.rowCount) throw new MemtableLost(count, rows.rowCount);
  await parts.verify();
}

/**
 * Removes all rows that no commit covers. Nothing may be writing a generation meanwhile. A flush that was given up can
 * still run and would bring its part later: then it throws, to be tried again.
 */
export async function removeUncommitted(database: Statements, parts: PartVerifier, record: CommitRecord): Promise<void> {
  const running = "SELECT count() FROM system.processes WHERE query_kind = 'Insert' AND query LIKE {flush:String}";
  const [[runningCount]] = await database.selectInternal(running, { flush: `INSERT INTO ${logsTable} %` });
  if (Number(runningCount) > 0) throw new AppError('search_unavailable', 'a flush that was given up still runs in the engine');
  await record.settle();
  // A damaged part cannot be read for the rows to delete; dropped, there may be none left.
  await parts.verify().catch(() => undefined);
  const committed = { gen: record.current.generation };
  const [[count]] = await database.selectInternal(`SELECT count() FROM ${logsTable} WHERE gen > {gen:UInt64}`, committed);
  if (Number(count) === 0) return;
  // Submitted on a full disk a mutation loses its text, or waits there for room: a durable write before shows that there is some.
  await record.change((current) => current);
  await database.command(`ALTER TABLE ${logsTable} DELETE WHERE gen > {gen:UInt64}`, 'flush', { mutations_sync: 2 }, committed);
}
