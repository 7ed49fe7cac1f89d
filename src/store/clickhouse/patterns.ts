/**
 * Lines by pattern. Counts come from the roll-up of five minutes (the projection `patterns` of `logs`) where the query names
 * only what that keeps, rows are read for the ends of the range that are no whole slots; else all is counted from rows.
 */
import { formatLineId } from '#base/ids.ts';
import type { QueryNode } from '#language/ast.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type {
  PatternCount,
  PatternCountsAnswer,
  PatternCountsQuery,
  PatternDetail,
  PatternDetailsAnswer,
  PatternExample,
  PatternId,
  PatternQuery,
} from '../pattern-reads.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import { usesOnlyRollupFields } from './rollup.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import {
  alsoWith,
  committedCondition,
  committedFirstEdge,
  committedLastEdge,
  lineConditions,
  memtableBranches,
  rangeParameters,
  unionAll,
  unionOfSources,
  withinRange,
} from './sources.ts';
import type { LineConditions } from './sources.ts';

const slotMs = 300_000;
const slotNs = BigInt(slotMs) * 1_000_000n;

const sums = 'sum(1 / sample_rate) AS lines, min(ts) AS first, max(ts) AS last';
const slotBucket = 'intDiv(toInt64(toUnixTimestamp(toStartOfFiveMinutes(ts))) * 1000, {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';
const rowBucket = 'intDiv(toUnixTimestamp64Milli(ts), {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';

/** Sums by pattern, and where buckets are wanted by bucket and level too. */
function countsSelect({ intervalMs }: Pick<PatternCountsQuery, 'intervalMs'>): Select {
  if (intervalMs === undefined) return { whole: `pattern_id, ${sums}`, raw: `pattern_id, ${sums}`, groupBy: 'pattern_id' };
  return {
    whole: `${slotBucket}, level, pattern_id, ${sums}`,
    raw: `${rowBucket}, level, pattern_id, ${sums}`,
    groupBy: 'bucket, level, pattern_id',
    needsRows: intervalMs % slotMs !== 0,
  };
}

/** Counts of all patterns of the query, from one snapshot; the caller holds and releases it. */
export async function patternCounts(
  parts: ReadParts,
  snapshot: Snapshot,
  query: PatternCountsQuery,
  options: ReadOptions,
): Promise<PatternCountsAnswer> {
  const { intervalMs } = query;
  const source = await sourceOf(parts, snapshot, query, options, countsSelect(query));
  const details = intervalMs === undefined ? '' : ', groupArray((level, bucket, lines))';
  const { rows, scannedRows } = await parts.database.select(
    `SELECT ${standingPattern} AS pattern, sum(lines) AS line_count, toUnixTimestamp64Nano(min(first)), toUnixTimestamp64Nano(max(last)),
       sum(line_count) OVER (), count() OVER ()${details}
     FROM (${source.sql}) GROUP BY pattern ORDER BY line_count DESC, pattern LIMIT {max_patterns:UInt32}`,
    { ...source.parameters, ...aliasParameters(query), max_patterns: query.maxPatterns, interval_ms: intervalMs ?? 0 },
    options,
  );
  return {
    patterns: rows.map(([pattern, lines, first, last, , , counts]) => ({
      id: patternIdOf(pattern),
      lineCount: Math.round(Number(lines)),
      firstNs: BigInt(first as string),
      lastNs: BigInt(last as string),
      ...(intervalMs === undefined ? {} : { detail: detailOf(patternIdOf(pattern), counts as unknown[][]) }),
    })),
    totalLines: Math.round(Number(rows[0]?.[4] ?? 0)),
    totalPatterns: Number(rows[0]?.[5] ?? 0),
    ...completeness(snapshot, scannedRows),
  };
}

