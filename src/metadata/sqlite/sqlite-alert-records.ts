/**
 * The records of alerts in a SQLite file of their own, through Kysely. The evaluator's thread and the main thread each open
 * it: the write-ahead mode lets one read while the other writes, and two writers wait for each other for a short time.
 *
 * Invariants: a transition's key is recorded once; acknowledgement and suppression are people's and are never overwritten by a
 * transition; a fault that may pass is tried again (sqlite-faults.ts).
 */
import type { Kysely, Transaction } from 'kysely';
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type {
  AlertRecords,
  AlertState,
  Incident,
  IncidentEvent,
  IncidentSelection,
  NewTransition,
  RecordedTick,
  SuppressionChange,
} from '../alert-records.ts';
import { alertMigrations } from './alert-migrations.ts';
import { openAlertsDatabase } from './alerts-database.ts';
import type { AlertsDatabaseOptions } from './alerts-database.ts';
import { patiently } from './sqlite-faults.ts';

interface IncidentRow {
  readonly id: string;
  readonly tenant: string;
  readonly rule_id: string;
  readonly state: string;
  readonly began_ms: number;
  readonly resolved_ms: number | null;
  readonly acknowledged_ms: number | null;
  readonly acknowledged_by: string | null;
  /** JSON text. */
  readonly suppressed_by: string;
  /** JSON text: what is neither chosen nor ordered by. */
  readonly facts: string;
}

interface EventRow {
  readonly sequence: number;
  readonly incident_id: string;
  readonly tenant: string;
  readonly kind: string;
  readonly at_ms: number;
  readonly detail: string | null;
  readonly value: number | null;
  readonly transition_key: string | null;
}

interface TickRow {
  readonly tick_ms: number;
  /** JSON text. */
  readonly position: string;
  readonly late_ms: number;
}

interface Schema {
  readonly incidents: IncidentRow;
  readonly incident_events: Omit<EventRow, 'sequence'> & { readonly sequence: number };
  readonly alert_ticks: TickRow;
}

type NewEventRow = Omit<EventRow, 'sequence'>;

/** `path` may be `:memory:`. Brings the schema up to date. */
export async function openSqliteAlertRecords(path: string, options: AlertsDatabaseOptions): Promise<AlertRecords> {
  const tables = { owner: 'alert_records', migrations: alertMigrations } as const;
  return new SqliteAlertRecords(await openAlertsDatabase<Schema>(path, tables, options), options.clock);
}

class SqliteAlertRecords implements AlertRecords {
  readonly #database: Kysely<Schema>;
  readonly #clock: Clock;

