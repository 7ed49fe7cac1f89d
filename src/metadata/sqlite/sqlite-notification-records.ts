/**
 * The records of notifications in SQLite, in the file of the records of alerts and with tables of their own.
 *
 * Invariants: what a step of the notifier changes is one transaction; a message is there once by tenant, channel and its id.
 */
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '#platform/clock.ts';
import type {
  ChannelHealth,
  InboxEntry,
  InboxSelection,
  MessageOutcome,
  MessageSelection,
  MessageState,
  NotificationRecords,
  NotifierChange,
  OutboxMessage,
  StoredGroup,
} from '../notification-records.ts';
import { openAlertsDatabase } from './alerts-database.ts';
import type { AlertsDatabaseOptions } from './alerts-database.ts';
import { notificationMigrations } from './notification-migrations.ts';
import { patiently } from './sqlite-faults.ts';

interface MessageRow {
  readonly sequence: number;
  readonly tenant: string;
  readonly channel: string;
  readonly group_key: string;
  readonly message_id: string;
  readonly created_ms: number;
  readonly title: string;
  readonly kind: string;
  readonly severity: string;
  /** JSON text. */
  readonly incident_ids: string;
  /** JSON text. */
  readonly notification: string;
  readonly state: string;
  readonly attempts: number;
  readonly next_attempt_ms: number;
  readonly done_ms: number | null;
  readonly detail: string;
  readonly remote_id: string | null;
  readonly is_noted: number;
}

interface HealthRow {
  readonly tenant: string;
  readonly channel: string;
  readonly failing_since_ms: number | null;
  readonly last_delivered_ms: number | null;
  readonly last_error: string | null;
  readonly incident_id: string | null;
}

interface InboxRow {
  readonly sequence: number;
  readonly tenant: string;
  readonly message_id: string;
  readonly at_ms: number;
  readonly is_read: number;
  /** JSON text. */
  readonly notification: string;
}

interface Schema {
  readonly notifier_cursor: { readonly name: string; readonly sequence: number };
  readonly notification_groups: { readonly id: string; readonly tenant: string; readonly body: string };
  readonly notification_messages: MessageRow;
  readonly message_incidents: { readonly incident_id: string; readonly sequence: number };
  readonly channel_health: HealthRow;
  readonly inbox_entries: InboxRow;
}

const cursorName = 'events';

/** `path` may be `:memory:`. Brings the schema up to date. */
export async function openSqliteNotificationRecords(path: string, options: AlertsDatabaseOptions): Promise<NotificationRecords> {
  const tables = { owner: 'notification', migrations: notificationMigrations } as const;
  return new SqliteNotificationRecords(await openAlertsDatabase<Schema>(path, tables, options), options.clock);
}

class SqliteNotificationRecords implements NotificationRecords {
  readonly #database: Kysely<Schema>;
  readonly #clock: Clock;

