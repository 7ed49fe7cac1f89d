/**
 * Newest-first (or oldest-first) reads: the memtables, where the newest lines are, then the committed table over widening
 * time windows, until nothing further can come before what is found. The engine reads the wide columns of just the lines
 * that it returns (lazy materialisation), so one statement does for a page; a large page is read by its keys, in portions.
 */
import type { QueryNode } from '#language/ast.ts';
import { isLookup, isNarrow } from '#language/selectivity.ts';
import type { LineKey, LineQuery, LinesAnswer, ReadOptions, TimeRange } from '../log-store.ts';
import type { AbsentNames } from './absent-names.ts';
import type { CommittedCounts } from './count-lines.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Database, Parameters } from './database.ts';
import { overlapOf, windowsOver } from './density.ts';
import type { Density, DensityCache } from './density.ts';
import { keyColumns, keyOfRow, lineColumns, lineOfColumns, serviceOfLine } from './line-rows.ts';
import { largestReadLines, readLines } from './read-lines.ts';
import { logsTable, memtableName } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { firstWindowRows } from './search-windows.ts';
import { committedCondition, coversAll, lineConditions, rangeParameters, unionAll, withinRange } from './sources.ts';
import type { LineConditions } from './sources.ts';
import type { KeptRollups } from './kept-rollups.ts';

/** A line's key and the row it was read as: with all its columns, or with the key and the service alone. */
export interface FoundLine {
  readonly key: LineKey;
  readonly service: string;
  readonly row: readonly unknown[];
  /** It has all columns. */
  readonly isWhole: boolean;
  /** Number of the memtable that holds the line; 0 for the committed table. */
  readonly memtable: number;
}

/** Of a window to the one before. */
const windowGrowth = 16;

/** What reads of one store share. */
export interface ReadParts {
  readonly database: Database;
  readonly density: DensityCache;
  readonly absentNames: AbsentNames;
  readonly committedCounts: CommittedCounts;
  readonly keptRollups: KeptRollups;
}

/** Is told how many lines of a query are in the memtables, as soon as that is known; undefined where it will not be. */
export type LiveCountListener = (count: number | undefined) => void;