export async function patternDetails(
  parts: ReadParts,
  snapshot: Snapshot,
  query: PatternQuery & { readonly ids: readonly PatternId[]; readonly intervalMs: number },
  options: ReadOptions,
): Promise<PatternDetailsAnswer> {
  if (query.ids.length === 0) return { details: [], ...completeness(snapshot, 0) };
  const source = await sourceOf(parts, snapshot, query, options, {
    ...countsSelect(query),
    also: 'pattern_id IN {pattern_ids:Array(UInt64)}',
  });
  const { rows, scannedRows } = await parts.database.select(
    `SELECT ${standingPattern} AS pattern, groupArray((level, bucket, lines)) FROM (${source.sql}) GROUP BY pattern`,
    { ...source.parameters, ...aliasParameters(query), pattern_ids: withAliases(query, query.ids), interval_ms: query.intervalMs },
    options,
  );
  const found = new Map(rows.map(([pattern, counts]) => [patternIdOf(pattern), counts as unknown[][]]));
  return { details: query.ids.map((id) => detailOf(id, found.get(id) ?? [])), ...completeness(snapshot, scannedRows) };
}

/** The time of the last line leads to its granule, so this reads a few thousand rows whatever the range. */
export async function patternExamples(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: PatternQuery & { readonly counts: readonly PatternCount[] },
  options: ReadOptions,
): Promise<PatternExample[]> {
  if (query.counts.length === 0) return [];
  const conditions = lineConditions(query.tenant, query.where);
  const times = query.counts.map((_, index) => `fromUnixTimestamp64Nano({last${index}:Int64})`).join(', ');
  const columns = 'pattern_id, toUnixTimestamp64Milli(ts) AS ts_ms, ts, origin, seq, row_no, service, message';
  const source = unionOfSources(snapshot, columns, alsoWith(conditions, `ts IN (${times}) AND pattern_id IN {pattern_ids:Array(UInt64)}`));
  const lasts = Object.fromEntries(query.counts.map(({ lastNs }, index) => [`last${index}`, lastNs.toString()]));
  const { rows } = await database.select(
    `SELECT ${standingPattern} AS pattern, ts_ms, origin, seq, row_no, service, message FROM (${source}) ORDER BY ts DESC LIMIT 1 BY pattern`,
    {
      ...conditions.parameters,
      ...committedCondition(snapshot).parameters,
      ...aliasParameters(query),
      ...lasts,
      pattern_ids: withAliases(
        query,
        query.counts.map(({ id }) => id),
      ),
    },
    options,
  );
  return rows.map(([pattern, tsMs, origin, seq, rowNo, service, message]) => ({
    id: patternIdOf(pattern),
    lineId: formatLineId({ tsMs: Number(tsMs), origin: Number(origin), seq: Number(seq), rowNo: Number(rowNo) }),
    service: service as string,
    message: message as string,
  }));
}

interface Select {
  /** SELECT lists over slots and over rows, with the same names. */
  readonly whole: string;
  readonly raw: string;
  readonly groupBy: string;
  readonly also?: string;
  readonly needsRows?: boolean;
}

interface Source {
  readonly sql: string;
  readonly parameters: Parameters;
}

async function sourceOf(
  { density, absentNames }: ReadParts,
  snapshot: Snapshot,
  query: PatternQuery,
  options: ReadOptions,
  select: Select,
): Promise<Source> {
  const { tenant, where, range } = query;
  const [tenantDensity, absent] = await Promise.all([
    density.of(tenant, snapshot.generation, options),
    absentNames.of(tenant, where, range, snapshot, options),
  ]);
  const found = lineConditions(tenant, where, absent);
  const conditions = select.also === undefined ? found : { ...found, ...alsoWith(found, select.also) };
  const { sql, parameters } = patternSource(snapshot, query, conditions, tenantDensity, select);
  const always = { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(range) };
  return { sql, parameters: { ...always, ...parameters } };
}

/** Partial sums over slots where the roll-up has them, over rows elsewhere; the parameters are those of the slots alone. */
export function patternSource(
  snapshot: Snapshot,
  { where, range }: Pick<PatternQuery, 'where' | 'range'>,
  conditions: LineConditions,
  { extent }: Pick<Density, 'extent'>,
  { whole, raw, groupBy, needsRows = false }: Select,
): Source {
  const tail = `GROUP BY ${groupBy}`;
  const inside = withinRange(conditions);
  const slots = needsRows ? undefined : slotsOf(snapshot, where, range, extent);
  if (slots === undefined) return { sql: unionOfSources(snapshot, raw, inside, tail), parameters: {} };
  const committed = committedSlots(snapshot, conditions, slots, { whole, raw, tail });
  return {
    sql: unionAll([...committed, ...memtableBranches(snapshot, raw, inside, tail)]),
    parameters: {
      first_slot: Number(slots.firstNs / 1_000_000_000n),
      end_slot: Number(slots.endNs / 1_000_000_000n),
      first_slot_ns: slots.firstNs.toString(),
      end_slot_ns: slots.endNs.toString(),
    },
  };
}