  constructor(database: Kysely<Schema>, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  cursor(): Promise<number> {
    return this.#patiently(
      async () => (await this.#database.selectFrom('notifier_cursor').select('sequence').executeTakeFirst())?.sequence ?? 0,
    );
  }

  groups(): Promise<readonly StoredGroup[]> {
    return this.#patiently(async () => {
      const rows = await this.#database.selectFrom('notification_groups').selectAll().orderBy('id').execute();
      return rows.map(({ id, tenant, body }) => ({ id, tenant, body: JSON.parse(body) as unknown }));
    });
  }

  waitingMessages(): Promise<readonly OutboxMessage[]> {
    return this.#patiently(async () => {
      const waiting = this.#database.selectFrom('notification_messages').selectAll().where('state', '=', 'waiting');
      return (await waiting.orderBy('sequence').execute()).map(messageOfRow);
    });
  }

  unnotedMessages(): Promise<readonly OutboxMessage[]> {
    return this.#patiently(async () => {
      const unnoted = this.#database
        .selectFrom('notification_messages')
        .selectAll()
        .where('state', '=', 'delivered')
        .where('is_noted', '=', 0);
      return (await unnoted.orderBy('sequence').execute()).map(messageOfRow);
    });
  }

  health(): Promise<readonly ChannelHealth[]> {
    return this.#patiently(async () => (await this.#database.selectFrom('channel_health').selectAll().execute()).map(healthOfRow));
  }

  commit({ cursor, groups = [], removedGroups = [], messages = [] }: NotifierChange): Promise<readonly OutboxMessage[]> {
    return this.#change(async (transaction) => {
      if (cursor !== undefined) {
        const row = { name: cursorName, sequence: cursor };
        await transaction
          .insertInto('notifier_cursor')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ sequence: cursor }))
          .execute();
      }
      for (const { id, tenant, body } of groups) {
        const text = JSON.stringify(body);
        await transaction
          .insertInto('notification_groups')
          .values({ id, tenant, body: text })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ body: text }))
          .execute();
      }
      for (const id of removedGroups) await transaction.deleteFrom('notification_groups').where('id', '=', id).execute();
      const added: OutboxMessage[] = [];
      for (const message of messages) {
        const row = await insertMessage(transaction, message);
        if (row !== undefined) added.push(messageOfRow(row));
      }
      return added;
    });
  }

  settle(outcomes: readonly MessageOutcome[], health: readonly ChannelHealth[]): Promise<void> {
    if (outcomes.length === 0 && health.length === 0) return Promise.resolve();
    return this.#change(async (transaction) => {
      for (const { sequence, state, attempts, nextAttemptMs, doneMs = null, detail, remoteId = null } of outcomes) {
        await transaction
          .updateTable('notification_messages')
          .set({ state, attempts, next_attempt_ms: Math.round(nextAttemptMs), done_ms: rounded(doneMs), detail, remote_id: remoteId })
          .where('sequence', '=', sequence)
          .execute();
      }
      for (const { tenant, channel, failingSinceMs, lastDeliveredMs, lastError, incidentId } of health) {
        const facts = {
          failing_since_ms: rounded(failingSinceMs),
          last_delivered_ms: rounded(lastDeliveredMs),
          last_error: lastError ?? null,
          incident_id: incidentId ?? null,
        };
        await transaction
          .insertInto('channel_health')
          .values({ tenant, channel, ...facts })
          .onConflict((conflict) => conflict.columns(['tenant', 'channel']).doUpdateSet(facts))
          .execute();
      }
    });
  }

  setNoted(sequence: number): Promise<void> {
    return this.#patiently(
      async () =>
        void (await this.#database.updateTable('notification_messages').set({ is_noted: 1 }).where('sequence', '=', sequence).execute()),
    );
  }

  messages({ tenant, channel, state, incidentId, before, limit }: MessageSelection): Promise<readonly OutboxMessage[]> {
    return this.#patiently(async () => {
      let query = this.#database.selectFrom('notification_messages').selectAll().where('tenant', '=', tenant);
      if (channel !== undefined) query = query.where('channel', '=', channel);
      if (state !== undefined) query = query.where('state', '=', state);
      if (before !== undefined) query = query.where('sequence', '<', before);
      if (incidentId !== undefined) {
        const ofIncident = this.#database.selectFrom('message_incidents').select('sequence').where('incident_id', '=', incidentId);
        query = query.where('sequence', 'in', ofIncident);
      }
      return (await query.orderBy('sequence', 'desc').limit(limit).execute()).map(messageOfRow);
    });
  }

  putInbox(tenant: string, messageId: string, atMs: number, notification: unknown, keep: number): Promise<void> {
    return this.#change(async (transaction) => {
      const row = { tenant, message_id: messageId, at_ms: Math.round(atMs), is_read: 0, notification: JSON.stringify(notification) };
      await transaction
        .insertInto('inbox_entries')
        .values(row as InboxRow)
        .onConflict((conflict) => conflict.columns(['tenant', 'message_id']).doNothing())
        .execute();
      const beyond = transaction.selectFrom('inbox_entries').select('sequence').where('tenant', '=', tenant).orderBy('sequence', 'desc');
      const oldest = await beyond.offset(keep).limit(1).executeTakeFirst();
      if (oldest === undefined) return;
      await transaction.deleteFrom('inbox_entries').where('tenant', '=', tenant).where('sequence', '<=', oldest.sequence).execute();
    });
  }

  inbox({ tenant, isUnread = false, before, limit }: InboxSelection): Promise<readonly InboxEntry[]> {
    return this.#patiently(async () => {
      let query = this.#database.selectFrom('inbox_entries').selectAll().where('tenant', '=', tenant);
      if (isUnread) query = query.where('is_read', '=', 0);
      if (before !== undefined) query = query.where('sequence', '<', before);
      return (await query.orderBy('sequence', 'desc').limit(limit).execute()).map(entryOfRow);
    });
  }

  unreadCount(tenant: string): Promise<number> {
    return this.#patiently(async () => {
      const unread = this.#database.selectFrom('inbox_entries').where('tenant', '=', tenant).where('is_read', '=', 0);
      return Number((await unread.select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow()).count);
    });
  }

  markRead(tenant: string, sequences: readonly number[] | undefined): Promise<void> {
    return this.#patiently(async () => {
      const unread = this.#database.updateTable('inbox_entries').set({ is_read: 1 }).where('tenant', '=', tenant).where('is_read', '=', 0);
      await (sequences === undefined ? unread : unread.where('sequence', 'in', [...sequences])).execute();
    });
  }

  forget(beforeMs: number): Promise<number> {
    return this.#change(async (transaction) => {
      const old = transaction.selectFrom('notification_messages').select('sequence').where('done_ms', '<', beforeMs);
      await transaction.deleteFrom('message_incidents').where('sequence', 'in', old).execute();
      const messages = await transaction.deleteFrom('notification_messages').where('done_ms', '<', beforeMs).executeTakeFirstOrThrow();
      const entries = await transaction.deleteFrom('inbox_entries').where('at_ms', '<', beforeMs).executeTakeFirstOrThrow();
      return Number(messages.numDeletedRows + entries.numDeletedRows);
    });
  }

  close(): Promise<void> {
    return this.#database.destroy();
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(this.#clock, work);
  }

  #change<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#patiently(() => this.#database.transaction().execute(work));
  }
}