/** Finds lines of one snapshot; the caller holds and releases it. */
export async function findLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: LineQuery,
  options: ReadOptions,
  onLiveCount: LiveCountListener = () => undefined,
): Promise<LinesAnswer> {
  const search = new LineSearch(parts, snapshot, query, options, onLiveCount);
  await search.run(await parts.density.of(query.tenant, snapshot.generation, options));
  const offset = query.offset ?? 0;
  const page = search.found.slice(offset, offset + query.limit);
  const lines = page.every(({ isWhole }) => isWhole)
    ? page.map(({ row }) => lineOfColumns(row))
    : await readLines(parts.database, snapshot, query.tenant, page, options);
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

/** A part of what is searched. */
interface Portion {
  readonly range: TimeRange;
  /** The memtables. */
  readonly isLive: boolean;
  /** Undefined where it is over the bound of scanned rows. */
  read(): Promise<FoundLine[] | undefined>;
}

/** What a statement over some tables brought. */
interface TablesRead {
  readonly lines: FoundLine[];
  /** Lines that match, those beyond the limit too; exact for one table that is sorted. */
  readonly matched: number | undefined;
}

interface Table {
  readonly name: string;
  /** Of the memtable; 0 for the committed table. */
  readonly number: number;
  readonly where: string;
}

const keyAndService = `${keyColumns}, service`;
const serviceBehindKey = 4;

/** Collects the first lines in order. */
class LineSearch {
  readonly #parts: ReadParts;
  readonly #snapshot: Snapshot;
  readonly #query: LineQuery;
  readonly #options: ReadOptions;
  readonly #onLiveCount: LiveCountListener;
  /** One more than asked for, to know whether there are more. */
  readonly #wanted: number;
  found: FoundLine[] = [];
  scannedRows = 0;
  /** Set where the bound of scanned rows ended the search: it is whole up to here, and nothing beyond is kept. */
  searchedToNs: bigint | undefined;

  constructor(parts: ReadParts, snapshot: Snapshot, query: LineQuery, options: ReadOptions, onLiveCount: LiveCountListener) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#query = query;
    this.#options = options;
    this.#onLiveCount = onLiveCount;
    this.#wanted = query.limit + (query.offset ?? 0) + 1;
  }

  /** Reads one portion after the other, those side by side that are likely to be needed both, until no further one can matter. */
  async run(density: Density): Promise<void> {
    const portions = this.#portions(density);
    // who counts need not wait for what comes later, if at all, or tells nothing of all lines
    if (portions.length === 0 || !portions[0].isLive || !this.#knowsLiveCount) this.#onLiveCount(undefined);
    while (portions.length > 0 && this.searchedToNs === undefined && !this.#satisfiedBefore(portions[0].range)) {
      const together = portions.splice(0, this.#needsBoth(portions) ? 2 : 1);
      const found = await Promise.all(together.map(({ read }) => read()));
      for (const [index, { range }] of together.entries()) this.#take(found[index], range);
    }
  }

  /** In the order in which their first lines can come: the windows of the committed table, and the memtables as a whole. */
  #portions(density: Density): Portion[] {
    const { where, order } = this.#query;
    const range = behindCursor(this.#query);
    const portions = windowsOfSearch(where, order, range, density, this.#wanted).map(
      (window): Portion => ({ range: window, isLive: false, read: () => this.#readWindow(window, density) }),
    );
    const live = this.#snapshot.memtables.length === 0 ? undefined : overlapOf(range, this.#snapshot.liveExtent);
    if (live === undefined) return portions;
    const isDescending = order === 'desc';
    const at = portions.findIndex(({ range: { fromNs, toNs } }) => (isDescending ? live.toNs >= toNs : live.fromNs <= fromNs));
    portions.splice(at < 0 ? portions.length : at, 0, { range: live, isLive: true, read: () => this.#readMemtables(live) });
    return portions;
  }

  /**
   * The memtables alone often have enough of all lines, or of a word; where that is doubtful the window behind them is asked
   * with them. A lookup is likely to come to its end.
   */
  #needsBoth([first, second]: readonly Portion[]): boolean {
    if (second === undefined) return false;
    const { where } = this.#query;
    if (isLookup(where)) return true;
    return first.isLive && where.kind !== 'all' && !isNarrow(where);
  }

  /** Nothing in the window can come before what is found. */
  #satisfiedBefore(window: TimeRange): boolean {
    const last = this.found.length >= this.#wanted ? this.found[this.#wanted - 1].key.tsNs : undefined;
    if (last === undefined) return false;
    return this.#query.order === 'desc' ? last >= window.toNs : last < window.fromNs;
  }

  /** A sort of one memtable tells how many lines it sorts, of the whole range where the page is the first. */
  get #knowsLiveCount(): boolean {
    return this.#query.after === undefined && this.#snapshot.memtables.length === 1 && !isLookup(this.#query.where);
  }

  /** Adds what a read of the range brought; undefined, where it was too much, ends the search at the range's edge. */
  #take(more: readonly FoundLine[] | undefined, { fromNs, toNs }: TimeRange): void {
    if (this.searchedToNs !== undefined) return;
    const isDescending = this.#query.order === 'desc';
    if (more === undefined) {
      const edge = isDescending ? toNs : fromNs;
      this.searchedToNs = edge;
      this.found = this.found.filter(({ key }) => (isDescending ? key.tsNs >= edge : key.tsNs < edge));
      return;
    }
    const sign = isDescending ? -1 : 1;
    this.found = [...this.found, ...more].sort((a, b) => sign * compareKeys(a.key, b.key)).slice(0, this.#wanted);
  }

  /** Memtables are small and searched whole: a late line may be older than any window. */
  async #readMemtables(range: TimeRange): Promise<FoundLine[] | undefined> {
    const conditions = this.#conditions([]);
    const { memtable: where } = withinRange(conditions);
    const tables = this.#snapshot.memtables.map((number): Table => ({ name: memtableName(number), number, where }));
    const read = await this.#readFrom(tables, { ...conditions.parameters, ...rangeParameters(range) });
    this.#onLiveCount(this.#knowsLiveCount ? read?.matched : undefined);
    return read?.lines;
  }

  /** To ask for absent names first would cost a lookup more than it spares: the indexes answer it as it is. */
  async #readWindow(window: TimeRange, density: Density): Promise<FoundLine[] | undefined> {
    const { tenant, where, range } = this.#query;
    const { absentNames } = this.#parts;
    const absent = isLookup(where)
      ? absentNames.known(tenant, where, this.#snapshot, this.#options)
      : await absentNames.of(tenant, where, range, this.#snapshot, this.#options);
    const conditions = this.#conditions(absent);
    const visible = committedCondition(this.#snapshot);
    const { committed } = withinRange(conditions, coversAll(window, density.extent));
    const table = { name: logsTable, number: 0, where: `${visible.sql} AND ${committed}` };
    const read = await this.#readFrom([table], { ...conditions.parameters, ...visible.parameters, ...rangeParameters(window) });
    return read?.lines;
  }

  #conditions(absentNames: readonly string[]): LineConditions {
    return withCursor(lineConditions(this.#query.tenant, this.#query.where, absentNames), this.#query);
  }

  /**
   * The first lines of the tables in order; undefined where they are over the bound of scanned rows. A lookup mostly finds few:
   * then the engine need not sort them, which takes it a third of the time, and they are read whole whatever the page's size.
   */
  async #readFrom(tables: readonly Table[], parameters: Parameters): Promise<TablesRead | undefined> {
    if (isLookup(this.#query.where)) {
      const atMost = Math.min(this.#wanted, largestReadLines);
      const few = await this.#read(tables, lineColumns, `LIMIT ${atMost}`, parameters);
      if (few === undefined || few.lines.length < atMost) return few;
    }
    const direction = this.#query.order === 'desc' ? 'DESC' : 'ASC';
    const order = `ORDER BY ts ${direction}, origin ${direction}, seq ${direction}, row_no ${direction} LIMIT ${this.#wanted}`;
    return this.#read(tables, this.#wanted > largestReadLines ? keyAndService : lineColumns, order, parameters);
  }

  async #read(tables: readonly Table[], columns: string, tail: string, parameters: Parameters): Promise<TablesRead | undefined> {
    const budget = Math.max(1, this.#options.limits.maxScannedRows - this.scannedRows);
    const selects = tables.map(
      ({ name, number, where }) => `(SELECT ${columns}, ${number} AS memtable FROM ${name} WHERE ${where} ${tail})`,
    );
    try {
      const { rows, scannedRows, rowsBeforeLimit } = await this.#parts.database.select(unionAll(selects), parameters, this.#options, {
        max_rows_to_read: budget,
        read_overflow_mode: "'throw'",
        ...(this.#knowsLiveCount ? { exact_rows_before_limit: 1 } : {}),
      });
      this.scannedRows += scannedRows;
      const isWhole = columns === lineColumns;
      const lines = rows.map((row) => ({
        key: keyOfRow(row),
        service: row[isWhole ? serviceOfLine : serviceBehindKey] as string,
        row,
        isWhole,
        memtable: Number(row.at(-1)),
      }));
      return { lines, matched: rowsBeforeLimit };
    } catch (error) {
      if (error instanceof RowBudgetExceeded) return undefined;
      throw error;
    }
  }
}

/** The parts of the range that are searched one after the other: those in which there are committed lines. */
export function windowsOfSearch(
  where: QueryNode,
  order: LineQuery['order'],
  range: TimeRange,
  density: Density,
  wantedLines = 100,
): TimeRange[] {
  const committed = overlapOf(range, density.extent);
  if (committed === undefined) return [];
  return windowsOver(committed, density, order, firstWindowRows(where, wantedLines), windowGrowth);
}

function compareKeys(a: LineKey, b: LineKey): number {
  if (a.tsNs !== b.tsNs) return a.tsNs < b.tsNs ? -1 : 1;
  return a.origin - b.origin || a.seq - b.seq || a.rowNo - b.rowNo;
}

/** The part of the range that lies behind the cursor, its own instant included. */
export function behindCursor({ range, order, after }: Pick<LineQuery, 'range' | 'order' | 'after'>): TimeRange {
  if (after === undefined) return range;
  if (order === 'desc') return { fromNs: range.fromNs, toNs: after.tsNs + 1n < range.toNs ? after.tsNs + 1n : range.toNs };
  return { fromNs: after.tsNs > range.fromNs ? after.tsNs : range.fromNs, toNs: range.toNs };
}

/** The conditions with the one that leaves out what is not behind the cursor. */
export function withCursor(conditions: LineConditions, { after, order }: Pick<LineQuery, 'after' | 'order'>): LineConditions {
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
