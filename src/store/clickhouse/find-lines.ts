/**
 * Newest-first (or oldest-first) reads in two steps: the keys of the wanted lines over widening time windows, then the
 * wide columns of just those lines. A plain ORDER BY … LIMIT with all columns reads far more than it returns.
 */
import type { QueryNode } from '#language/ast.ts';
import { resolveField } from '#language/fields.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey, LineQuery, LinesAnswer, ReadOptions, TimeRange } from '../log-store.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Database } from './database.ts';
import { windowsOver } from './density.ts';
import type { DensityCache } from './density.ts';
import { keyColumns, keyOfRow, keyText, lineColumns, lineOfColumns } from './line-rows.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, everywhere, inRange, lineConditions, memtableBranches, rangeParameters, unionOfSources } from './sources.ts';
import type { LineConditions } from './sources.ts';
import type { AbsentNames } from './absent-names.ts';

interface FoundKey {
  readonly key: LineKey;
  readonly service: string;
  /** Number of the memtable that holds the line; 0 for the committed table. */
  readonly memtable: number;
}

/**
 * Lines of the first window. A query that an index narrows down costs little over many lines and wants few windows; one
 * that most lines match wants a small first window.
 */
const firstWindowRows = { narrow: 2_000_000, wide: 65_536 } as const;
const windowGrowth = 16;

/** What reads of one store share. */
export interface ReadParts {
  readonly database: Database;
  readonly density: DensityCache;
  readonly absentNames: AbsentNames;
}

/** Finds lines of one snapshot; the caller holds and releases it. */
export async function findLines(
  { database, density, absentNames }: ReadParts,
  snapshot: Snapshot,
  query: LineQuery,
  options: ReadOptions,
): Promise<LinesAnswer> {
  const [tenantDensity, absent] = await Promise.all([
    density.of(query.tenant, snapshot.generation, options),
    absentNames.of(query.tenant, query.where, query.range, snapshot, options),
  ]);
  const search = new KeySearch(database, snapshot, query, options, absent);
  const range = behindCursor(query);
  const firstRows = isNarrow(query.where) ? firstWindowRows.narrow : firstWindowRows.wide;
  const windows = windowsOver(range, tenantDensity, query.order, firstRows, windowGrowth);
  await search.memtablesAndFirstWindow(range, windows[0]);
  for (const window of windows.slice(1)) {
    if (search.satisfiedBefore(window) || search.searchedToNs !== undefined) break;
    await search.window(window);
  }
  const offset = query.offset ?? 0;
  const page = search.found.slice(offset, offset + query.limit);
  const lines = await readLines(database, snapshot, query.tenant, page, options);
  const stopped = search.searchedToNs !== undefined && search.found.length < offset + query.limit;
  const reason = snapshot.incompleteReason ?? (stopped ? 'stopped at the bound of scanned lines ("search.max_scanned_rows")' : undefined);
  const last = page.at(-1)?.key;
  return {
    lines,
    ...(last ? { lastKey: last } : {}),
    hasMore: search.found.length > offset + query.limit,
    ...(stopped ? { searchedToNs: search.searchedToNs } : {}),
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows: search.scannedRows,
  };
}

const keyAndService = `${keyColumns}, service`;

/** Collects the first keys in order, window by window. */
class KeySearch {
  readonly #database: Database;
  readonly #snapshot: Snapshot;
  readonly #query: LineQuery;
  readonly #options: ReadOptions;
  readonly #conditions: LineConditions;
  /** One more than asked for, to know whether there are more. */
  readonly #wanted: number;
  found: FoundKey[] = [];
  scannedRows = 0;
  /** Set where the bound of scanned rows ended the search: it is whole up to here, and nothing beyond is kept. */
  searchedToNs: bigint | undefined;

  constructor(database: Database, snapshot: Snapshot, query: LineQuery, options: ReadOptions, absentNames: readonly string[]) {
    this.#database = database;
    this.#snapshot = snapshot;
    this.#query = query;
    this.#options = options;
    this.#conditions = withCursor(lineConditions(query.tenant, query.where, absentNames), query);
    this.#wanted = query.limit + (query.offset ?? 0) + 1;
  }

  /** Memtables are small and searched whole: a late line may be older than any window. */
  async memtablesAndFirstWindow(range: TimeRange, window: TimeRange): Promise<void> {
    const branches = [
      this.#committedBranch(),
      ...memtableBranches(this.#snapshot, keyAndService, `${this.#conditions.memtable} AND ${inRange('from_ns', 'to_ns')}`, this.#order),
    ];
    await this.#collect(branches, window, rangeParameters(range));
  }

  async window(window: TimeRange): Promise<void> {
    await this.#collect([this.#committedBranch()], window, {});
  }

  /** Nothing in the window can come before what is found. */
  satisfiedBefore(window: TimeRange): boolean {
    const last = this.found.length >= this.#wanted ? this.found[this.#wanted - 1].key.tsNs : undefined;
    if (last === undefined) return false;
    return this.#query.order === 'desc' ? last >= window.toNs : last < window.fromNs;
  }

  get #order(): string {
    const direction = this.#query.order === 'desc' ? 'DESC' : 'ASC';
    return `ORDER BY ts ${direction}, origin ${direction}, seq ${direction}, row_no ${direction} LIMIT ${this.#wanted}`;
  }

