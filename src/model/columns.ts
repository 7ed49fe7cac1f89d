/**
 * The columns of a log line: the one place that says what a stored line consists of.
 *
 * A LogBatch carries those with `inBatch`, in this order, as a ClickHouse Native block; a column that holds only its
 * default in a whole batch may be left out of the block. The store's migrations are written from the same list.
 */

export type ColumnType =
  | 'LowCardinality(String)'
  | 'String'
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'Float32'
  | "DateTime64(9, 'UTC')"
  | "DateTime64(3, 'UTC')"
  | 'Map(LowCardinality(String), String)'
  | 'Array(LowCardinality(String))';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** Written by the gateway; the others belong to the store. */
  readonly inBatch: boolean;
  readonly meaning: string;
}

export const logColumns = [
  { name: 'tenant', type: 'LowCardinality(String)', inBatch: true, meaning: 'owner of the line; decided by the API key' },
  { name: 'ts', type: "DateTime64(9, 'UTC')", inBatch: true, meaning: 'event time as the sender gave it, else the receive time' },
  { name: 'receive_ts', type: "DateTime64(3, 'UTC')", inBatch: true, meaning: 'when the gateway took it; monotone in a shard' },
  { name: 'skewed', type: 'UInt8', inBatch: true, meaning: '1 where event and receive time differ by more than 30 s' },
  { name: 'origin', type: 'UInt32', inBatch: true, meaning: 'incarnation of the log (18 bits) and shard (6 bits); part of the id' },
  { name: 'seq', type: 'UInt64', inBatch: true, meaning: "the batch's sequence in its shard; part of the id" },
  { name: 'row_no', type: 'UInt16', inBatch: true, meaning: 'row in the batch; part of the id' },
  { name: 'service', type: 'LowCardinality(String)', inBatch: true, meaning: 'service that wrote the line' },
  { name: 'host', type: 'LowCardinality(String)', inBatch: true, meaning: 'host that wrote the line' },
  { name: 'environment', type: 'LowCardinality(String)', inBatch: true, meaning: 'production, staging …' },
  { name: 'level', type: 'UInt8', inBatch: true, meaning: 'OpenTelemetry severity number 1-24, 0 = none given' },
  { name: 'trace_id', type: 'String', inBatch: true, meaning: 'trace id as sent' },
  { name: 'span_id', type: 'String', inBatch: true, meaning: 'span id as sent' },
  { name: 'message', type: 'String', inBatch: true, meaning: 'the text' },
  { name: 'folded', type: 'String', inBatch: true, meaning: 'message case- and accent-folded, only where it has non-ASCII bytes' },
  { name: 'attributes', type: 'Map(LowCardinality(String), String)', inBatch: true, meaning: 'flattened metadata; values as text' },
  { name: 'kinds', type: 'String', inBatch: true, meaning: 'one letter per attribute: its JSON type' },
  { name: 'resource', type: 'Map(LowCardinality(String), String)', inBatch: true, meaning: 'region, k8s … of the source' },
  { name: 'tags', type: 'Array(LowCardinality(String))', inBatch: true, meaning: 'labels' },
  { name: 'raw', type: 'String', inBatch: true, meaning: 'the line before parsing, where it differs' },
  { name: 'sample_rate', type: 'Float32', inBatch: true, meaning: 'share of lines kept, 1 = all; a count weighs 1 / sample_rate' },
  { name: 'pattern_id', type: 'UInt64', inBatch: true, meaning: 'template of the message, 0 = none' },
  { name: 'retention', type: 'UInt8', inBatch: false, meaning: 'retention class, at most 16' },
  { name: 'gen', type: 'UInt64', inBatch: false, meaning: 'generation whose commit made the row visible' },
] as const satisfies readonly ColumnSpec[];

export type ColumnName = (typeof logColumns)[number]['name'];

/** JSON type of an attribute, as its letter in `kinds`. */
export const attributeKinds = { string: 's', number: 'n', boolean: 'b', null: 'z', json: 'j' } as const;
