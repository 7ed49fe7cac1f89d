/** The schema, change by change; what was released is never edited. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001_documents': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('documents')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('updated_ms', 'integer', (column) => column.notNull())
        .addColumn('updated_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('documents_key', ['kind', 'tenant', 'name'])
        .execute();
    },
  },
  '0002_document_versions': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('document_versions')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('updated_ms', 'integer', (column) => column.notNull())
        .addColumn('updated_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('document_versions_key', ['kind', 'tenant', 'name', 'version'])
        .execute();
    },
  },
};
