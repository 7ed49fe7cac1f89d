/** Lines and bytes by the fields that labels are made of, and the names of entries. */
import { compileFieldValue, lineSql } from '#language/compile-sql.ts';
import type { LineQuery, ReadOptions } from '../log-store.ts';
import type { EntryNamesAnswer, StreamCount, StreamCountQuery, StreamCountsAnswer } from '../stream-reads.ts';
import type { ReadParts } from './find-lines.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Names of entries are few; this bounds those of senders who make them up. */
const maxEntryNames = 10_000;

/** Answers from one snapshot; the caller holds and releases it. */
export async function countStreams(
  { database, absentNames }: ReadParts,
  snapshot: Snapshot,
  query: StreamCountQuery,
  options: ReadOptions,
): Promise<StreamCountsAnswer> {
  const absent = await absentNames.of(query.tenant, query.where, query.range, snapshot, options);
  const conditions = lineConditions(query.tenant, query.where, absent);
  const fields = query.fields.map((field, index) =>
    field === 'level' ? { sql: 'toString(level)', params: {} } : compileFieldValue(field, `f${index}_`),
  );
  const names = ['slot', ...fields.map((_, index) => `f${index}`), ...(query.byResource ? ['entry_names', 'entry_values'] : [])];
  const columns = [
    query.slotNs === undefined ? 'toInt64(0) AS slot' : 'intDiv(toUnixTimestamp64Nano(ts) - {from_ns:Int64}, {slot_ns:Int64}) AS slot',
    ...fields.map(({ sql }, index) => `${sql} AS f${index}`),
    ...(query.byResource ? ['mapKeys(resource) AS entry_names', 'mapValues(resource) AS entry_values'] : []),
    'sum(1 / sample_rate) AS weight',
    `${query.withBytes ? `sum(length(${lineSql}) / sample_rate)` : 'toFloat64(0)'} AS weighted_bytes`,
  ];
  const group = `GROUP BY ${names.join(', ')}`;
  const source = unionOfSources(snapshot, columns.join(', '), withinRange(conditions), group);
  const { rows, scannedRows } = await database.select(
    `SELECT ${names.join(', ')}, sum(weight), sum(weighted_bytes) FROM (${source}) ${group} LIMIT ${query.maxCounts + 1}`,
    {
      ...conditions.parameters,
      ...Object.assign({}, ...fields.map(({ params }) => params)),
      ...committedCondition(snapshot).parameters,
      ...rangeParameters(query.range),
      ...(query.slotNs === undefined ? {} : { slot_ns: query.slotNs.toString() }),
    },
    options,
  );
  return {
    counts: rows.slice(0, query.maxCounts).map((row) => countOfRow(row, query)),
    hasMore: rows.length > query.maxCounts,
    ...completenessOf(snapshot),
    scannedRows,
  };
}

function countOfRow(row: readonly unknown[], { fields, byResource }: StreamCountQuery): StreamCount {
  const names = byResource ? (row[fields.length + 1] as string[]) : [];
  const values = byResource ? (row[fields.length + 2] as string[]) : [];
  return {
    slot: Number(row[0]),
    values: row.slice(1, fields.length + 1).map(String),
    resource: Object.fromEntries(names.map((name, index) => [name, values[index]])),
    lines: Number(row.at(-2)),
    bytes: Number(row.at(-1)),
  };
}

/** Answers from one snapshot; the caller holds and releases it. */
export async function entryNames(
  { database, absentNames }: ReadParts,
  snapshot: Snapshot,
  { tenant, where, range }: Pick<LineQuery, 'tenant' | 'where' | 'range'>,
  options: ReadOptions,
): Promise<EntryNamesAnswer> {
  const absent = await absentNames.of(tenant, where, range, snapshot, options);
  const conditions = withinRange(lineConditions(tenant, where, absent));
  const columns = [
    `groupUniqArrayArray(${maxEntryNames})(mapKeys(resource)) AS resource_names`,
    `groupUniqArrayArray(${maxEntryNames})(mapKeys(attributes)) AS attribute_names`,
  ];
  const { rows, scannedRows } = await database.select(
    unionOfSources(snapshot, columns.join(', '), conditions),
    { ...lineConditions(tenant, where, absent).parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(range) },
    options,
  );
  const namesIn = (column: number): string[] => [...new Set(rows.flatMap((row) => row[column] as string[]))].sort();
  return { resource: namesIn(0), attributes: namesIn(1), ...completenessOf(snapshot), scannedRows };
}

function completenessOf({ incompleteReason: reason }: Snapshot): { readonly complete: boolean; readonly reason?: string } {
  return { complete: reason === undefined, ...(reason ? { reason } : {}) };
}
