/** The schema of the records of alerts, change by change; what was released is never edited. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const alertMigrations: Readonly<Record<string, Migration>> = {
  '0001_incidents': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('incidents')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('rule_id', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('began_ms', 'integer', (column) => column.notNull())
        .addColumn('resolved_ms', 'integer')
        .addColumn('acknowledged_ms', 'integer')
        .addColumn('acknowledged_by', 'text')
        .addColumn('suppressed_by', 'text', (column) => column.notNull())
        .addColumn('facts', 'text', (column) => column.notNull())
        .execute();
      await database.schema.createIndex('incidents_by_time').on('incidents').columns(['tenant', 'began_ms', 'id']).execute();
      await database.schema.createIndex('open_incidents').on('incidents').column('rule_id').where(sql.ref('state'), '!=', 'ok').execute();
      await database.schema.createIndex('resolved_incidents').on('incidents').column('resolved_ms').execute();
      await database.schema
        .createTable('incident_events')
        // autoincrement: a number is not given again when its event was forgotten
        .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('incident_id', 'text', (column) => column.notNull())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'integer', (column) => column.notNull())
        .addColumn('detail', 'text')
        .addColumn('value', 'real')
        .addColumn('transition_key', 'text', (column) => column.unique())
        .execute();
      await database.schema.createIndex('events_of_incident').on('incident_events').columns(['incident_id', 'sequence']).execute();
      await database.schema
        .createTable('alert_ticks')
        .addColumn('tick_ms', 'integer', (column) => column.primaryKey())
        .addColumn('position', 'text', (column) => column.notNull())
        .addColumn('late_ms', 'integer', (column) => column.notNull())
        .execute();
    },
  },
};
