/**
 * Counts, rates, sums and quantiles by time and by fields. Counts of lines come from the roll-up where they can; every
 * count weighs a line by 1 / sample_rate.
 */
import { firstErrorSeverity } from '#model/severity.ts';
import { AppError } from '#base/errors.ts';
import { compileFieldNumber, compileFieldValue } from '#language/compile-sql.ts';
import type { AggregateAnswer, AggregateQuery, Bucket, Metric, ReadOptions } from '../log-store.ts';
import type { Parameters } from './database.ts';
import type { Density } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';
import {
  committedCondition,
  coversAll,
  lineConditions,
  memtableBranches,
  rangeParameters,
  unionAll,
  unionOfSources,
  withinRange,
} from './sources.ts';
import type { Conditions, LineConditions } from './sources.ts';

const minuteMs = 60_000;
interface Plan {
  /** SQL of each group's value. */
  readonly groups: readonly string[];
  readonly parameters: Parameters;
}

/** Answers from one snapshot; the caller holds and releases it. */
export async function aggregate(
  { database, density, absentNames }: ReadParts,
  snapshot: Snapshot,
  query: AggregateQuery,
  options: ReadOptions,
): Promise<AggregateAnswer> {
  const plan = planGroups(query.groupBy);
  const [tenantDensity, absent] = await Promise.all([
    density.of(query.tenant, snapshot.generation, options),
    absentNames.of(query.tenant, query.where, query.range, snapshot, options),
  ]);
  const conditions = lineConditions(query.tenant, query.where, absent);
  const counted = isCount(query.metric);
  const { source, parameters } = counted
    ? countSource(snapshot, { ...query, byLevel: query.metric.kind === 'error_rate' }, plan.groups, conditions, tenantDensity)
    : valueSource(snapshot, query, plan, withinRange(conditions, coversAll(query.range, tenantDensity.extent)));
  const keys = ['bucket', ...plan.groups.map((_, index) => `g${index}`)];
  const { value, extrapolated } = counted ? countMetric(query.metric) : valueMetric(query.metric);
  const { rows, scannedRows } = await database.select(
    `SELECT ${keys.join(', ')}, ${value} AS value, ${extrapolated} AS extrapolated FROM (${source})
     GROUP BY ${keys.join(', ')} ORDER BY ${keys.join(', ')} LIMIT ${query.maxBuckets + 1}`,
    {
      ...conditions.parameters,
      ...plan.parameters,
      ...committedCondition(snapshot).parameters,
      ...rangeParameters(query.range),
      interval_ms: query.intervalMs ?? 0,
      ...parameters,
    },
    options,
  );
  if (rows.length > query.maxBuckets) {
    throw new AppError('limit_exceeded', `the answer has more than ${query.maxBuckets} buckets; group by less or use a longer interval`, {
      details: { setting: 'search.max_buckets', limit: query.maxBuckets },
    });
  }
  const reason = snapshot.incompleteReason;
  return {
    buckets: rows.map((row) => bucketOfRow(row, query, plan)),
    extrapolated: rows.some((row) => Number(row.at(-1)) > 0),
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows,
  };
}

function planGroups(fields: readonly string[]): Plan {
  const parameters: Record<string, Parameters[string]> = {};
  const groups = fields.map((field, index) => {
    const compiled = compileFieldValue(field, `g${index}_`);
    Object.assign(parameters, compiled.params);
    return compiled.sql;
  });
  return { groups, parameters };
}

const isCount = ({ kind }: Metric): boolean => kind === 'count' || kind === 'rate' || kind === 'error_rate';

interface Source {
  readonly source: string;
  readonly parameters: Parameters;
}

const rawBucket = (query: Pick<AggregateQuery, 'intervalMs'>): string =>
  query.intervalMs === undefined
    ? 'toInt64(0) AS bucket'
    : 'intDiv(toUnixTimestamp64Milli(ts), {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';

const rollupBucket = (query: Pick<AggregateQuery, 'intervalMs'>): string =>
  query.intervalMs === undefined
    ? 'toInt64(0) AS bucket'
    : 'intDiv(toInt64(toUnixTimestamp(toStartOfMinute(ts))) * 1000, {interval_ms:Int64}) * {interval_ms:Int64} AS bucket';

export interface CountedLines extends Pick<AggregateQuery, 'where' | 'range' | 'groupBy' | 'intervalMs'> {
  /** Adds the level as `lvl`, for shares of errors. */
  readonly byLevel: boolean;
}

