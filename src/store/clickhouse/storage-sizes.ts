/** The room that lines take: columns and indexes from the engine's own books, services and fields from a sample of lines. */
import type { QueryNode } from '#language/ast.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { ColumnSizes, TextSize, TextSizesAnswer } from '../storage-reads.ts';
import type { Database } from './database.ts';
import type { ReadParts } from './find-lines.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';
import { alsoWith, committedCondition, inRange, lineConditions, rangeParameters, unionOfSources } from './sources.ts';

const allLines: QueryNode = { kind: 'all' };
const mostNames = 200;

export async function columnSizes(database: Pick<Database, 'selectInternal'>): Promise<ColumnSizes> {
  const where = 'active AND database = currentDatabase() AND table = {table:String}';
  const [columns, [[indexBytes]]] = await Promise.all([
    database.selectInternal(
      `SELECT column, sum(column_data_compressed_bytes) AS disk, sum(column_data_uncompressed_bytes) FROM system.parts_columns
       WHERE ${where} GROUP BY column ORDER BY disk DESC`,
      { table: logsTable },
    ),
    database.selectInternal(`SELECT sum(secondary_indices_compressed_bytes) FROM system.parts WHERE ${where}`, { table: logsTable }),
  ]);
  return {
    columns: columns.map(([column, disk, raw]) => ({ column: column as string, diskBytes: Number(disk), rawBytes: Number(raw) })),
    indexBytes: Number(indexBytes),
  };
}

const lineBytes =
  'length(message) + length(raw) + length(trace_id) + length(span_id) + arraySum(arrayMap((k, v) -> length(k) + length(v), mapKeys(attributes), mapValues(attributes)))';

/** Answers from one snapshot; the caller holds and releases it. */
export async function textSizes(
  { database }: ReadParts,
  snapshot: Snapshot,
  { tenant, range, maxLines }: { readonly tenant: string; readonly range: TimeRange; readonly maxLines: number },
  options: ReadOptions,
): Promise<TextSizesAnswer> {
  const conditions = lineConditions(tenant, allLines);
  const inside = alsoWith(conditions, inRange('from_ns', 'to_ns'));
  const sample = (columns: string): string =>
    `(SELECT * FROM (${unionOfSources(snapshot, columns, inside, 'LIMIT {max_lines:UInt32}')}) LIMIT {max_lines:UInt32})`;
  const parameters = {
    ...conditions.parameters,
    ...committedCondition(snapshot).parameters,
    ...rangeParameters(range),
    max_lines: maxLines,
  };
  const [services, fields] = await Promise.all([
    database.select(
      `SELECT service, count(), sum(bytes) AS total, sum(total) OVER (), sum(count()) OVER ()
       FROM ${sample(`service, ${lineBytes} AS bytes`)} GROUP BY service ORDER BY total DESC LIMIT ${mostNames}`,
      parameters,
      options,
    ),
    database.select(
      `SELECT pair.1 AS name, count(), sum(pair.2) AS total FROM ${sample('message, raw, attributes')}
       ARRAY JOIN arrayConcat([('message', length(message)), ('raw', length(raw))],
         arrayMap((k, v) -> (toString(k), length(k) + length(v)), mapKeys(attributes), mapValues(attributes))) AS pair
       WHERE pair.2 > 0 GROUP BY name ORDER BY total DESC LIMIT ${mostNames}`,
      parameters,
      options,
    ),
  ]);
  const reason = snapshot.incompleteReason;
  return {
    services: services.rows.map(sizeOfRow),
    fields: fields.rows.map(sizeOfRow),
    bytes: Number(services.rows[0]?.[3] ?? 0),
    sampledLines: Number(services.rows[0]?.[4] ?? 0),
    complete: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    scannedRows: services.scannedRows + fields.scannedRows,
  };
}

const sizeOfRow = ([name, lines, bytes]: readonly unknown[]): TextSize => ({
  name: name as string,
  lineCount: Number(lines),
  bytes: Number(bytes),
});
