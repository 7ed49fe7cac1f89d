/** Lines as Parquet files: made by the engine, since nothing of such a file can be written before all of it is known. */
import type { BulkQuery, ParquetFile } from '../bulk-reads.ts';
import type { ReadOptions } from '../log-store.ts';
import { withCursor } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import type { Database } from './database.ts';
import { keyColumns } from './line-rows.ts';
import { renderingSettings, rowColumns } from './rendered-line.ts';
import type { Snapshot } from './snapshots.ts';
import { committedCondition, lineConditions, rangeParameters, unionOfSources, withinRange } from './sources.ts';

/** Every reader knows them; times in UTC, with their nanoseconds. */
const parquetSettings = {
  ...renderingSettings,
  output_format_parquet_compression_method: "'zstd'",
  output_format_parquet_string_as_string: 1,
  output_format_parquet_datetime_as_uint32: 0,
};
/** Rows of a group of a written file; held in memory with its encoded columns. */
const rowGroupRows = 100_000;

const names = rowColumns.map(({ name }) => name).join(', ');

/** Answers from one snapshot; the caller holds and releases it. */
export async function parquetLines(
  { database }: ReadParts,
  snapshot: Snapshot,
  query: BulkQuery,
  options: ReadOptions,
): Promise<ParquetFile> {
  const conditions = withCursor(lineConditions(query.tenant, query.where), query);
  const direction = query.order === 'desc' ? 'DESC' : 'ASC';
  // under other names, so that the query's conditions go on meaning the table's columns
  const columns = `${rowColumns.map(({ name, sql }) => `${sql} AS out_${name}`).join(', ')}, ${keyColumns}`;
  const lines = unionOfSources(snapshot, columns, withinRange(conditions));
  const outputs = rowColumns.map(({ name }) => `out_${name} AS ${name}`).join(', ');
  const bytes = await database.selectBytes(
    `SELECT ${outputs} FROM (${lines}) ORDER BY ts_ns ${direction}, origin ${direction}, seq ${direction}, row_no ${direction} LIMIT ${query.limit}`,
    { ...conditions.parameters, ...committedCondition(snapshot).parameters, ...rangeParameters(query.range) },
    'Parquet',
    options,
    parquetSettings,
  );
  const reason = snapshot.incompleteReason;
  return { bytes, ...(reason ? { reason } : {}) };
}

/** The embedded engine reads and writes files of this machine. */
export async function writeParquet(database: Database, rowsPath: string, targetPath: string, options: ReadOptions): Promise<void> {
  const structure = rowColumns.map(({ name, type }) => `${name} ${type}`).join(', ');
  await database.selectBytes(
    `INSERT INTO FUNCTION file({target:String}, 'Parquet') SELECT ${names} FROM file({rows:String}, 'RowBinary', {structure:String})`,
    { target: targetPath, rows: rowsPath, structure },
    'Null',
    options,
    { ...parquetSettings, max_threads: 1, max_insert_threads: 1, output_format_parquet_row_group_size: rowGroupRows },
  );
}
