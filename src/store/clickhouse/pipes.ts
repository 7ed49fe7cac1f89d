/**
 * Queries with pipes: one statement over the committed table and the memtables. Counts come from the roll-ups where these
 * answer exactly. Where the newest lines are wanted and nothing else, the statement is asked over widening ranges until it
 * has them, since what is older comes behind.
 */
import { askedRows, compilePipes, takesNewestLines } from '#language/pipes.ts';
import type { CountsQuery, OutputColumn, PipeSource, PipeValue, ValueType } from '#language/pipes.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { PipeAnswer, PipeQuery, PipeStatement } from '../pipe-reads.ts';
import { countPlan, countSource } from './count-source.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import { windowsOfSearch } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { lineColumnList, lineOfColumns } from './line-rows.ts';
import { aliasParameters, patternIdOf, patternSource, standingPattern } from './patterns.ts';
import type { Snapshot } from './snapshots.ts';
import { alsoWith, committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

interface Statement {
  readonly sql: string;
  readonly parameters: Parameters;
  readonly columns: readonly OutputColumn[];
}

/** Answers from one snapshot; the caller holds and releases it. */
export async function runPipes(parts: ReadParts, snapshot: Snapshot, query: PipeQuery, options: ReadOptions): Promise<PipeAnswer> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const statement = await statementOf(parts, snapshot, query, density, options);
  const read: Read = takesNewestLines(query.plan)
    ? await readNewest(parts, statement, rangesOf(query, density), rowsWanted(query), options)
    : await parts.database.select(statement.sql, statement.parameters, options);
  const rows = read.rows.slice(0, query.maxRows);
  const { searchedToNs } = read;
  const stopped = searchedToNs === undefined ? undefined : 'stopped at the bound of scanned lines ("search.max_scanned_rows")';
  const reason = snapshot.incompleteReason ?? stopped;
  const isTable = query.plan.output.kind === 'table';
  const first = isTable ? 0 : lineColumnList.length;
  return {
    lines: isTable ? [] : rows.map(lineOfColumns),
    rows: rows.map((row) => statement.columns.map(({ value: { type } }, i) => valueOf(type, row[first + i]))),
    hasMore: read.rows.length > query.maxRows,
    extrapolated: isTable && rows.some((row) => Number(row.at(-1)) > 0),
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    ...(searchedToNs === undefined ? {} : { searchedToNs }),
    scannedRows: read.scannedRows,
  };
}

/** The statement of a query, which is not run. */
export async function pipeStatement(parts: ReadParts, snapshot: Snapshot, query: PipeQuery, options: ReadOptions): Promise<PipeStatement> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const { sql, parameters } = await statementOf(parts, snapshot, query, density, options);
  const placeholders = new Set([...sql.matchAll(/\{(\w+):/g)].map(([, name]) => name));
  return { sql, parameters: Object.fromEntries(Object.entries(parameters).filter(([name]) => placeholders.has(name))) };
}

async function statementOf(
  parts: ReadParts,
  snapshot: Snapshot,
  { tenant, plan, range, maxRows, aliases }: PipeQuery,
  density: Density,
  options: ReadOptions,
): Promise<Statement> {
  const absent = await parts.absentNames.of(tenant, plan.where, range, snapshot, options);
  const conditions = lineConditions(tenant, plan.where, absent);
  const inside = withinRange(conditions);
  const more: Record<string, Parameters[string]> = {};
  const source: PipeSource = {
    lines: ({ columns, condition, tail }) => {
      const within = condition === '' ? inside : alsoWith({ ...conditions, ...inside }, condition);
      return unionOfSources(snapshot, columns, within, tail);
    },
    counts: ({ groups, intervalMs, byLevel, params }: CountsQuery) => {
      const counted = { where: plan.where, range, groupBy: groups.map(({ field }) => field), intervalMs, byLevel };
      const found = countSource(
        snapshot,
        counted,
        groups.map(({ sql }) => sql),
        conditions,
        density,
        countPlan(snapshot, counted, density),
      );
      Object.assign(more, found.parameters, params, { interval_ms: intervalMs ?? 0 });
      return found.source;
    },
    patterns: () => {
      const sums = 'pattern_id, sum(1 / sample_rate) AS lines, min(ts) AS first, max(ts) AS last';
      const found = patternSource(snapshot, { where: plan.where, range }, conditions, density, {
        whole: sums,
        raw: sums,
        groupBy: 'pattern_id',
      });
      Object.assign(more, found.parameters);
      return found.sql;
    },
    patternSql: standingPattern,
    lineColumns: lineColumnList,
    rangeSeconds: Number(range.toNs - range.fromNs) / 1e9,
  };
  const { sql, params, columns } = compilePipes(plan, source, maxRows + 1);
  const parameters = {
    ...conditions.parameters,
    ...committedCondition(snapshot).parameters,
    ...rangeParameters(range),
    ...aliasParameters({ aliases }),
    ...params,
    ...more,
  };
  return { sql, parameters, columns };
}

/** One more than asked for, to know whether there are more; none where the query itself has a limit. */
function rowsWanted({ plan, maxRows }: PipeQuery): number {
  return Math.min(askedRows(plan) ?? maxRows + 1, maxRows + 1);
}

/** Each ends where the whole ends, and the last is the whole: lines in memory may be older than any committed one. */
function rangesOf({ plan, range }: PipeQuery, density: Density): TimeRange[] {
  const starts = windowsOfSearch(plan.where, 'desc', range, density).map(({ fromNs }) => fromNs);
  const ranges = starts.slice(0, -1).map((fromNs) => ({ fromNs, toNs: range.toNs }));
  return [...ranges, range];
}

interface Read {
  readonly rows: readonly (readonly unknown[])[];
  readonly scannedRows: number;
  /** Set where the bound of scanned lines ended the search. */
  readonly searchedToNs?: bigint;
}

async function readNewest(
  { database }: ReadParts,
  { sql, parameters }: Statement,
  ranges: readonly TimeRange[],
  wanted: number,
  options: ReadOptions,
): Promise<Read> {
  const { maxScannedRows } = options.limits;
  let found: Read = { rows: [], scannedRows: 0 };
  let searchedToNs = ranges[0].toNs;
  for (const range of ranges) {
    try {
      const bounds = { max_rows_to_read: Math.max(1, maxScannedRows - found.scannedRows), read_overflow_mode: "'throw'" };
      const { rows, scannedRows } = await database.select(sql, { ...parameters, ...rangeParameters(range) }, options, bounds);
      found = { rows, scannedRows: found.scannedRows + scannedRows };
    } catch (error) {
      if (!(error instanceof RowBudgetExceeded)) throw error;
      return { ...found, searchedToNs };
    }
    if (found.rows.length >= wanted) return found;
    searchedToNs = range.fromNs;
  }
  return found;
}

function valueOf(type: ValueType, value: unknown): PipeValue {
  switch (type) {
    case 'text':
      return String(value);
    case 'number':
      return value === null ? null : Number(value);
    case 'time':
      return value === null ? null : BigInt(value as string);
    case 'level':
      return Number(value);
    case 'pattern':
    case 'template':
      return patternIdOf(value);
    default:
      return type satisfies never;
  }
}
