/** The plain table of the ceiling and the statement that makes its blocks: written from `src/model/columns.ts`. */
import { logColumns } from '../../src/model/columns.ts';
import type { ColumnName } from '../../src/model/columns.ts';

/**
 * How each column comes out of a line's JSON. Columns that hold only their default are missing, as in the blocks of the
 * gateway. Nothing here is measured: the blocks are made before.
 */
const expressions: Partial<Record<ColumnName, string>> = {
  tenant: "'default'",
  ts: "parseDateTime64BestEffort(timestamp, 9, 'UTC')",
  receive_ts: "now64(3, 'UTC')",
  skewed: '0',
  origin: '64',
  seq: 'intDiv(rowNumberInAllBlocks(), 5000)',
  row_no: 'modulo(rowNumberInAllBlocks(), 5000)',
  service: 'service',
  host: 'host',
  environment: 'environment',
  level: "transform(level, ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'], [5, 9, 13, 17, 21], 0)",
  trace_id: 'trace_id',
  span_id: 'span_id',
  message: 'message',
  folded: "if(match(message, '[^ -~]'), lowerUTF8(message), '')",
  attributes: 'metadata',
  kinds: "arrayStringConcat(arrayMap(value -> if(match(value, '^-?[0-9.]+$'), 'n', 's'), mapValues(metadata)))",
  sample_rate: '1',
};

const inputStructure =
  'timestamp String, level String, service String, host String, environment String, trace_id String, span_id String, message String, metadata Map(LowCardinality(String), String)';

/** ZSTD throughout, the best of the engine's general codecs for ids and texts; the smallest plain columns at a good speed. */
const codecs: Partial<Record<ColumnName, string>> = {
  ts: 'CODEC(Delta, ZSTD(1))',
  receive_ts: 'CODEC(Delta, ZSTD(1))',
  seq: 'CODEC(Delta, ZSTD(1))',
  row_no: 'CODEC(Delta, ZSTD(1))',
};

export const tableStatement = `CREATE TABLE plain (${logColumns.map(({ name, type }) => `${name} ${type} ${codecs[name] ?? 'CODEC(ZSTD(1))'}`).join(', ')})
ENGINE = MergeTree ORDER BY (tenant, toStartOfFiveMinutes(ts), service, ts)`;

const blockColumns = logColumns.filter(({ name }) => name in expressions);
const columnList = blockColumns.map(({ name }) => name).join(', ');

/** Takes a file with one Native block. */
export function insertStatement(nativeFile: string): string {
  return `INSERT INTO plain (${columnList}) SELECT ${columnList} FROM file('${nativeFile}', 'Native')`;
}

/** Makes one Native block of a file of JSON lines. The inner names keep the columns apart from the fields they come from. */
export function prepareStatement(jsonFile: string, nativeFile: string): string {
  const inner = blockColumns.map(({ name, type }) => `CAST(${expressions[name]}, '${type.replaceAll("'", "\\'")}') AS c_${name}`);
  const outer = blockColumns.map(({ name }) => `c_${name} AS ${name}`);
  return `INSERT INTO FUNCTION file('${nativeFile}', 'Native') SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')}
FROM file('${jsonFile}', 'JSONEachRow', '${inputStructure}'))
SETTINGS input_format_json_read_numbers_as_strings = 1, input_format_parallel_parsing = 0, max_block_size = 100000, max_insert_block_size = 100000, max_threads = 1`;
}