  constructor(database: Kysely<Schema>, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  record(transitions: readonly NewTransition[], ticks: readonly RecordedTick[]): Promise<number> {
    if (transitions.length === 0 && ticks.length === 0) return Promise.resolve(0);
    return this.#change(async (transaction) => {
      let recorded = 0;
      for (const transition of transitions) if (await recordTransition(transaction, transition)) recorded += 1;
      for (const { tickMs, position, lateMs = 0 } of ticks) {
        await transaction
          .insertInto('alert_ticks')
          .values({ tick_ms: tickMs, position: JSON.stringify(position), late_ms: Math.round(lateMs) })
          .onConflict((conflict) => conflict.column('tick_ms').doNothing())
          .execute();
      }
      return recorded;
    });
  }

  ticksAfter(tickMs: number): Promise<readonly RecordedTick[]> {
    return this.#patiently(async () => {
      const rows = await this.#database.selectFrom('alert_ticks').selectAll().where('tick_ms', '>', tickMs).orderBy('tick_ms').execute();
      return rows.map(tickOfRow);
    });
  }

  forgetTicks(beforeMs: number): Promise<void> {
    return this.#patiently(async () => void (await this.#database.deleteFrom('alert_ticks').where('tick_ms', '<', beforeMs).execute()));
  }

  find(tenant: string, incidentId: string): Promise<Incident | undefined> {
    return this.#patiently(async () => {
      const row = await this.#database
        .selectFrom('incidents')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', '=', incidentId)
        .executeTakeFirst();
      return row === undefined ? undefined : incidentOfRow(row);
    });
  }

  list({ tenant, ruleId, states, fromMs, toMs, before, limit }: IncidentSelection): Promise<readonly Incident[]> {
    return this.#patiently(async () => {
      let query = this.#database.selectFrom('incidents').selectAll().where('tenant', '=', tenant);
      if (ruleId !== undefined) query = query.where('rule_id', '=', ruleId);
      if (states !== undefined) query = query.where('state', 'in', [...states]);
      if (toMs !== undefined) query = query.where('began_ms', '<', toMs);
      if (fromMs !== undefined) query = query.where((is) => is.or([is('resolved_ms', 'is', null), is('resolved_ms', '>=', fromMs)]));
      if (before !== undefined) {
        const last = await this.find(tenant, before);
        if (last === undefined) return [];
        const { beganMs } = last;
        query = query.where((is) => is.or([is('began_ms', '<', beganMs), is.and([is('began_ms', '=', beganMs), is('id', '<', before)])]));
      }
      const rows = await query.orderBy('began_ms', 'desc').orderBy('id', 'desc').limit(limit).execute();
      return rows.map(incidentOfRow);
    });
  }

  open(): Promise<readonly Incident[]> {
    return this.#patiently(async () => {
      const rows = await this.#database
        .selectFrom('incidents')
        .selectAll()
        .where('state', '!=', 'ok')
        .orderBy('began_ms')
        .orderBy('id')
        .execute();
      return rows.map(incidentOfRow);
    });
  }

  eventsOf(tenant: string, incidentId: string): Promise<readonly IncidentEvent[]> {
    return this.#patiently(async () => {
      const rows = await this.#database
        .selectFrom('incident_events')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .where('tenant', '=', tenant)
        .orderBy('sequence')
        .execute();
      return rows.map(eventOfRow);
    });
  }

  eventsAfter(sequence: number, limit: number): Promise<readonly IncidentEvent[]> {
    return this.#patiently(async () => {
      const rows = await this.#database
        .selectFrom('incident_events')
        .selectAll()
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .execute();
      return rows.map(eventOfRow);
    });
  }

  addEvent(event: Omit<IncidentEvent, 'sequence'>): Promise<void> {
    return this.#patiently(() => insertEvent(this.#database, rowOfEvent(event, null)));
  }

  addEvents(events: readonly Omit<IncidentEvent, 'sequence'>[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    return this.#change(async (transaction) => {
      for (const event of events) await insertEvent(transaction, rowOfEvent(event, null));
    });
  }

  acknowledge(tenant: string, incidentId: string, by: string, atMs: number): Promise<Incident> {
    return this.#change(async (transaction) => {
      const row = await transaction
        .selectFrom('incidents')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', '=', incidentId)
        .executeTakeFirst();
      if (row === undefined) throw new AppError('not_found', `there is no incident ${JSON.stringify(incidentId.slice(0, 80))}`);
      if (row.acknowledged_ms !== null) return incidentOfRow(row);
      if (row.state === 'ok') throw new AppError('conflict', 'the incident is over, there is nothing to acknowledge');
      await transaction.updateTable('incidents').set({ acknowledged_ms: atMs, acknowledged_by: by }).where('id', '=', incidentId).execute();
      await insertEvent(transaction, rowOfEvent({ incidentId, tenant, kind: 'acknowledged', atMs, detail: by }, null));
      return incidentOfRow({ ...row, acknowledged_ms: atMs, acknowledged_by: by });
    });
  }

  setSuppression(tenant: string, incidentId: string, suppressedBy: readonly string[]): Promise<void> {
    return this.#patiently(
      async () =>
        void (await this.#database
          .updateTable('incidents')
          .set({ suppressed_by: JSON.stringify(suppressedBy) })
          .where('tenant', '=', tenant)
          .where('id', '=', incidentId)
          .execute()),
    );
  }

  setSuppressions(changes: readonly SuppressionChange[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return this.#change(async (transaction) => {
      for (const { tenant, incidentId, suppressedBy, atMs } of changes) {
        await transaction
          .updateTable('incidents')
          .set({ suppressed_by: JSON.stringify(suppressedBy) })
          .where('tenant', '=', tenant)
          .where('id', '=', incidentId)
          .execute();
        const detail = suppressedBy.length === 0 ? 'no longer' : suppressedBy.join(', ');
        await insertEvent(transaction, rowOfEvent({ incidentId, tenant, kind: 'suppressed', atMs, detail }, null));
      }
    });
  }

  forgetResolved(beforeMs: number): Promise<number> {
    return this.#change(async (transaction) => {
      const old = transaction.selectFrom('incidents').select('id').where('state', '=', 'ok').where('resolved_ms', '<', beforeMs);
      await transaction.deleteFrom('incident_events').where('incident_id', 'in', old).execute();
      const { numDeletedRows } = await transaction
        .deleteFrom('incidents')
        .where('state', '=', 'ok')
        .where('resolved_ms', '<', beforeMs)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
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

/** False where its key is recorded already. */
async function recordTransition(transaction: Transaction<Schema>, { key, incident, event }: NewTransition): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await transaction
    .insertInto('incident_events')
    .values(rowOfEvent(event, key) as EventRow)
    .onConflict((conflict) => conflict.column('transition_key').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 0n) return false;
  const row = rowOfIncident(incident.state === 'ok' ? { ...incident, resolvedMs: incident.resolvedMs ?? event.atMs } : incident);
  const { state, resolved_ms, facts } = row;
  await transaction
    .insertInto('incidents')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ state, resolved_ms, facts }))
    .execute();
  return true;
}

