/**
 * Where quarantined records are kept: one SQLite file, apart from the lines' store so that neither can harm the other.
 *
 * Invariants: a frame of the log is taken once, for its records and the position behind it are written in one
 * transaction; what was taken and is no longer here is counted as expired, so the ledger's `quarantined` can be proved.
 */
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';
import { contextOf, decodeQuarantine } from '#ingest/rejected-records.ts';
import type { RecordContext, RecordFormat } from '#ingest/rejected-records.ts';
import type { Frame } from '#log/durable-log.ts';
import type {
  QuarantineFilter,
  QuarantinePage,
  QuarantineState,
  QuarantineTotals,
  QuarantinedRecord,
} from '#consumers/quarantined-records.ts';

const schema = `
CREATE TABLE IF NOT EXISTS records (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  received_ms INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  sender TEXT NOT NULL,
  format TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  bytes BLOB NOT NULL,
  length INTEGER NOT NULL,
  context TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL DEFAULT 'waiting',
  replayed_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS records_by_tenant ON records (tenant, number);
CREATE TABLE IF NOT EXISTS positions (incarnation INTEGER, shard INTEGER, next INTEGER NOT NULL, PRIMARY KEY (incarnation, shard)) STRICT;
CREATE TABLE IF NOT EXISTS tallies (tenant TEXT PRIMARY KEY, taken INTEGER NOT NULL, expired INTEGER NOT NULL) STRICT;
`;

/** What a record counts towards `quarantine.max_bytes`. */
const keptBytes = 'octet_length(bytes) + octet_length(context)';

interface Row {
  readonly number: number;
  readonly id: string;
  readonly tenant: string;
  readonly received_ms: number;
  readonly receiver: string;
  readonly sender: string;
  readonly format: RecordFormat;
  readonly code: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly length: number;
  /** RecordContext as JSON. */
  readonly context: string;
  readonly state: QuarantineState;
  readonly replayed_ms: number | null;
}

export class QuarantineDatabase {
  readonly #database: DatabaseSync;
  #keptBytes: number;