interface Slots {
  readonly firstNs: bigint;
  readonly endNs: bigint;
  /** Conditions of the rows beside the whole slots. */
  readonly edges: readonly string[];
}

/** The whole slots of the range; undefined where rows must be read. */
function slotsOf(snapshot: Snapshot, where: QueryNode, range: TimeRange, extent: Density['extent']): Slots | undefined {
  const firstNs = range.fromNs <= extent.fromNs ? slotBefore(extent.fromNs) : slotBefore(range.fromNs + slotNs - 1n);
  const endNs = range.toNs >= extent.toNs ? slotBefore(extent.toNs + slotNs - 1n) : slotBefore(range.toNs);
  if (firstNs >= endNs || snapshot.replacements.length > 0 || !usesOnlyRollupFields(where, true)) return undefined;
  return {
    firstNs,
    endNs,
    edges: [
      ...(range.fromNs > extent.fromNs && range.fromNs < firstNs ? [committedFirstEdge('first_slot_ns')] : []),
      ...(range.toNs < extent.toNs && endNs < range.toNs ? [committedLastEdge('end_slot_ns')] : []),
    ],
  };
}

const slotBefore = (ns: bigint): bigint => (ns / slotNs) * slotNs;

function committedSlots(
  snapshot: Snapshot,
  conditions: Pick<LineConditions, 'committed'>,
  { edges }: Slots,
  { whole, raw, tail }: { readonly whole: string; readonly raw: string; readonly tail: string },
): string[] {
  const committed = `${committedCondition(snapshot).sql} AND ${conditions.committed}`;
  const slots = `toStartOfFiveMinutes(ts) >= toDateTime({first_slot:UInt32}, 'UTC') AND toStartOfFiveMinutes(ts) < toDateTime({end_slot:UInt32}, 'UTC')`;
  return [
    `SELECT ${whole} FROM ${logsTable} WHERE ${committed} AND ${slots} ${tail}`,
    ...(edges.length > 0 ? [`SELECT ${raw} FROM ${logsTable} WHERE ${committed} AND (${edges.join(' OR ')}) ${tail}`] : []),
  ];
}

/** The id that stands for a row's; needs `aliasParameters`. */
export const standingPattern = 'transform(pattern_id, {alias_ids:Array(UInt64)}, {standing_ids:Array(UInt64)}, pattern_id)';

/** `transform` takes no empty list: an id that stands for itself changes nothing. */
export function aliasParameters({ aliases }: Pick<PatternQuery, 'aliases'>): Parameters {
  if (aliases.size === 0) return { alias_ids: [0], standing_ids: [0] };
  return { alias_ids: [...aliases.keys()].map(numberOf), standing_ids: [...aliases.values()].map(numberOf) };
}

function withAliases({ aliases }: PatternQuery, ids: readonly PatternId[]): bigint[] {
  const wanted = new Set(ids);
  return [...ids, ...[...aliases].filter(([, standing]) => wanted.has(standing)).map(([alias]) => alias)].map(numberOf);
}

const numberOf = (id: PatternId): bigint => BigInt(`0x${id}`);
export const patternIdOf = (value: unknown): PatternId =>
  BigInt(value as string)
    .toString(16)
    .padStart(16, '0');

/** Counts of level, bucket and lines; several may be of the same. */
function detailOf(id: PatternId, counts: readonly (readonly unknown[])[]): PatternDetail {
  const [levels, buckets] = [new Map<number, number>(), new Map<number, number>()];
  const add = (sumsOf: Map<number, number>, key: number, lines: number): unknown => sumsOf.set(key, (sumsOf.get(key) ?? 0) + lines);
  for (const [level, bucket, lines] of counts) {
    add(levels, Number(level), Number(lines));
    add(buckets, Number(bucket), Number(lines));
  }
  return { id, levels, buckets };
}

function completeness(snapshot: Snapshot, scannedRows: number) {
  const reason = snapshot.incompleteReason;
  return { complete: reason === undefined, ...(reason === undefined ? {} : { reason }), scannedRows };
}
