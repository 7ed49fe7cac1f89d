/**
 * The commit record of the store: one small fsynced file that says up to which generation rows count, and where in the
 * log each shard continues. Replacing it is the commit of a flush. Nothing else decides what is visible after a crash.
 */
import { join } from 'node:path';
import { invariant } from '#base/errors.ts';
import type { LogPosition, OutcomeCounts } from '#log/durable-log.ts';
import type { Files } from '#platform/files.ts';
import { replaceFile } from '#platform/replace-file.ts';
import type { Ledger } from '../ledger.ts';

/** Rows of older generations in this range of the log are replaced by those of `generation` (a replay, L5). */
export interface Replacement {
  readonly generation: number;
  readonly origin: number;
  readonly fromSequence: number;
  /** Exclusive. */
  readonly toSequence: number;
}

export interface GenerationRecord {
  /** Rows with `gen` up to this count. */
  readonly generation: number;
  /** Log that the positions belong to; a wiped log has another and begins at 0. */
  readonly incarnation: number;
  readonly positions: LogPosition;
  /** Replaced rows that are not deleted yet; reads leave them out. */
  readonly replacements: readonly Replacement[];
  /** True while parts lack text indexes that a flush left out. */
  readonly unindexed: boolean;
  /** Outcomes of all records up to the positions. */
  readonly ledger: Ledger;
}

interface StoredRecord {
  readonly version: 1;
  readonly generation: number;
  readonly incarnation: number;
  readonly positions: Readonly<Record<string, number>>;
  readonly replacements: readonly Replacement[];
  readonly unindexed: boolean;
  readonly ledger: Readonly<Record<string, OutcomeCounts>>;
}

const fileName = 'generation.json';

/** The last commit, or undefined in a new store. Throws when the file is there but cannot be read. */
export async function readGenerationRecord(files: Files, directory: string): Promise<GenerationRecord | undefined> {
  const path = join(directory, fileName);
  if (!(await files.exists(path))) return undefined;
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    const stored = JSON.parse(bytes.toString('utf8')) as StoredRecord;
    invariant(stored.version === 1, `"${path}" has version ${stored.version}, this Millrace reads 1: start the version that wrote it`);
    const positions = new Map(Object.entries(stored.positions).map(([shard, sequence]) => [Number(shard), sequence]));
    return { ...stored, positions, ledger: new Map(Object.entries(stored.ledger)) };
  } finally {
    await file.close();
  }
}

/** The record in memory and on disk; changes are made one after the other, so none can undo another. */
export class CommitRecord {
  readonly #files: Files;
  readonly #directory: string;
  #current: GenerationRecord;
  #lastChange: Promise<void> = Promise.resolve();
  /**
   * The file may not hold `current` durably: a write failed, perhaps after its rename, or a killed process left a
   * rename without its sync.
   */
  #doubtful = true;

  constructor(files: Files, directory: string, current: GenerationRecord) {
    this.#files = files;
    this.#directory = directory;
    this.#current = current;
  }

  /** What is committed. */
  get current(): GenerationRecord {
    return this.#current;
  }

  /** Applies the change to the current record; durable when the promise resolves. When it rejects, `settle` decides for the old one. */
  change(change: (current: GenerationRecord) => GenerationRecord): Promise<void> {
    const changing = this.#lastChange.then(async () => {
      const changed = change(this.#current);
      await this.#write(changed);
      this.#current = changed;
    });
    this.#lastChange = changing.catch(() => undefined);
    return changing;
  }

  /** After it resolves a crash finds `current` and nothing else. To be awaited before rows are deleted on its word. */
  settle(): Promise<void> {
    const settling = this.#lastChange.then(() => (this.#doubtful ? this.#write(this.#current) : undefined));
    this.#lastChange = settling.catch(() => undefined);
    return settling;
  }

  async #write(record: GenerationRecord): Promise<void> {
    this.#doubtful = true;
    await writeGenerationRecord(this.#files, this.#directory, record);
    this.#doubtful = false;
  }
}

/** Replaces the record durably: after the promise resolves a crash finds this commit, before it the one before. */
async function writeGenerationRecord(files: Files, directory: string, record: GenerationRecord): Promise<void> {
  const stored: StoredRecord = {
    version: 1,
    generation: record.generation,
    incarnation: record.incarnation,
    positions: Object.fromEntries(record.positions),
    replacements: record.replacements,
    unindexed: record.unindexed,
    ledger: Object.fromEntries(record.ledger),
  };
  const path = join(directory, fileName);
  await replaceFile(files, path, `${path}.new`, [Buffer.from(JSON.stringify(stored))]);
}
