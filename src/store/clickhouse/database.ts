/**
 * ClickHouse as the store uses it: statements with parameters, rows as JSON arrays, Native inserts, and the mapping of
 * its errors to ours. The embedded engine and a cluster are reached through the same official client.
 */
import { ClickHouseError } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { AppError } from '#base/errors.ts';
import { engineClassHeaders } from '#engine/engine-client.ts';
import { textSearchSettings } from '#language/text-index.ts';
import type { ReadOptions } from '../log-store.ts';

export type Parameters = Readonly<Record<string, unknown>>;
export type Settings = Readonly<Record<string, string | number>>;

/** One client per class of work, so that searches cannot take the sessions of inserts and flushes. */
export interface ClientsByClass {
  readonly insert: ClickHouseClient;
  readonly flush: ClickHouseClient;
  readonly search: ClickHouseClient;
}

/** How Native blocks get in; the embedded engine has a shorter way than its socket. */
export interface BlockInserter {
  insert(insert: { table: string; columns: readonly string[]; blocks: readonly Uint8Array[]; signal?: AbortSignal }): Promise<number>;
}

export interface RowsResult {
  /** Values in the order of the SELECT list; 64-bit integers as text. */
  readonly rows: readonly (readonly unknown[])[];
  readonly scannedRows: number;
}

interface JsonCompactAnswer {
  readonly data: unknown[][];
  readonly statistics?: { readonly rows_read: number };
}

/** Settings that make answers the same on every engine, whatever its profile says. */
const answerSettings: Settings = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_denormals: 0 };

const searchSettings: Settings = { ...answerSettings, ...textSearchSettings };

/** ClickHouse error codes that a bound of ours causes. */
const memoryLimitCodes = new Set(['241']);
const timeoutCodes = new Set(['159', '160']);
const rowLimitCodes = new Set(['158', '307']);
const cancelledCodes = new Set(['394', '395']);
/** The memtables of a query were given up while it ran. */
const unknownTableCodes = new Set(['60']);
const overloadCodes = new Set(['202']);

export class Database {
  readonly #clients: ClientsByClass;
  readonly #blocks: BlockInserter;

  constructor(clients: ClientsByClass, blocks: BlockInserter) {
    this.#clients = clients;
    this.#blocks = blocks;
  }

  /**
   * Runs a SELECT of the search class within the limits. They stand in the statement: settings of the request would cost
   * the engine a statement of their own whenever a session's last query had others. `settings` are SQL literals.
   */
  async select(
    sql: string,
    parameters: Parameters,
    { limits, signal, queryId, workClass = 'search' }: ReadOptions,
    settings: Settings = {},
  ): Promise<RowsResult> {
    const bounds = {
      ...searchSettings,
      max_execution_time: limits.timeoutMs / 1000,
      max_memory_usage: Math.round(limits.maxMemoryBytes),
      ...settings,
    };
    const clause = Object.entries(bounds)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ');
    try {
      const result = await this.#clients.search.query({
        query: `${sql}\nSETTINGS ${clause}`,
        format: 'JSONCompact',
        query_params: { ...parameters },
        ...(signal ? { abort_signal: signal } : {}),
        ...(queryId ? { query_id: queryId } : {}),
        ...(workClass === 'search' ? {} : { http_headers: engineClassHeaders(workClass) }),
      });
      const answer = (await result.json()) as unknown as JsonCompactAnswer;
      return { rows: answer.data, scannedRows: answer.statistics?.rows_read ?? 0 };
    } catch (error) {
      throw searchError(error, limits, signal);
    }
  }

  /** A small internal SELECT outside the search class, so that upkeep works while searches queue. */
  async selectInternal(sql: string, parameters: Parameters = {}): Promise<readonly (readonly unknown[])[]> {
    const result = await this.#clients.insert.query({
      query: sql,
      format: 'JSONCompact',
      query_params: { ...parameters },
      clickhouse_settings: answerSettings,
    });
    return ((await result.json()) as unknown as JsonCompactAnswer).data;
  }

  /** Runs a statement without rows. Rejects with the engine's error. */
  async command(
    sql: string,
    workClass: 'insert' | 'flush',
    settings: Settings = {},
    parameters: Parameters = {},
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#clients[workClass].command({
      query: sql,
      query_params: { ...parameters },
      clickhouse_settings: { ...settings },
      ...(signal ? { abort_signal: signal } : {}),
    });
  }

  /** Inserts concatenated Native blocks, of which each may lack columns that hold only defaults; returns the rows written. */
  insertNative(table: string, columns: readonly string[], blocks: readonly Uint8Array[], signal: AbortSignal): Promise<number> {
    return this.#blocks.insert({ table, columns, blocks, signal });
  }
}

/** What the writing side asks of ClickHouse. */
export type Statements = Pick<Database, 'command' | 'insertNative' | 'selectInternal'>;

/** True where the statement was read but its rows are over `max_rows_to_read`: a narrower window may still answer. */
export class RowBudgetExceeded extends Error {}

function searchError(error: unknown, limits: ReadOptions['limits'], signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new AppError('cancelled', 'the search was cancelled', { cause: error });
  if (!(error instanceof ClickHouseError)) {
    return new AppError('search_unavailable', 'the storage engine does not answer', { cause: error, retryAfterMs: 1000 });
  }
  if (rowLimitCodes.has(error.code)) return new RowBudgetExceeded();
  if (timeoutCodes.has(error.code)) {
    return new AppError('query_timeout', `the query took longer than ${limits.timeoutMs} ms; narrow it or raise "search.timeout"`, {
      details: { setting: 'search.timeout', limit_ms: limits.timeoutMs },
      cause: error,
    });
  }
  if (memoryLimitCodes.has(error.code)) {
    return new AppError('query_too_expensive', 'the query needs more memory than "search.max_memory" allows; narrow it', {
      details: { setting: 'search.max_memory', limit_bytes: limits.maxMemoryBytes },
      cause: error,
    });
  }
  if (overloadCodes.has(error.code)) {
    return new AppError('search_overloaded', 'the storage engine runs too many queries', {
      details: { setting: 'engine.search_sessions' },
      retryAfterMs: 1000,
      cause: error,
    });
  }
  if (unknownTableCodes.has(error.code)) {
    const message = 'the search store recovered while the query ran; ask again';
    return new AppError('search_unavailable', message, { cause: error, retryAfterMs: 1000 });
  }
  if (cancelledCodes.has(error.code)) return new AppError('cancelled', 'the query was stopped', { cause: error });
  return new AppError('internal', 'the storage engine refused the query', { cause: error });
}