  #committedBranch(): string {
    const where = `${committedCondition(this.#snapshot).sql} AND ${this.#conditions.committed} AND ${inRange('window_from', 'window_to')}`;
    return `SELECT ${keyAndService}, toUInt32(0) AS memtable FROM ${logsTable} WHERE ${where} ${this.#order}`;
  }

  async #collect(branches: readonly string[], window: TimeRange, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const budget = this.#options.limits.maxScannedRows - this.scannedRows;
    try {
      const { rows, scannedRows } = await this.#database.select(
        `SELECT * FROM (${branches.map((branch) => `SELECT * FROM (${branch})`).join('\nUNION ALL\n')})`,
        {
          ...this.#conditions.parameters,
          ...committedCondition(this.#snapshot).parameters,
          ...parameters,
          window_from: window.fromNs.toString(),
          window_to: window.toNs.toString(),
        },
        this.#options,
        { max_rows_to_read: Math.max(1, budget), read_overflow_mode: "'throw'" },
      );
      this.scannedRows += scannedRows;
      const more = rows.map((row) => ({ key: keyOfRow(row), service: row[4] as string, memtable: Number(row[5]) }));
      this.found = mergeKeys(this.found, more, this.#query.order).slice(0, this.#wanted);
    } catch (error) {
      if (!(error instanceof RowBudgetExceeded)) throw error;
      const edge = this.#query.order === 'desc' ? window.toNs : window.fromNs;
      this.searchedToNs = edge;
      this.found = this.found.filter(({ key }) => (this.#query.order === 'desc' ? key.tsNs >= edge : key.tsNs < edge));
    }
  }
}

/** Keys go in the URL of the request, so they are asked for in portions. */
const keysPerRead = 400;

/** Keyed lines with all columns, in the order of the keys. */
async function readLines(
  database: Database,
  snapshot: Snapshot,
  tenant: string,
  keys: readonly FoundKey[],
  options: ReadOptions,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (let first = 0; first < keys.length; first += keysPerRead) {
    lines.push(...(await readPortion(database, snapshot, tenant, keys.slice(first, first + keysPerRead), options)));
  }
  return lines;
}

/** The primary key's second part. */
const bucketSeconds = 300;
const bucketNs = 300_000_000_000n;

/** The primary key narrows by five minutes, service and time; the sequence tells neighbours in a granule apart. */
const keyCondition = `tenant = {tenant:String} AND toStartOfFiveMinutes(ts) IN {buckets:Array(DateTime('UTC'))}
  AND service IN {services:Array(String)} AND ts IN {times:Array(DateTime64(9, 'UTC'))} AND seq IN {seqs:Array(UInt64)}`;

async function readPortion(
  database: Database,
  snapshot: Snapshot,
  tenant: string,
  keys: readonly FoundKey[],
  options: ReadOptions,
): Promise<LogLine[]> {
  const times = [...new Set(keys.map(({ key }) => key.tsNs))];
  const sources = new Set(keys.map(({ memtable }) => memtable));
  const { rows } = await database.select(
    `SELECT * FROM (${unionOfSources(snapshot, lineColumns, everywhere(keyCondition), '', sources)})`,
    {
      tenant,
      ...committedCondition(snapshot).parameters,
      buckets: [...new Set(times.map((ns) => Number(ns / bucketNs) * bucketSeconds))].map(String),
      services: [...new Set(keys.map(({ service }) => service))],
      seqs: [...new Set(keys.map(({ key }) => key.seq))],
      times: times.map(secondsText),
    },
    options,
  );
  const byKey = new Map(rows.map((row) => [keyText(keyOfRow(row)), row]));
  return keys.flatMap(({ key }) => {
    const row = byKey.get(keyText(key));
    return row === undefined ? [] : [lineOfColumns(row)];
  });
}

/** Nanoseconds as decimal seconds, which the engine reads as a DateTime64. */
const secondsText = (ns: bigint): string =>
  `${(ns / 1_000_000_000n).toString().padStart(10, '0')}.${(ns % 1_000_000_000n).toString().padStart(9, '0')}`;

function mergeKeys(known: readonly FoundKey[], more: readonly FoundKey[], order: 'desc' | 'asc'): FoundKey[] {
  const sign = order === 'desc' ? -1 : 1;
  return [...known, ...more].sort((a, b) => sign * compareKeys(a.key, b.key));
}

function compareKeys(a: LineKey, b: LineKey): number {
  if (a.tsNs !== b.tsNs) return a.tsNs < b.tsNs ? -1 : 1;
  return a.origin - b.origin || a.seq - b.seq || a.rowNo - b.rowNo;
}

/** The part of the range that lies behind the cursor, its own instant included. */
function behindCursor({ range, order, after }: LineQuery): TimeRange {
  if (after === undefined) return range;
  if (order === 'desc') return { fromNs: range.fromNs, toNs: after.tsNs + 1n < range.toNs ? after.tsNs + 1n : range.toNs };
  return { fromNs: after.tsNs > range.fromNs ? after.tsNs : range.fromNs, toNs: range.toNs };
}

function withCursor(conditions: LineConditions, { after, order }: LineQuery): LineConditions {
  if (after === undefined) return conditions;
  const comparison = order === 'desc' ? '<' : '>';
  const behind = ` AND (toUnixTimestamp64Nano(ts), origin, seq, row_no) ${comparison} ({after_ns:Int64}, {after_origin:UInt32}, {after_seq:UInt64}, {after_row:UInt16})`;
  return {
    committed: conditions.committed + behind,
    memtable: conditions.memtable + behind,
    parameters: {
      ...conditions.parameters,
      after_ns: after.tsNs.toString(),
      after_origin: after.origin,
      after_seq: after.seq,
      after_row: after.rowNo,
    },
  };
}

/** True where an index is likely to leave few lines: every match holds some word or exact value. */
function isNarrow(node: QueryNode): boolean {
  switch (node.kind) {
    case 'word':
    case 'phrase':
      return true;
    case 'field-equals':
      return ['id', 'message', 'entry', 'property'].includes(resolveField(node.field).kind);
    case 'and':
      return node.children.some(isNarrow);
    case 'or':
      return node.children.every(isNarrow);
    default:
      return false;
  }
}
