/** How often fields and values occur in the lines of one query and of another, counted side by side in one statement. */
import { compileFieldValue } from '#language/compile-sql.ts';
import { fieldColumns } from '../field-reads.ts';
import type { ComparisonAnswer, ComparisonQuery, FieldSource, ValueDifference } from '../field-reads.ts';
import type { ReadOptions } from '../log-store.ts';
import { sampleLines } from './field-sample.ts';
import type { FieldSample } from './field-sample.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';

/** What fewer lines have in common tells nothing, and would be every id there is. */
const leastLines = 3;
const leastShare = 0.005;
/** Longer values are no facets. */
const longestValue = 256;

const columnValues = fieldColumns.map((name) => `toString(${compileFieldValue(name).sql})`);
const columnNames = fieldColumns.map((name) => `'${name}'`);

/** All fields of a line: columns, attributes, resource entries. */
const lineColumns = `arrayConcat([${columnNames.join(', ')}], mapKeys(attributes), mapKeys(resource)) AS keys,
  arrayConcat([${columnValues.join(', ')}], mapValues(attributes), mapValues(resource)) AS texts,
  arrayConcat([1, 1, 1, 1], arrayMap(x -> 2, mapKeys(attributes)), arrayMap(x -> 3, mapKeys(resource))) AS sources`;
const sourceNames: readonly FieldSource[] = ['column', 'attribute', 'resource'];

/** Answers from one snapshot; the caller holds and releases it. */
export async function compareFields(
  parts: ReadParts,
  snapshot: Snapshot,
  query: ComparisonQuery,
  options: ReadOptions,
): Promise<ComparisonAnswer> {
  const { tenant, maxLines } = query;
  const [selection, baseline] = await Promise.all([
    sampleLines(parts, snapshot, { tenant, ...query.selection }, { maxLines, side: 's' }, options),
    sampleLines(parts, snapshot, { tenant, ...query.baseline }, { maxLines, side: 'b' }, options),
  ]);
  const { rows, scannedRows } = await parts.database.select(
    statement(selection, baseline, query.limit),
    {
      ...selection.parameters,
      ...baseline.parameters,
      least: Math.max(leastLines, Math.floor(selection.sampledLines * leastShare)),
    },
    options,
  );
  const reason = snapshot.incompleteReason;
  return {
    differences: rows.map(differenceOf),
    selection: sampleOf(selection),
    baseline: sampleOf(baseline),
    complete: reason === undefined,
    ...(reason ? { reason } : {}),
    scannedRows: selection.scannedRows + baseline.scannedRows + scannedRows,
  };
}

/** Rows without a value count the lines that have the field at all. */
function statement(selection: FieldSample, baseline: FieldSample, limit: number): string {
  const side = (sample: FieldSample, isSelection: 0 | 1): string =>
    `SELECT ${isSelection} AS selected, source, key, value, count() AS c FROM (${sample.select(lineColumns)})
     ARRAY JOIN keys AS key, texts AS value, sources AS source WHERE source > 1 OR notEmpty(value) GROUP BY source, key, value`;
  return `SELECT source, key, value, grouping(value) AS is_presence, sumIf(c, selected = 1) AS s, sumIf(c, selected = 0) AS b
    FROM (${side(selection, 1)} UNION ALL ${side(baseline, 0)})
    GROUP BY GROUPING SETS ((source, key, value), (source, key))
    HAVING s >= {least:UInt64} AND length(value) <= ${longestValue}
    ORDER BY s DESC, source, key, value LIMIT ${limit}`;
}

function differenceOf([source, key, value, isPresence, selected, base]: readonly unknown[]): ValueDifference {
  return {
    source: sourceNames[Number(source) - 1],
    key: key as string,
    ...(Number(isPresence) === 1 ? {} : { value: value as string }),
    selectionLines: Number(selected),
    baselineLines: Number(base),
  };
}

const sampleOf = ({ totalLines, sampledLines }: FieldSample) => ({ totalLines, sampledLines });
