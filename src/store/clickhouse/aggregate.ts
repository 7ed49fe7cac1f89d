/**
 * Counts, rates, sums and quantiles by time and by fields. Counts of lines come from the roll-up where they can; every
 * count weighs a line by 1 / sample_rate.
 */
import { firstErrorSeverity } from '#model/severity.ts';
import { compileFieldNumber, compileFieldValue } from '#language/compile-sql.ts';
import type { AggregateAnswer, AggregateQuery, Bucket, Metric, ReadOptions } from '../log-store.ts';
import { finalValue, tooManyBuckets } from './count-cells.ts';
import { countQuestion } from './count-question.ts';
import { countSource, rawBucket } from './count-source.ts';
import type { Parameters, Settings } from './database.ts';
import type { ReadParts } from './find-lines.ts';
import { keptCounts } from './kept-counts.ts';
import { rowCounts } from './row-counts.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, coversAll, lineConditions, rangeParameters, rowSettings, unionOfSources, withinRange } from './sources.ts';
import type { Conditions } from './sources.ts';

interface Plan {
  /** SQL of each group's value. */
  readonly groups: readonly string[];
  readonly parameters: Parameters;
}

/** Answers from one snapshot; the caller holds and releases it. */
export async function aggregate(
  parts: ReadParts,
  snapshot: Snapshot,
  query: AggregateQuery,
  options: ReadOptions,
): Promise<AggregateAnswer> {
  const { database, density, absentNames } = parts;
  const plan = planGroups(query.groupBy);
  const [tenantDensity, absent] = await Promise.all([
    density.of(query.tenant, snapshot.generation, options),
    absentNames.of(query.tenant, query.where, query.range, snapshot, options),
  ]);
  const conditions = lineConditions(query.tenant, query.where, absent);
  const question = isCount(query.metric) ? countQuestion(snapshot, query, { ...plan, conditions, density: tenantDensity }) : undefined;
  const addedUp = question && ((await keptCounts(parts, question, options)) ?? (await rowCounts(parts, question, options)));
  if (addedUp !== undefined) return { ...addedUp, ...completenessOf(snapshot) };
  const { source, parameters, settings } = question
    ? countSource(snapshot, question.counted, plan.groups, conditions, tenantDensity, question.plan)
    : valueSource(snapshot, query, plan, withinRange(conditions, coversAll(query.range, tenantDensity.extent)));
  const keys = ['bucket', ...plan.groups.map((_, index) => `g${index}`)];
  const { value, extrapolated } = question ? countMetric(query.metric) : valueMetric(query.metric);
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
    settings,
  );
  if (rows.length > query.maxBuckets) throw tooManyBuckets(query.maxBuckets);
  return {
    buckets: rows.map((row) => bucketOfRow(row, query, plan)),
    extrapolated: rows.some((row) => Number(row.at(-1)) > 0),
    ...completenessOf(snapshot),
    scannedRows,
  };
}

function completenessOf({ incompleteReason: reason }: Snapshot): { readonly complete: boolean; readonly reason?: string } {
  return { complete: reason === undefined, ...(reason === undefined ? {} : { reason }) };
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
  readonly settings: Settings;
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
    settings: rowSettings,
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
