/** Which fields the lines of a query have: how often, of which types, with which values. */
import { compileFieldValue } from '#language/compile-sql.ts';
import { fieldColumns } from '../field-reads.ts';
import type { FieldName, FieldStatistics, FieldStatisticsAnswer, FieldStatisticsQuery, NumberSummary, ValueCount } from '../field-reads.ts';
import type { ReadOptions } from '../log-store.ts';
import { entriesOf, entryColumns, sampleLines } from './field-sample.ts';
import type { FieldSample } from './field-sample.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';

/** Longer values are counted as different ones, but not shown: a stack trace is no facet. */
const longestShownValue = 256;

/** Values of the columns as texts, in the order of `fieldColumns`. */
const columnValues = fieldColumns.map((name) => `toString(${compileFieldValue(name).sql})`);

/** Answers from one snapshot; the caller holds and releases it. */
export async function fieldStatistics(
  parts: ReadParts,
  snapshot: Snapshot,
  query: FieldStatisticsQuery,
  options: ReadOptions,
): Promise<FieldStatisticsAnswer> {
  const sample = await sampleLines(parts, snapshot, query, query, options);
  const [columns, entries] = await Promise.all([readColumns(parts, sample, query, options), readEntries(parts, sample, query, options)]);
  const fields = [...columns.fields, ...entries.fields];
  const reason = snapshot.incompleteReason;
  return {
    fields: fields.slice(0, query.maxFields),
    hasMoreFields: fields.length > query.maxFields,
    totalLines: sample.totalLines,
    sampledLines: sample.sampledLines,
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows: sample.scannedRows + columns.scannedRows + entries.scannedRows,
  };
}

interface Found {
  readonly fields: readonly FieldStatistics[];
  readonly scannedRows: number;
}

const nothing: Found = { fields: [], scannedRows: 0 };

/** Of all lines. Their values are few together too, so lines are counted by all columns at once. */
async function readColumns(
  { database }: ReadParts,
  sample: FieldSample,
  query: FieldStatisticsQuery,
  options: ReadOptions,
): Promise<Found> {
  const wanted = fieldColumns.filter((column) => isWanted(query, { source: 'column', key: column }));
  if (wanted.length === 0) return nothing;
  const lines = sample.selectAll(`${fieldColumns.join(', ')}, count() AS line_count`, `GROUP BY ${fieldColumns.join(', ')}`);
  const { rows, scannedRows } = await database.select(
    `SELECT field, sum(lines), count(), groupArraySorted(${query.maxValues})((-toInt64(lines), value))
     FROM (SELECT field, value, sum(line_count) AS lines FROM (${lines})
       ARRAY JOIN {columns:Array(String)} AS field, [${columnValues.join(', ')}] AS value
       WHERE notEmpty(value) GROUP BY field, value)
     GROUP BY field`,
    { ...sample.parameters, columns: fieldColumns },
    options,
  );
  const byName = new Map(rows.map((row) => [row[0] as string, row]));
  const fields = wanted.flatMap((column): FieldStatistics[] => {
    const row = byName.get(column);
    if (row === undefined) return [];
    const [, lineCount, distinct, values] = row;
    return [
      {
        source: 'column',
        key: column,
        lineCount: Number(lineCount),
        kinds: {},
        distinctValues: Number(distinct),
        values: valuesOf(values, 1),
      },
    ];
  });
  return { fields, scannedRows };
}

async function readEntries(
  { database }: ReadParts,
  sample: FieldSample,
  query: FieldStatisticsQuery,
  options: ReadOptions,
): Promise<Found> {
  const named = namedEntries(query.fields);
  if (named !== undefined && named.parameters.attribute_keys.length + named.parameters.resource_keys.length === 0) return nothing;
  const shown = `length(value) <= ${longestShownValue}`;
  const number = 'if(isFinite(toFloat64OrNull(value)), toFloat64OrNull(value), NULL)';
  const { rows, scannedRows } = await database.select(
    `SELECT is_resource, key, sum(c) AS lines, uniqExact(value), groupArraySortedIf(${query.maxValues})((-toInt64(c), value), ${shown}),
       sumMapIf([kind], [c], is_resource = 0), sumIf(c, isNotNull(number)), min(number), max(number),
       sum(number * c) / sumIf(c, isNotNull(number)), quantilesTDigestWeighted(0.5, 0.9, 0.95, 0.99)(number, c)
     FROM (SELECT is_resource, key, value, kind, count() AS c, ${number} AS number FROM ${entriesOf(sample.select(entryColumns))}
       ${named === undefined ? '' : `WHERE ${named.sql}`} GROUP BY is_resource, key, value, kind)
     GROUP BY is_resource, key ORDER BY lines DESC, is_resource, key LIMIT ${query.maxFields + 1}`,
    { ...sample.parameters, ...named?.parameters },
    options,
  );
  const scale = sample.sampledLines === 0 ? 1 : sample.totalLines / sample.sampledLines;
  return { fields: rows.map((row) => entryStatistics(row, scale)), scannedRows };
}

function entryStatistics(row: readonly unknown[], scale: number): FieldStatistics {
  const [isResource, key, lineCount, distinct, values, kinds, numberCount, min, max, average, quantiles] = row;
  const [letters, counts] = kinds as [string[], unknown[]];
  const numbers: NumberSummary = {
    lineCount: estimate(numberCount, scale),
    min: Number(min),
    max: Number(max),
    average: Number(average),
    quantiles: (quantiles as unknown[]).map(Number),
  };
  return {
    source: Number(isResource) === 1 ? 'resource' : 'attribute',
    key: key as string,
    lineCount: estimate(lineCount, scale),
    kinds: Object.fromEntries(letters.map((letter, index) => [letter, estimate(counts[index], scale)])),
    distinctValues: Number(distinct),
    values: valuesOf(values, scale),
    ...(Number(numberCount) > 0 ? { numbers } : {}),
  };
}

/** Pairs of a negative count and a value, as `groupArraySorted` keeps them: the largest count first. */
function valuesOf(pairs: unknown, scale: number): ValueCount[] {
  return (pairs as [string, string][]).map(([negative, value]) => ({ value, lineCount: estimate(-Number(negative), scale) }));
}

export const estimate = (count: unknown, scale: number): number => Math.round(Number(count) * scale);

function isWanted({ fields }: FieldStatisticsQuery, { source, key }: FieldName): boolean {
  return fields === undefined || fields.some((field) => field.source === source && field.key === key);
}

/** A condition on `entriesOf` for the entries among the named fields; undefined where all are wanted. */
function namedEntries(fields: readonly FieldName[] | undefined) {
  if (fields === undefined) return undefined;
  const keysOf = (source: FieldName['source']): string[] => fields.filter((field) => field.source === source).map(({ key }) => key);
  return {
    sql: 'if(is_resource = 1, has({resource_keys:Array(String)}, key), has({attribute_keys:Array(String)}, key))',
    parameters: { attribute_keys: keysOf('attribute'), resource_keys: keysOf('resource') },
  };
}
