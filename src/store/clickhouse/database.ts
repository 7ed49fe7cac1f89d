/**
 * ClickHouse as the store uses it: statements with parameters, rows as JSON arrays, Native inserts, and the mapping of
 * its errors to ours. The embedded engine and a cluster are reached through the same interface.
 */
import { AppError } from '#base/errors.ts';
import { ClickHouseError } from '#engine/clickhouse-error.ts';
import type { ClickHouseHttp, Statement } from '#engine/clickhouse-http.ts';
import type { ParameterValue } from '#engine/parameter-text.ts';
import { textSearchSettings } from '#language/text-index.ts';
import type { ReadOptions } from '../log-store.ts';

export type Parameters = Readonly<Record<string, ParameterValue>>;
export type Settings = Readonly<Record<string, string | number>>;

/** How Native blocks get in; the embedded engine has a shorter way than its socket. */
export interface BlockInserter {
  insert(insert: { table: string; columns: readonly string[]; blocks: readonly Uint8Array[]; signal?: AbortSignal }): Promise<number>;
}

export interface RowsResult {
  /** Values in the order of the SELECT list; 64-bit integers as text. */
  readonly rows: readonly (readonly unknown[])[];
  readonly scannedRows: number;
  /** Rows before the statement's LIMIT; exact where it sorts them all. Undefined where it has none. */
  readonly rowsBeforeLimit?: number;
}

interface JsonCompactAnswer {
  readonly data: unknown[][];
  readonly rows_before_limit_at_least?: number;
  readonly statistics?: { readonly rows_read: number };
}

/** Settings that make answers the same on every engine, whatever its profile says. */
const answerSettings: Settings = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_denormals: 0 };

/** In rows a map is a list of [key, value]. Not where the engine renders lines itself: there it is an object. */
const rowsSettings: Settings = { output_format_json_map_as_array_of_tuples: 1, output_format_json_named_tuples_as_objects: 0 };

/**
 * A page is asked of a window that is cut to its size, so leaving out rows by the keys found so far spares nothing; it costs
 * 3 ms of planning, and beside a text index twice the time of the read (an id in any attribute: 28 ms, without 16).
 */
const pageSettings: Settings = { use_top_k_dynamic_filtering: 0, use_skip_indexes_for_top_k: 0 };

const searchSettings: Settings = { ...answerSettings, ...textSearchSettings, ...pageSettings };

/** ClickHouse error codes that a bound of ours causes. */
const memoryLimitCodes = new Set(['241']);
const timeoutCodes = new Set(['159', '160']);
const rowLimitCodes = new Set(['158', '307']);
const resultLimitCodes = new Set(['396']);
const cancelledCodes = new Set(['394', '395']);
/** The memtables of a query were given up while it ran. */
const unknownTableCodes = new Set(['60']);
const overloadCodes = new Set(['202']);

export class Database {
  readonly #client: ClickHouseHttp;
  readonly #blocks: BlockInserter;

  constructor(client: ClickHouseHttp, blocks: BlockInserter) {
    this.#client = client;
    this.#blocks = blocks;
  }

  /** Runs a SELECT of the search class within the limits. `settings` are SQL literals. */
  async select(sql: string, parameters: Parameters, options: ReadOptions, settings: Settings = {}): Promise<RowsResult> {
    try {
      const { body } = await this.#client.run(boundedStatement(sql, parameters, 'JSONCompact', options, { ...rowsSettings, ...settings }));
      const answer = JSON.parse(body.toString()) as JsonCompactAnswer;
      return { rows: answer.data, scannedRows: answer.statistics?.rows_read ?? 0, rowsBeforeLimit: answer.rows_before_limit_at_least };
    } catch (error) {
      throw searchError(error, options.limits, options.signal);
    }
  }

  /** The same with an answer in any format, whole. */
  async selectBytes(sql: string, parameters: Parameters, format: string, options: ReadOptions, settings: Settings = {}): Promise<Buffer> {
    try {
      return (await this.#client.run(boundedStatement(sql, parameters, format, options, settings))).body;
    } catch (error) {
      throw searchError(error, options.limits, options.signal);
    }
  }

  /** The same as it is made, and no faster than it is read; who stops reading ends the statement. */
  async *stream(
    sql: string,
    parameters: Parameters,
    format: string,
    options: ReadOptions,
    settings: Settings = {},
  ): AsyncGenerator<Buffer> {
    try {
      yield* await this.#client.stream(boundedStatement(sql, parameters, format, options, settings));
    } catch (error) {
      throw searchError(error, options.limits, options.signal);
    }
  }

  /** A small internal SELECT outside the search class, so that upkeep works while searches queue. */
  async selectInternal(
    sql: string,
    parameters: Parameters = {},
    sessionClass: 'insert' | 'flush' = 'insert',
  ): Promise<readonly (readonly unknown[])[]> {
    const { body } = await this.#client.run({
      sql,
      parameters,
      settings: answerSettings,
      format: 'JSONCompact',
      sessionClass,
    });
    return (JSON.parse(body.toString()) as JsonCompactAnswer).data;
  }

  /** Runs a statement without rows. Rejects with the engine's error. */
  async command(
    sql: string,
    workClass: 'insert' | 'flush',
    settings: Settings = {},
    parameters: Parameters = {},
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#client.run({ sql, parameters, settings, sessionClass: workClass, ...(signal ? { signal } : {}) });
  }

  /** Inserts concatenated Native blocks, of which each may lack columns that hold only defaults; returns the rows written. */
  insertNative(table: string, columns: readonly string[], blocks: readonly Uint8Array[], signal: AbortSignal): Promise<number> {
    return this.#blocks.insert({ table, columns, blocks, signal });
  }
}

/**
 * The statement with its bounds. They stand in it: settings of the request would cost the engine a statement of their own
 * whenever a session's last query had others.
 */
function boundedStatement(
  sql: string,
  parameters: Parameters,
  format: string,
  { limits, signal, queryId, workClass = 'search' }: ReadOptions,
  settings: Settings,
): Statement {
  const bounds = {
    ...searchSettings,
    max_execution_time: limits.timeoutMs / 1000,
    max_memory_usage: Math.round(limits.maxMemoryBytes),
    ...settings,
  };
  const clause = Object.entries(bounds)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
  return {
    sql: `${sql}\nSETTINGS ${clause}`,
    parameters,
    format,
    sessionClass: workClass,
    ...(signal ? { signal } : {}),
    ...(queryId ? { queryId } : {}),
  };
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
  if (resultLimitCodes.has(error.code)) {
    return new AppError('limit_exceeded', 'the answer is over "engine.max_buffered_result"; POST /v1/exports makes large files', {
      details: { setting: 'engine.max_buffered_result' },
      cause: error,
    });
  }
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