/**
 * Partial sums per `bucket`, group (`g0` …) and level: `weight` and `line_count`, which add up over the branches. `groups` are
 * the values of `groupBy` as SQL. Needs the parameter `interval_ms`.
 */
export function countSource(
  snapshot: Snapshot,
  query: CountedLines,
  groups: readonly string[],
  conditions: LineConditions,
  density: Density,
): Source {
  const { byLevel } = query;
  const groupNames = groups.map((_, index) => `g${index}`);
  const groupColumns = groups.map((sql, index) => `${sql} AS g${index}`);
  const sums = `${byLevel ? 'level AS lvl, ' : ''}sum(1 / sample_rate) AS weight, count() AS line_count`;
  const select = (bucket: string): string => [bucket, ...groupColumns, sums].join(', ');
  const groupBy = ['bucket', ...groupNames, ...(byLevel ? ['lvl'] : [])];
  const wholeMinutes = query.intervalMs === undefined || query.intervalMs % minuteMs === 0;
  const rollup = wholeMinutes ? rollupPlan(snapshot, query.where, query.range, query.groupBy, density) : undefined;
  const raw = select(rawBucket(query));
  const inside = withinRange(conditions, coversAll(query.range, density.extent));
  const tail = `GROUP BY ${groupBy.join(', ')}`;
  if (rollup === undefined) return { source: unionOfSources(snapshot, raw, inside, tail), parameters: {} };
  const committed = rollup.committed({ rollup: select(rollupBucket(query)), raw, groupBy }, conditions);
  return { source: unionAll([...committed, ...memtableBranches(snapshot, raw, inside, tail)]), parameters: rollup.parameters };
}

function countMetric({ kind }: Metric): { value: string; extrapolated: string } {
  const extrapolated = 'abs(sum(weight) - sum(line_count)) > 0.5';
  if (kind === 'error_rate') return { value: `sumIf(weight, lvl >= ${firstErrorSeverity}) / sum(weight)`, extrapolated };
  return { value: 'sum(weight)', extrapolated };
}

/** Rows with the value that the metric looks at. */
function valueSource(snapshot: Snapshot, query: AggregateQuery, plan: Plan, inside: Conditions): Source {
  const field = 'field' in query.metric ? query.metric.field : '';
  const compiled = query.metric.kind === 'distinct' ? compileFieldValue(field, 'v_') : compileFieldNumber(field, 'v_');
  const columns = [
    rawBucket(query),
    ...plan.groups.map((sql, index) => `${sql} AS g${index}`),
    `${compiled.sql} AS v`,
    '1 / sample_rate AS weight',
  ].join(', ');
  return {
    source: unionOfSources(snapshot, columns, inside),
    parameters: compiled.params,
  };
}

function valueMetric(metric: Metric): { value: string; extrapolated: string } {
  const extrapolated = 'max(weight) > 1';
  switch (metric.kind) {
    case 'distinct':
      return { value: "uniqExactIf(v, v != '')", extrapolated: 'toUInt8(0)' };
    case 'sum':
      return { value: 'sum(v * weight)', extrapolated };
    case 'avg':
      return { value: 'sum(v * weight) / sumIf(weight, isNotNull(v))', extrapolated };
    case 'min':
      return { value: 'min(v)', extrapolated: 'toUInt8(0)' };
    case 'max':
      return { value: 'max(v)', extrapolated: 'toUInt8(0)' };
    case 'percentile':
      return { value: `quantileTDigestWeighted(${Number(metric.percentile) / 100})(v, toUInt32(round(weight)))`, extrapolated };
    default:
      return { value: 'count()', extrapolated: 'toUInt8(0)' };
  }
}

function bucketOfRow(row: readonly unknown[], query: AggregateQuery, plan: Plan): Bucket {
  const group = plan.groups.map((_, index) => String(row[index + 1]));
  const value = row[plan.groups.length + 1];
  return {
    ...(query.intervalMs === undefined ? {} : { timeMs: Number(row[0]) }),
    group,
    value: value === null ? null : finalValue(Number(value), query),
  };
}

function finalValue(value: number, { metric, intervalMs, range }: AggregateQuery): number {
  if (metric.kind === 'count') return Math.round(value);
  if (metric.kind !== 'rate') return value;
  const seconds = (intervalMs ?? Number((range.toNs - range.fromNs) / 1_000_000n)) / 1000;
  return value / seconds;
}
