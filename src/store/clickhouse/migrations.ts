/** Versioned changes of the store's tables, applied in order at start; an applied one is never edited. */
import type { Database } from './database.ts';
import { addPatternRollup, createLogs, growWriteBuffers, packEventTimes } from './schema.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const migrations: readonly Migration[] = [
  { version: 1, name: 'log lines', statements: [createLogs] },
  { version: 2, name: 'lines by pattern', statements: [addPatternRollup] },
  { version: 3, name: 'packed event times, small write buffers', statements: [packEventTimes, growWriteBuffers] },
];

const createMigrations = `CREATE TABLE IF NOT EXISTS migrations (version UInt32, name String, applied_at DateTime DEFAULT now())
  ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;

/** Applies what is missing. Throws when the store was written by a newer Millrace. */
export async function migrate(database: Database): Promise<void> {
  await database.command(createMigrations, 'insert');
  const applied = new Set((await database.selectInternal('SELECT version FROM migrations')).map(([version]) => Number(version)));
  const newest = Math.max(...migrations.map(({ version }) => version));
  const unknown = [...applied].find((version) => version > newest);
  if (unknown !== undefined) {
    throw new Error(`the store has schema version ${unknown}, this Millrace knows ${newest}: start the newer version again`);
  }
  for (const { version, name, statements } of migrations) {
    if (applied.has(version)) continue;
    for (const statement of statements) await database.command(statement, 'insert');
    await database.command(
      'INSERT INTO migrations (version, name) VALUES ({version:UInt32}, {name:String})',
      'insert',
      {},
      { version, name },
    );
  }
}
