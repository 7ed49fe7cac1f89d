/** Documents in SQLite, through Kysely. */
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { AppError } from '#base/errors.ts';
import type { DocumentKind, Documents, StoredDocument } from '../documents.ts';
import { migrations } from './migrations.ts';
import { openNodeSqlite } from './node-sqlite.ts';

interface DocumentRow {
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
  /** JSON text. */
  readonly body: string;
  readonly version: number;
  readonly updated_ms: number;
  readonly updated_by: string;
}

interface Schema {
  readonly documents: DocumentRow;
  /** Those that were replaced. */
  readonly document_versions: DocumentRow;
}

/** `path` may be `:memory:`. Brings the schema up to date. */
export async function openSqliteDocuments(path: string): Promise<Documents> {
  const database = new Kysely<Schema>({ dialect: new SqliteDialect({ database: openNodeSqlite(path) }) });
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await database.destroy();
    throw new AppError('data_directory', 'the metadata database cannot be brought to this version', { details: { path }, cause: error });
  }
  return new SqliteDocuments(database);
}

class SqliteDocuments implements Documents {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async list(kind: DocumentKind, tenant?: string): Promise<readonly StoredDocument[]> {
    const all = this.#database.selectFrom('documents').selectAll().where('kind', '=', kind).orderBy('tenant').orderBy('name');
    const rows = await (tenant === undefined ? all : all.where('tenant', '=', tenant)).execute();
    return rows.map(documentOf);
  }

  async find(kind: DocumentKind, tenant: string, name: string): Promise<StoredDocument | undefined> {
    const row = await this.#database
      .selectFrom('documents')
      .selectAll()
      .where('kind', '=', kind)
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? undefined : documentOf(row);
  }

  async history(kind: DocumentKind, tenant: string, name: string): Promise<readonly StoredDocument[]> {
    const current = await this.find(kind, tenant, name);
    if (current === undefined) return [];
    const older = await this.#database
      .selectFrom('document_versions')
      .selectAll()
      .where('kind', '=', kind)
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .orderBy('version', 'desc')
      .execute();
    return [current, ...older.map(documentOf)];
  }

  put(document: Omit<StoredDocument, 'version'>, expectedVersion?: number): Promise<StoredDocument> {
    const { kind, tenant, name, body, updatedMs, updatedBy } = document;
    return this.#database.transaction().execute(async (transaction) => {
      const known = await transaction
        .selectFrom('documents')
        .selectAll()
        .where('kind', '=', kind)
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .executeTakeFirst();
      const current = known?.version ?? 0;
      if (expectedVersion !== undefined && expectedVersion !== current) {
        throw new AppError('conflict', `${kind} "${name}" has version ${current}, not ${expectedVersion}`, {
          details: { version: current },
        });
      }
      if (known !== undefined) await transaction.insertInto('document_versions').values(known).execute();
      const version = current + 1;
      const row = { kind, tenant, name, body: JSON.stringify(body), version, updated_ms: updatedMs, updated_by: updatedBy };
      const { kind: _, tenant: __, name: ___, ...changed } = row;
      await transaction
        .insertInto('documents')
        .values(row)
        .onConflict((conflict) => conflict.columns(['kind', 'tenant', 'name']).doUpdateSet(changed))
        .execute();
      return { ...document, version };
    });
  }

  remove(kind: DocumentKind, tenant: string, name: string): Promise<boolean> {
    return this.#database.transaction().execute(async (transaction) => {
      let removed = 0n;
      for (const table of ['document_versions', 'documents'] as const) {
        const { numDeletedRows } = await transaction
          .deleteFrom(table)
          .where('kind', '=', kind)
          .where('tenant', '=', tenant)
          .where('name', '=', name)
          .executeTakeFirstOrThrow();
        removed = numDeletedRows;
      }
      return removed > 0n;
    });
  }

  close(): Promise<void> {
    return this.#database.destroy();
  }
}

function documentOf({ kind, tenant, name, body, version, updated_ms, updated_by }: DocumentRow): StoredDocument {
  return { kind: kind as DocumentKind, tenant, name, body: JSON.parse(body), version, updatedMs: updated_ms, updatedBy: updated_by };
}
