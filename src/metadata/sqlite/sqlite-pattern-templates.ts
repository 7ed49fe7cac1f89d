/** Templates of messages in a SQLite file of their own: they are written often, and people's documents seldom. */
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Migration } from 'kysely/migration';
import { AppError } from '#base/errors.ts';
import type { PatternTemplates, StoredTemplate } from '../pattern-templates.ts';
import { openNodeSqlite } from './node-sqlite.ts';

interface TemplateRow {
  readonly tenant: string;
  readonly id: string;
  /** JSON text. */
  readonly services: string;
  /** JSON text. */
  readonly pieces: string;
  readonly kinds: string;
  readonly first_seen_ms: number;
  readonly alias_of: string | null;
}

interface Schema {
  readonly templates: TemplateRow;
}

const migrations: Readonly<Record<string, Migration>> = {
  '0001_templates': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('templates')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('services', 'text', (column) => column.notNull())
        .addColumn('pieces', 'text', (column) => column.notNull())
        .addColumn('kinds', 'text', (column) => column.notNull())
        .addColumn('first_seen_ms', 'integer', (column) => column.notNull())
        .addColumn('alias_of', 'text')
        .addPrimaryKeyConstraint('templates_key', ['tenant', 'id'])
        .execute();
    },
  },
};

/** `path` may be `:memory:`. Brings the schema up to date. */
export async function openSqlitePatternTemplates(path: string): Promise<PatternTemplates> {
  const database = new Kysely<Schema>({ dialect: new SqliteDialect({ database: openNodeSqlite(path) }) });
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    throw new AppError('data_directory', 'the database of patterns cannot be brought to this version', { details: { path }, cause: error });
  }
  return {
    async all() {
      const rows = await database.selectFrom('templates').selectAll().orderBy('first_seen_ms').orderBy('id').execute();
      return rows.map(templateOfRow);
    },
    async put(templates) {
      if (templates.length === 0) return;
      await database.transaction().execute(async (transaction) => {
        for (const template of templates) {
          const row = rowOfTemplate(template);
          const { tenant: _, id: __, ...changed } = row;
          await transaction
            .insertInto('templates')
            .values(row)
            .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet(changed))
            .execute();
        }
      });
    },
    close: () => database.destroy(),
  };
}

function templateOfRow({
  tenant,
  id,
  services,
  pieces,
  kinds,
  first_seen_ms: firstSeenMs,
  alias_of: aliasOf,
}: TemplateRow): StoredTemplate {
  const template = { tenant, id, services: JSON.parse(services) as string[], pieces: JSON.parse(pieces) as string[], kinds, firstSeenMs };
  return aliasOf === null ? template : { ...template, aliasOf };
}

function rowOfTemplate({ tenant, id, services, pieces, kinds, firstSeenMs, aliasOf }: StoredTemplate): TemplateRow {
  return {
    tenant,
    id,
    services: JSON.stringify(services),
    pieces: JSON.stringify(pieces),
    kinds,
    first_seen_ms: firstSeenMs,
    alias_of: aliasOf ?? null,
  };
}
