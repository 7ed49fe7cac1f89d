/** The schema of the records of notifications, change by change; what was released is never edited. */
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const notificationMigrations: Readonly<Record<string, Migration>> = {
  '0001_notifications': {
    async up(database: Kysely<unknown>): Promise<void> {
      await database.schema
        .createTable('notifier_cursor')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('sequence', 'integer', (column) => column.notNull())
        .execute();
      await database.schema
        .createTable('notification_groups')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .execute();
      await createMessages(database);
      await database.schema
        .createTable('channel_health')
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('channel', 'text', (column) => column.notNull())
        .addColumn('failing_since_ms', 'integer')
        .addColumn('last_delivered_ms', 'integer')
        .addColumn('last_error', 'text')
        .addColumn('incident_id', 'text')
        .addPrimaryKeyConstraint('channel_health_key', ['tenant', 'channel'])
        .execute();
      await database.schema
        .createTable('inbox_entries')
        .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('message_id', 'text', (column) => column.notNull())
        .addColumn('at_ms', 'integer', (column) => column.notNull())
        .addColumn('is_read', 'integer', (column) => column.notNull())
        .addColumn('notification', 'text', (column) => column.notNull())
        .addUniqueConstraint('inbox_entries_once', ['tenant', 'message_id'])
        .execute();
      await database.schema.createIndex('inbox_by_tenant').on('inbox_entries').columns(['tenant', 'sequence']).execute();
    },
  },
};

async function createMessages(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('notification_messages')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('group_key', 'text', (column) => column.notNull())
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('created_ms', 'integer', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('severity', 'text', (column) => column.notNull())
    .addColumn('incident_ids', 'text', (column) => column.notNull())
    .addColumn('notification', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_ms', 'integer', (column) => column.notNull())
    .addColumn('done_ms', 'integer')
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('remote_id', 'text')
    .addColumn('is_noted', 'integer', (column) => column.notNull())
    .addUniqueConstraint('notification_messages_once', ['tenant', 'channel', 'message_id'])
    .execute();
  await database.schema
    .createIndex('waiting_messages')
    .on('notification_messages')
    .column('group_key')
    .where(sql.ref('state'), '=', 'waiting')
    .execute();
  await database.schema.createIndex('messages_by_tenant').on('notification_messages').columns(['tenant', 'sequence']).execute();
  await database.schema.createIndex('messages_done').on('notification_messages').column('done_ms').execute();
  await database.schema
    .createTable('message_incidents')
    .addColumn('incident_id', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('message_incidents_key', ['incident_id', 'sequence'])
    .execute();
  await database.schema.createIndex('incidents_of_message').on('message_incidents').column('sequence').execute();
}
