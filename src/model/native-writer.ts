/**
 * Writes a LogBatchBuilder's columns as one ClickHouse Native block (FORMAT Native, protocol revision 0).
 * Layout: docs/specs/log-batch.md. Source: ClickHouse `NativeWriter`, `SerializationLowCardinality`, `SerializationMap`.
 * Called by LogBatchBuilder.finish().
 */
import { invariant } from '#base/errors.ts';
import { ByteArena } from './byte-columns.ts';
import type { NumberColumn, TextColumnBuilder } from './byte-columns.ts';
import { logColumns } from './columns.ts';
import type { ColumnName } from './columns.ts';
import type { BatchStamp, LogBatchBuilder } from './log-batch.ts';
import type { ListColumnBuilder, MapColumnBuilder } from './map-column.ts';
import type { TextDictionary } from './text-dictionary.ts';

/** High word of a row without an event time; no time in range has it. */
export const missingTime = 0xffff_ffff;

const textEncoder = new TextEncoder();

/** Every column's name and type in wire format. */
const headers: ReadonlyMap<ColumnName, Uint8Array> = new Map(
  logColumns.map(({ name, type }) => {
    const [nameBytes, typeBytes] = [textEncoder.encode(name), textEncoder.encode(type)];
    return [name, Uint8Array.from([nameBytes.length, ...nameBytes, typeBytes.length, ...typeBytes])] as const;
  }),
);

/** More than all headers and fixed parts of all columns together. */
const fixedBytes = 4096;
/** ts, receive_ts, skewed, origin, seq, row_no, level, pattern_id, three 4-byte dictionary indexes, 1-byte tenant index, three offsets. */
const bytesPerRow = 8 + 8 + 1 + 4 + 8 + 2 + 1 + 8 + 12 + 1 + 24;

const additionalKeys = 0x200;
const needsUpdate = 0x400;

/** The block of all rows, at least one, in a fresh buffer. */
export function writeNativeBlock(batch: LogBatchBuilder, stamp: BatchStamp): Uint8Array<ArrayBuffer> {
  const rows = batch.rowCount;
  // ClickHouse gives a block without rows no default columns and then refuses the whole stream
  invariant(rows > 0, 'a block must have rows');
  const tenant = textEncoder.encode(stamp.tenant);
  padColumns(batch);
  const out = new ByteArena(sizeBound(batch) + tenant.length);
  const columnCountAt = out.length++;
  out.varint(rows);
  let columns = 8;

  writeTenant(out, tenant, rows);
  const { times, skewed, anySkewed } = eventTimes(batch, stamp);
  writeFixed(out, 'ts', times);
  writeFixed(out, 'receive_ts', filled64(rows, BigInt(stamp.receivedMs)));
  if (anySkewed) columns += writeFixed(out, 'skewed', skewed);
  writeFixed(out, 'origin', new Uint8Array(new Uint32Array(rows).fill(stamp.origin).buffer));
  writeFixed(out, 'seq', filled64(rows, BigInt(stamp.seq)));
  writeFixed(out, 'row_no', new Uint8Array(Uint16Array.from({ length: rows }, (_, row) => row).buffer));
  columns += writeDictionary(out, 'service', batch.services, batch.serviceIndexes, rows);
  columns += writeDictionary(out, 'host', batch.hosts, batch.hostIndexes, rows);
  columns += writeDictionary(out, 'environment', batch.environments, batch.environmentIndexes, rows);
  writeFixed(out, 'level', batch.levels.subarray(0, rows));
  columns += writeText(out, 'trace_id', batch.traceId);
  columns += writeText(out, 'span_id', batch.spanId);
  writeText(out, 'message', batch.message);
  columns += writeText(out, 'folded', batch.folded);
  columns += writeMap(out, 'attributes', batch.attributes);
  columns += writeText(out, 'kinds', batch.kinds);
  columns += writeMap(out, 'resource', batch.resource);
  columns += writeList(out, 'tags', batch.tags);
  columns += writeText(out, 'raw', batch.raw);
  if (batch.hasPatterns) columns += writeFixed(out, 'pattern_id', patternIds(batch));

  out.bytes[columnCountAt] = columns;
  return out.bytes.subarray(0, out.length);
}

/** Columns that are in use get all their rows; unused ones stay at no rows and are left out. */
function padColumns(batch: LogBatchBuilder): void {
  const rows = batch.rowCount;
  batch.message.padTo(rows);
  for (const column of [batch.traceId, batch.spanId, batch.folded, batch.kinds, batch.raw]) if (column.rows > 0) column.padTo(rows);
  for (const column of [batch.attributes, batch.resource, batch.tags]) if (column.ends.length > 0) column.padTo(rows);
}

function sizeBound(batch: LogBatchBuilder): number {
  let bound = fixedBytes + batch.rowCount * bytesPerRow;
  for (const column of [batch.message, batch.traceId, batch.spanId, batch.folded, batch.kinds, batch.raw]) bound += column.arena.length;
  for (const map of [batch.attributes, batch.resource]) {
    bound += map.keys.arena.length + map.values.arena.length + map.keyIndexes.length * 4;
  }
  for (const dictionary of [batch.services, batch.hosts, batch.environments, batch.tags.values]) bound += dictionary.arena.length;
  return bound + batch.tags.indexes.length * 4;
}