const rounded = (ms: number | null | undefined): number | null => (ms === null || ms === undefined ? null : Math.round(ms));

/** Undefined where it is there already. */
async function insertMessage(
  transaction: Transaction<Schema>,
  message: NonNullable<NotifierChange['messages']>[number],
): Promise<MessageRow | undefined> {
  const { tenant, channel, groupKey, messageId, createdMs, title, kind, severity, incidentIds, notification } = message;
  const { state = 'waiting', detail = '' } = message;
  const isDone = state !== 'waiting';
  const row = await transaction
    .insertInto('notification_messages')
    .values({
      tenant,
      channel,
      group_key: groupKey,
      message_id: messageId,
      created_ms: Math.round(createdMs),
      title,
      kind,
      severity,
      incident_ids: JSON.stringify(incidentIds),
      notification: JSON.stringify(notification),
      state,
      attempts: 0,
      next_attempt_ms: Math.round(createdMs),
      done_ms: isDone ? Math.round(createdMs) : null,
      detail,
      remote_id: null,
      is_noted: isDone ? 1 : 0,
    } as MessageRow)
    .onConflict((conflict) => conflict.columns(['tenant', 'channel', 'message_id']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (!isDone) await supersedeOlder(transaction, row);
  for (const incidentId of incidentIds) {
    await transaction
      .insertInto('message_incidents')
      .values({ incident_id: incidentId, sequence: row.sequence })
      .onConflict((conflict) => conflict.columns(['incident_id', 'sequence']).doNothing())
      .execute();
  }
  return row;
}

/** Each message tells the whole state of its group. One that is under way is settled by its outcome all the same. */
async function supersedeOlder(
  transaction: Transaction<Schema>,
  { tenant, channel, group_key, sequence, created_ms }: MessageRow,
): Promise<void> {
  await transaction
    .updateTable('notification_messages')
    .set({ state: 'superseded', done_ms: created_ms, detail: 'a newer message about the same group took its place' })
    .where('state', '=', 'waiting')
    .where('group_key', '=', group_key)
    .where('tenant', '=', tenant)
    .where('channel', '=', channel)
    .where('sequence', '<', sequence)
    .execute();
}

function messageOfRow(row: MessageRow): OutboxMessage {
  return {
    sequence: row.sequence,
    tenant: row.tenant,
    channel: row.channel,
    groupKey: row.group_key,
    messageId: row.message_id,
    createdMs: row.created_ms,
    title: row.title,
    kind: row.kind,
    severity: row.severity,
    incidentIds: JSON.parse(row.incident_ids) as string[],
    notification: JSON.parse(row.notification) as unknown,
    state: row.state as MessageState,
    attempts: row.attempts,
    nextAttemptMs: row.next_attempt_ms,
    ...(row.done_ms === null ? {} : { doneMs: row.done_ms }),
    detail: row.detail,
    ...(row.remote_id === null ? {} : { remoteId: row.remote_id }),
    isNoted: row.is_noted === 1,
  };
}

function healthOfRow({ tenant, channel, failing_since_ms, last_delivered_ms, last_error, incident_id }: HealthRow): ChannelHealth {
  return {
    tenant,
    channel,
    failingSinceMs: failing_since_ms ?? undefined,
    lastDeliveredMs: last_delivered_ms ?? undefined,
    lastError: last_error ?? undefined,
    incidentId: incident_id ?? undefined,
  };
}

function entryOfRow({ sequence, tenant, at_ms, is_read, notification }: InboxRow): InboxEntry {
  return { sequence, tenant, atMs: at_ms, isRead: is_read === 1, notification: JSON.parse(notification) as unknown };
}