async function insertEvent(database: Kysely<Schema>, row: NewEventRow): Promise<void> {
  await database
    .insertInto('incident_events')
    .values(row as EventRow)
    .execute();
}

function rowOfEvent({ incidentId, tenant, kind, atMs, detail, value }: Omit<IncidentEvent, 'sequence'>, key: string | null): NewEventRow {
  return {
    incident_id: incidentId,
    tenant,
    kind,
    at_ms: Math.round(atMs),
    detail: detail ?? null,
    value: value === undefined || !Number.isFinite(value) ? null : value,
    transition_key: key,
  };
}

function eventOfRow({ sequence, incident_id: incidentId, tenant, kind, at_ms: atMs, detail, value }: EventRow): IncidentEvent {
  return {
    sequence,
    incidentId,
    tenant,
    kind: kind as IncidentEvent['kind'],
    atMs,
    ...(detail === null ? {} : { detail }),
    ...(value === null ? {} : { value }),
  };
}

function tickOfRow({ tick_ms: tickMs, position, late_ms: lateMs }: TickRow): RecordedTick {
  return { tickMs, position: JSON.parse(position) as RecordedTick['position'], ...(lateMs === 0 ? {} : { lateMs }) };
}

function rowOfIncident(incident: Incident): IncidentRow {
  const { id, tenant, ruleId, state, beganMs, resolvedMs, acknowledgedMs, acknowledgedBy, suppressedBy, ...facts } = incident;
  return {
    id,
    tenant,
    rule_id: ruleId,
    state,
    began_ms: Math.round(beganMs),
    resolved_ms: resolvedMs === undefined ? null : Math.round(resolvedMs),
    acknowledged_ms: acknowledgedMs ?? null,
    acknowledged_by: acknowledgedBy ?? null,
    suppressed_by: JSON.stringify(suppressedBy),
    facts: JSON.stringify(facts),
  };
}

function incidentOfRow(row: IncidentRow): Incident {
  return {
    id: row.id,
    tenant: row.tenant,
    ruleId: row.rule_id,
    ...(JSON.parse(row.facts) as Pick<
      Incident,
      'ruleVersion' | 'ruleName' | 'severity' | 'group' | 'labels' | 'firedMs' | 'value' | 'detail' | 'lateMs' | 'samples'
    >),
    state: row.state as AlertState,
    beganMs: row.began_ms,
    suppressedBy: JSON.parse(row.suppressed_by) as string[],
    ...(row.resolved_ms === null ? {} : { resolvedMs: row.resolved_ms }),
    ...(row.acknowledged_ms === null ? {} : { acknowledgedMs: row.acknowledged_ms }),
    ...(row.acknowledged_by === null ? {} : { acknowledgedBy: row.acknowledged_by }),
  };
}
