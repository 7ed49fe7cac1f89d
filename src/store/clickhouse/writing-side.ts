/** Makes the writing side of the store from what its directory holds: memtables, snapshots, commit record, replacer. */
import { dirname } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import type { Files } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import type { StoreConfig } from '../config.ts';
import type { Statements } from './database.ts';
import { CommitRecord, readGenerationRecord } from './generation-record.ts';
import { MemtableExtents } from './memtable-extents.ts';
import { Memtables } from './memtables.ts';
import { emptyDescription } from './part-files.ts';
import { PartVerifier } from './part-verifier.ts';
import { RecentChanges } from './recent-changes.ts';
import type { SpanReader } from './recent-changes.ts';
import { Replacer } from './replacer.ts';
import { Snapshots } from './snapshots.ts';

export interface WritingSideOptions {
  readonly database: Statements;
  /** Where the commit record lies. */
  readonly directory: string;
  /** Incarnation of the durable log; positions of another one do not count. */
  readonly incarnation: number;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: StoreConfig;
  /** How blocks are read for what they change; absent: as ClickHouse's. */
  readonly spanOf?: SpanReader;
}

export interface WritingSide {
  readonly record: CommitRecord;
  readonly snapshots: Snapshots;
  readonly memtables: Memtables;
  readonly replacer: Replacer;
  readonly parts: PartVerifier;
  readonly changes: RecentChanges;
}

/** Needs no running engine; the indexer begins with `memtables.recover`. */
export async function openWritingSide(options: WritingSideOptions): Promise<WritingSide> {
  const { database, directory, files, incarnation, clock, logger, config } = options;
  if (!(await files.exists(directory))) {
    await files.makeDirectory(directory);
    await files.syncDirectory(dirname(directory));
  }
  const stored = await readGenerationRecord(files, directory);
  const record = new CommitRecord(files, directory, {
    generation: stored?.generation ?? 0,
    incarnation,
    positions: stored?.incarnation === incarnation ? stored.positions : new Map<number, number>(),
    replacements: stored?.replacements ?? [],
    unindexed: stored?.unindexed ?? false,
    ledger: stored?.ledger ?? new Map(),
  });
  const { generation, replacements } = record.current;
  const changes = new RecentChanges(options.spanOf);
  const extents = new MemtableExtents(options.spanOf);
  const drop = (memtable: number): void => memtables.dropMemtable(memtable);
  const snapshots: Snapshots = new Snapshots({ generation, memtables: [], replacements }, drop, extents);
  const parts = new PartVerifier({ database, clock, logger, emptyDescription: (path) => emptyDescription(files, path) });
  const memtables: Memtables = new Memtables({ database, parts, snapshots, changes, record, clock, logger, config });
  const replacer = new Replacer({ database, parts, memtables, snapshots, changes, record, logger, config });
  return { record, snapshots, memtables, replacer, parts, changes };
}