/** Event times in wire format, receive time where there is none, and the skew flags. */
function eventTimes(batch: LogBatchBuilder, stamp: BatchStamp): { times: Uint8Array; skewed: Uint8Array; anySkewed: boolean } {
  const { rowCount, timeHigh, timeLow } = batch;
  const words = new Uint32Array(rowCount * 2);
  const skewed = new Uint8Array(rowCount);
  const receivedNs = BigInt(stamp.receivedMs) * 1_000_000n;
  const receivedHigh = Number(receivedNs >> 32n);
  const receivedLow = Number(receivedNs & 0xffff_ffffn);
  const maxSkewNs = stamp.maxClockSkewMs * 1e6;
  let anySkewed = false;
  for (let row = 0; row < rowCount; row++) {
    const high = timeHigh[row];
    if (high === missingTime) {
      words[row * 2] = receivedLow;
      words[row * 2 + 1] = receivedHigh;
      continue;
    }
    const low = timeLow[row];
    words[row * 2] = low;
    words[row * 2 + 1] = high;
    // the difference of the words is exact enough: below 2^53 ns (104 days) to the nanosecond
    if (Math.abs((high - receivedHigh) * 4_294_967_296 + (low - receivedLow)) > maxSkewNs) {
      skewed[row] = 1;
      anySkewed = true;
    }
  }
  return { times: new Uint8Array(words.buffer), skewed, anySkewed };
}

function patternIds({ rowCount, patternHigh, patternLow }: LogBatchBuilder): Uint8Array {
  const words = new Uint32Array(rowCount * 2);
  for (let row = 0; row < rowCount; row++) {
    words[row * 2] = patternLow[row];
    words[row * 2 + 1] = patternHigh[row];
  }
  return new Uint8Array(words.buffer);
}

function filled64(rows: number, value: bigint): Uint8Array {
  return new Uint8Array(new BigInt64Array(rows).fill(value).buffer);
}

function append(out: ByteArena, bytes: Uint8Array): void {
  out.bytes.set(bytes, out.length);
  out.length += bytes.length;
}

function writeHeader(out: ByteArena, name: ColumnName): void {
  const header = headers.get(name);
  invariant(header !== undefined, `no column ${name}`);
  append(out, header);
}

function writeFixed(out: ByteArena, name: ColumnName, bytes: Uint8Array): 1 {
  writeHeader(out, name);
  append(out, bytes);
  return 1;
}

function writeText(out: ByteArena, name: ColumnName, column: TextColumnBuilder): 0 | 1 {
  if (column.rows === 0 && name !== 'message') return 0;
  writeHeader(out, name);
  append(out, column.arena.bytes.subarray(0, column.arena.length));
  return 1;
}

function writeU64(out: ByteArena, value: number): void {
  out.view.setUint32(out.length, value, true);
  out.view.setUint32(out.length + 4, Math.floor(value / 4_294_967_296), true);
  out.length += 8;
}

function writeTenant(out: ByteArena, tenant: Uint8Array, rows: number): void {
  writeHeader(out, 'tenant');
  writeU64(out, 1);
  writeU64(out, additionalKeys | needsUpdate);
  writeU64(out, tenant.length === 0 ? 1 : 2);
  out.bytes[out.length++] = 0;
  if (tenant.length > 0) {
    out.varint(tenant.length);
    append(out, tenant);
  }
  writeU64(out, rows);
  out.bytes.fill(tenant.length === 0 ? 0 : 1, out.length, out.length + rows);
  out.length += rows;
}

function writeDictionary(out: ByteArena, name: ColumnName, keys: TextDictionary, indexes: Uint32Array, rows: number): 0 | 1 {
  if (keys.count === 1) return 0;
  writeHeader(out, name);
  writeU64(out, 1);
  writeKeysAndIndexes(out, keys, indexes, rows);
  return 1;
}

/** Everything of a LowCardinality column behind its version. */
function writeKeysAndIndexes(out: ByteArena, keys: TextDictionary, indexes: Uint32Array, count: number): void {
  if (count === 0) return;
  const width = keys.count <= 0x100 ? 0 : keys.count <= 0x1_0000 ? 1 : 2;
  writeU64(out, additionalKeys | needsUpdate | width);
  writeU64(out, keys.count);
  append(out, keys.arena.bytes.subarray(0, keys.arena.length));
  writeU64(out, count);
  const { bytes, view } = out;
  let at = out.length;
  if (width === 0) for (let i = 0; i < count; i++) bytes[at++] = indexes[i];
  else if (width === 1) for (let i = 0; i < count; i++, at += 2) view.setUint16(at, indexes[i], true);
  else for (let i = 0; i < count; i++, at += 4) view.setUint32(at, indexes[i], true);
  out.length = at;
}

function writeOffsets(out: ByteArena, ends: NumberColumn): void {
  const { view } = out;
  let at = out.length;
  // the buffer is fresh, so the high words are zero already
  for (let row = 0; row < ends.length; row++, at += 8) view.setUint32(at, ends.values[row], true);
  out.length = at;
}

function writeMap(out: ByteArena, name: ColumnName, map: MapColumnBuilder): 0 | 1 {
  if (map.ends.length === 0) return 0;
  writeHeader(out, name);
  writeU64(out, 1);
  writeOffsets(out, map.ends);
  writeKeysAndIndexes(out, map.keys, map.keyIndexes.values, map.keyIndexes.length);
  append(out, map.values.arena.bytes.subarray(0, map.values.arena.length));
  return 1;
}

function writeList(out: ByteArena, name: ColumnName, list: ListColumnBuilder): 0 | 1 {
  if (list.ends.length === 0) return 0;
  writeHeader(out, name);
  writeU64(out, 1);
  writeOffsets(out, list.ends);
  writeKeysAndIndexes(out, list.values, list.indexes.values, list.indexes.length);
  return 1;
}
