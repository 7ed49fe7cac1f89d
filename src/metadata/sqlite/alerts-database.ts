/** The database file of alerts: two owners have tables of their own in it, and two threads have it open. */
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Migration } from 'kysely/migration';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { openNodeSqlite } from './node-sqlite.ts';
import { patiently } from './sqlite-faults.ts';

export interface AlertsDatabaseOptions {
  readonly clock: Clock;
  /** How long a statement waits for the other thread; its own thread stands still meanwhile. */
  readonly busyTimeoutMs?: number;
}

/** What an owner brings: its migrations run apart from those of the other. */
export interface OwnedTables {
  readonly owner: 'alert_records' | 'notification';
  readonly migrations: Readonly<Record<string, Migration>>;
}

/** `path` may be `:memory:`. Brings the owner's tables up to date. AppError `data_directory`. */
export async function openAlertsDatabase<Schema>(
  path: string,
  { owner, migrations }: OwnedTables,
  { clock, busyTimeoutMs = 250 }: AlertsDatabaseOptions,
): Promise<Kysely<Schema>> {
  const database = new Kysely<Schema>({ dialect: new SqliteDialect({ database: openNodeSqlite(path, busyTimeoutMs) }) });
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableName: `${owner}_migrations`,
    migrationLockTableName: `${owner}_migrations_lock`,
  });
  try {
    await patiently(clock, async () => {
      const { error } = await migrator.migrateToLatest();
      if (error !== undefined) throw error;
    });
  } catch (cause) {
    await database.destroy();
    throw new AppError('data_directory', 'the database of alerts cannot be brought to this version', { details: { path }, cause });
  }
  return database;
}