  /** `path` may be `:memory:`. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA auto_vacuum = INCREMENTAL',
    );
    this.#database.exec(schema);
    this.#addContext();
    this.#keptBytes = Number(this.#one(`SELECT coalesce(sum(${keptBytes}), 0) AS bytes FROM records`).bytes);
  }

  /** Files made before records had it. */
  #addContext(): void {
    if (this.#all("SELECT 1 FROM pragma_table_info('records') WHERE name = 'context'").length > 0) return;
    this.#database.exec("ALTER TABLE records ADD COLUMN context TEXT NOT NULL DEFAULT '{}'");
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Takes frames of the quarantine that were not taken before; durable when it returns. */
  take(incarnation: number, frames: readonly Frame[]): void {
    this.#transaction(() => {
      for (const frame of frames) this.#takeFrame(incarnation, frame);
    });
  }

  #takeFrame(incarnation: number, { shard, sequence, tenant, receivedMs, payload }: Frame): void {
    const known = this.#all('SELECT next FROM positions WHERE incarnation = ? AND shard = ?', incarnation, shard);
    if (known.length > 0 && Number(known[0].next) > sequence) return;
    const { header, bytes } = decodeQuarantine(payload);
    const { receiver, sender, format, records } = header;
    const insert = this.#database.prepare(
      'INSERT INTO records (id, tenant, received_ms, receiver, sender, format, code, message, bytes, length, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    for (const [item, entry] of records.entries()) {
      const id = `q-${incarnation}-${shard}-${sequence}-${item}`;
      const { code, message, length } = entry;
      const context = JSON.stringify(contextOf(header, entry));
      insert.run(id, tenant, receivedMs, receiver, sender, format, code, message, bytes[item], length, context);
      this.#keptBytes += bytes[item].length + Buffer.byteLength(context);
    }
    this.#run('INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next', incarnation, shard, sequence + 1);
    this.#run('INSERT INTO tallies VALUES (?, ?, 0) ON CONFLICT DO UPDATE SET taken = taken + excluded.taken', tenant, records.length);
  }

  /** Removes what is older than `beforeMs`, and the oldest beyond `maxBytes`; returns how many. */
  expire(beforeMs: number, maxBytes: number): number {
    let removed = 0;
    this.#transaction(() => {
      removed += this.#remove('received_ms < ?', beforeMs);
      while (this.#keptBytes > maxBytes) {
        const oldest = 'number IN (SELECT number FROM records ORDER BY number LIMIT 100)';
        const count = this.#remove(oldest);
        if (count === 0) break;
        removed += count;
      }
    });
    if (removed > 0) this.#database.exec('PRAGMA incremental_vacuum');
    return removed;
  }

  #remove(condition: string, ...parameters: SQLInputValue[]): number {
    const gone = this.#all(
      `SELECT tenant, count() AS count, sum(${keptBytes}) AS bytes FROM records WHERE ${condition} GROUP BY tenant`,
      ...parameters,
    );
    let removed = 0;
    for (const { tenant, count, bytes } of gone) {
      this.#run('UPDATE tallies SET expired = expired + ? WHERE tenant = ?', count, tenant);
      this.#keptBytes -= Number(bytes);
      removed += Number(count);
    }
    this.#run(`DELETE FROM records WHERE ${condition}`, ...parameters);
    return removed;
  }

  /** A page, newest first, of records below the number `after`. */
  find(filter: QuarantineFilter, limit: number, after?: number): QuarantinePage {
    const { where, parameters } = conditionsOf(filter);
    const { total } = this.#one(`SELECT count() AS total FROM records WHERE ${where}`, ...parameters);
    const rows = this.#all(
      `SELECT * FROM records WHERE ${where} AND number < ? ORDER BY number DESC LIMIT ?`,
      ...parameters,
      after ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    ) as unknown as Row[];
    const page = rows.slice(0, limit);
    return { records: page.map(recordOf), total: Number(total), next: rows.length > limit ? page.at(-1)?.number : undefined };
  }

  /** The oldest that match. */
  oldest(filter: QuarantineFilter, limit: number): readonly QuarantinedRecord[] {
    const { where, parameters } = conditionsOf(filter);
    return (this.#all(`SELECT * FROM records WHERE ${where} ORDER BY number LIMIT ?`, ...parameters, limit) as unknown as Row[]).map(
      recordOf,
    );
  }

  /** Records of all tenants whose replay was begun and never answered. */
  unanswered(): readonly QuarantinedRecord[] {
    return (this.#all("SELECT * FROM records WHERE state = 'replaying' ORDER BY number") as unknown as Row[]).map(recordOf);
  }

  /** Changes the state of records; durable when it returns. */
  setState(ids: readonly string[], state: QuarantineState, replayedMs?: number): void {
    this.#transaction(() => {
      for (const id of ids) this.#run('UPDATE records SET state = ?, replayed_ms = ? WHERE id = ?', state, replayedMs ?? null, id);
    });
  }

  totals(): ReadonlyMap<string, QuarantineTotals> {
    const totals = new Map<string, Record<keyof QuarantineTotals, number>>();
    for (const { tenant, taken, expired } of this.#all('SELECT * FROM tallies')) {
      totals.set(String(tenant), { taken: Number(taken), waiting: 0, replaying: 0, replayed: 0, expired: Number(expired) });
    }
    for (const { tenant, state, count } of this.#all('SELECT tenant, state, count() AS count FROM records GROUP BY tenant, state')) {
      const total = totals.get(String(tenant));
      if (total !== undefined) total[state as QuarantineState] = Number(count);
    }
    return totals;
  }

  close(): void {
    this.#database.close();
  }

  #all(sql: string, ...parameters: SQLInputValue[]) {
    return this.#database.prepare(sql).all(...parameters);
  }

  #one(sql: string, ...parameters: SQLInputValue[]) {
    return this.#all(sql, ...parameters)[0];
  }

  #run(sql: string, ...parameters: SQLInputValue[]): void {
    this.#database.prepare(sql).run(...parameters);
  }

  #transaction(work: () => void): void {
    const keptBytes = this.#keptBytes;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (thrown) {
      this.#database.exec('ROLLBACK');
      this.#keptBytes = keptBytes;
      throw thrown;
    }
  }
}

function conditionsOf(filter: QuarantineFilter): { readonly where: string; readonly parameters: SQLInputValue[] } {
  const { tenant, ids, code, receiver, sender, state, contains, fromMs, toMs } = filter;
  const conditions: (readonly [sql: string, value: SQLInputValue | undefined])[] = [
    ['tenant = ?', tenant],
    ['id IN (SELECT value FROM json_each(?))', ids && JSON.stringify(ids)],
    ['code = ?', code],
    ['receiver = ?', receiver],
    ['sender = ?', sender],
    ['state = ?', state],
    ['instr(bytes, ?) > 0', contains === undefined ? undefined : Buffer.from(contains)],
    ['received_ms >= ?', fromMs],
    ['received_ms < ?', toMs],
  ];
  const given = conditions.filter(([, value]) => value !== undefined);
  return { where: given.map(([sql]) => sql).join(' AND '), parameters: given.map(([, value]) => value as SQLInputValue) };
}

function recordOf(row: Row): QuarantinedRecord {
  const { number: _, received_ms: receivedMs, replayed_ms: replayedMs, context, ...rest } = row;
  return { ...rest, context: JSON.parse(context) as RecordContext, receivedMs, replayedMs: replayedMs ?? undefined };
}
