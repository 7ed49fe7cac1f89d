/**
 * Reads ClickHouse Native blocks back: columns on demand for live tail, the matcher and the tests.
 * Layout: docs/specs/log-batch.md.
 *
 * The block's columns are walked once to find where each begins; their values are decoded when first asked for. Views
 * borrow the buffer. A block that is cut short or inconsistent throws BugError: blocks come from our own log, whose CRC
 * was checked, so nothing a user sends can do that. Called by consumers and by the store's tests.
 */
import { formatLineId } from '#base/ids.ts';
import { invariant } from '#base/errors.ts';
import type { BatchView, DictionaryColumn, ListColumn, MapColumn, TextColumn } from './batch-view.ts';
import { logColumns } from './columns.ts';
import type { ColumnName, ColumnType } from './columns.ts';
import type { LogLine } from './log-line.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of one value of the types of fixed width. */
const widths: Readonly<Partial<Record<ColumnType, number>>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  Float32: 4,
  "DateTime64(9, 'UTC')": 8,
  "DateTime64(3, 'UTC')": 8,
};

/** Walks bytes; a read past the end throws. */
class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  skip(length: number): number {
    const start = this.at;
    invariant(length >= 0 && start + length <= this.bytes.length, 'native block is cut short');
    this.at = start + length;
    return start;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      invariant(this.at < this.bytes.length && scale < 2 ** 42, 'native block: bad varint');
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  u64(): number {
    const at = this.skip(8);
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 4_294_967_296;
  }

  text(): string {
    const length = this.varint();
    const start = this.skip(length);
    return textDecoder.decode(this.bytes.subarray(start, start + length));
  }

  skipTexts(count: number): void {
    for (let i = 0; i < count; i++) this.skip(this.varint());
  }

  texts(count: number): TextColumn {
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const length = this.varint();
      starts[i] = this.skip(length);
      ends[i] = this.at;
    }
    return { bytes: this.bytes, starts, ends };
  }

  /** A LowCardinality column behind its version. */
  dictionary(count: number): DictionaryColumn {
    if (count === 0) return { values: [], indexes: new Uint8Array(0) };
    const width = this.#dictionaryWidth();
    const keyCount = this.u64();
    const keys = this.texts(keyCount);
    const values = Array.from({ length: keyCount }, (_, i) => textDecoder.decode(this.bytes.subarray(keys.starts[i], keys.ends[i])));
    invariant(this.u64() === count, 'native block: dictionary column of another length');
    const start = this.skip(count * width);
    // `slice` of a Buffer would be a view of its pool.
    const copy = new Uint8Array(this.bytes.subarray(start, this.at)).buffer;
    const indexes = width === 1 ? new Uint8Array(copy) : width === 2 ? new Uint16Array(copy) : new Uint32Array(copy);
    for (let i = 0; i < count; i++) invariant(indexes[i] < keyCount, 'native block: dictionary index out of range');
    return { values, indexes };
  }

  skipDictionary(count: number): void {
    if (count === 0) return;
    const width = this.#dictionaryWidth();
    this.skipTexts(this.u64());
    invariant(this.u64() === count, 'native block: dictionary column of another length');
    this.skip(count * width);
  }

  #dictionaryWidth(): number {
    const flags = this.u64();
    const width = 1 << (flags & 0xff);
    invariant(width <= 4 && (flags & 0x100) === 0 && (flags & 0x200) !== 0, `native block: dictionary flags ${flags}`);
    return width;
  }

  /** Ends as ClickHouse has them, with a 0 before: rowCount + 1 offsets. */
  offsets(count: number): Uint32Array {
    const offsets = new Uint32Array(count + 1);
    for (let i = 1; i <= count; i++) {
      const end = this.u64();
      invariant(end >= offsets[i - 1] && end <= 0xffff_ffff, 'native block: offsets fall');
      offsets[i] = end;
    }
    return offsets;
  }

  /** The last of `count` offsets. */
  skipOffsets(count: number): number {
    if (count === 0) return 0;
    this.skip((count - 1) * 8);
    return this.u64();
  }
}

function skipColumn(cursor: Cursor, type: ColumnType, rows: number): void {
  if (rows === 0) return;
  const width = widths[type];
  if (width !== undefined) {
    cursor.skip(rows * width);
  } else if (type === 'String') {
    cursor.skipTexts(rows);
  } else {
    invariant(cursor.u64() === 1, 'native block: unknown dictionary version');
    if (type === 'LowCardinality(String)') return cursor.skipDictionary(rows);
    const entries = cursor.skipOffsets(rows);
    cursor.skipDictionary(entries);
    if (type.startsWith('Map')) cursor.skipTexts(entries);
  }
}

const columnTypes: ReadonlySet<string> = new Set(logColumns.map((column) => column.type));

class NativeBatchView implements BatchView {
  readonly rowCount: number;
  /** Bytes of the block; another may follow in the same buffer. */
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  /** Where each column's data begins. */
  readonly #starts = new Map<string, number>();
  readonly #decoded = new Map<string, unknown>();

  constructor(bytes: Uint8Array, start: number) {
    const cursor = new Cursor(bytes, start);
    const columnCount = cursor.varint();
    this.rowCount = cursor.varint();
    invariant(this.rowCount <= bytes.length, 'native block: more rows than bytes');
    this.#bytes = bytes;
    for (let i = 0; i < columnCount; i++) {
      const name = cursor.text();
      const type = cursor.text();
      invariant(columnTypes.has(type), `native block: column "${name}" of type "${type}"`);
      const known = logColumns.find((column) => column.name === name);
      invariant(known === undefined || known.type === type, `native block: column "${name}" of type "${type}"`);
      this.#starts.set(name, cursor.at);
      skipColumn(cursor, type as ColumnType, this.rowCount);
    }
    this.byteLength = cursor.at - start;
  }

  get ts(): BigInt64Array {
    return this.#fixed('ts', 8, (buffer) => new BigInt64Array(buffer));
  }

  get receiveTs(): BigInt64Array {
    return this.#fixed('receive_ts', 8, (buffer) => new BigInt64Array(buffer));
  }

  get skewed(): Uint8Array {
    return this.#fixed('skewed', 1, (buffer) => new Uint8Array(buffer));
  }

  get origin(): Uint32Array {
    return this.#fixed('origin', 4, (buffer) => new Uint32Array(buffer));
  }

  get seq(): BigUint64Array {
    return this.#fixed('seq', 8, (buffer) => new BigUint64Array(buffer));
  }

  get rowNo(): Uint16Array {
    return this.#fixed('row_no', 2, (buffer) => new Uint16Array(buffer));
  }

  get level(): Uint8Array {
    return this.#fixed('level', 1, (buffer) => new Uint8Array(buffer));
  }

  get sampleRate(): Float32Array {
    return this.#once('sample_rate', (cursor) =>
      cursor === undefined ? new Float32Array(this.rowCount).fill(1) : new Float32Array(this.#slice(cursor, 4)),
    );
  }

  get patternId(): BigUint64Array {
    return this.#fixed('pattern_id', 8, (buffer) => new BigUint64Array(buffer));
  }

  dictionary(column: 'tenant' | 'service' | 'host' | 'environment'): DictionaryColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) return { values: [''], indexes: new Uint8Array(this.rowCount) };
      cursor.skip(8);
      return cursor.dictionary(this.rowCount);
    });
  }

  text(column: 'message' | 'folded' | 'trace_id' | 'span_id' | 'kinds' | 'raw'): TextColumn {
    return this.#once(column, (cursor) =>
      cursor === undefined
        ? { bytes: this.#bytes, starts: new Uint32Array(this.rowCount), ends: new Uint32Array(this.rowCount) }
        : cursor.texts(this.rowCount),
    );
  }

  map(column: 'attributes' | 'resource'): MapColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) {
        const none = new Uint32Array(0);
        const keys = { values: [], indexes: new Uint8Array(0) };
        return { offsets: new Uint32Array(this.rowCount + 1), keys, values: { bytes: this.#bytes, starts: none, ends: none } };
      }
      cursor.skip(8);
      const offsets = cursor.offsets(this.rowCount);
      const entries = offsets[this.rowCount];
      return { offsets, keys: cursor.dictionary(entries), values: cursor.texts(entries) };
    });
  }

  list(column: 'tags'): ListColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) {
        return { offsets: new Uint32Array(this.rowCount + 1), values: { values: [], indexes: new Uint8Array(0) } };
      }
      cursor.skip(8);
      const offsets = cursor.offsets(this.rowCount);
      return { offsets, values: cursor.dictionary(offsets[this.rowCount]) };
    });
  }

  #fixed<A>(column: ColumnName, width: number, over: (buffer: ArrayBuffer) => A): A {
    return this.#once(column, (cursor) => over(cursor === undefined ? new ArrayBuffer(this.rowCount * width) : this.#slice(cursor, width)));
  }

  /** A copy, since typed arrays need aligned memory. */
  #slice(cursor: Cursor, width: number): ArrayBuffer {
    const start = cursor.skip(this.rowCount * width);
    return new Uint8Array(this.#bytes.subarray(start, cursor.at)).buffer;
  }

  #once<V>(column: ColumnName, decode: (cursor: Cursor | undefined) => V): V {
    let value = this.#decoded.get(column) as V | undefined;
    if (value === undefined) {
      const start = this.rowCount === 0 ? undefined : this.#starts.get(column);
      value = decode(start === undefined ? undefined : new Cursor(this.#bytes, start));
      this.#decoded.set(column, value);
    }
    return value;
  }
}

/** A block as columns; `byteLength` says where the next block of the buffer begins. Throws BugError on a damaged block. */
export function readNativeBlock(bytes: Uint8Array, start = 0): BatchView & { readonly byteLength: number } {
  return new NativeBatchView(bytes, start);
}

function textAt({ bytes, starts, ends }: TextColumn, index: number): string {
  return textDecoder.decode(bytes.subarray(starts[index], ends[index]));
}

function dictionaryTextAt({ values, indexes }: DictionaryColumn, index: number): string {
  return values[indexes[index]];
}

/** One row as an object, with its id. Slow; for lines that are shown. */
export function lineOfRow(view: BatchView, row: number): LogLine {
  const tsNs = view.ts[row];
  const { offsets, keys, values } = view.map('attributes');
  const entries = Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i);
  const resource = view.map('resource');
  const tags = view.list('tags');
  return {
    id: formatLineId({
      tsMs: Number(tsNs / 1_000_000n),
      origin: view.origin[row],
      seq: Number(view.seq[row]),
      rowNo: view.rowNo[row],
    }),
    tsNs,
    receivedMs: Number(view.receiveTs[row]),
    skewed: view.skewed[row] !== 0,
    tenant: dictionaryTextAt(view.dictionary('tenant'), row),
    service: dictionaryTextAt(view.dictionary('service'), row),
    host: dictionaryTextAt(view.dictionary('host'), row),
    environment: dictionaryTextAt(view.dictionary('environment'), row),
    level: view.level[row],
    traceId: textAt(view.text('trace_id'), row),
    spanId: textAt(view.text('span_id'), row),
    message: textAt(view.text('message'), row),
    attributes: {
      names: entries.map((entry) => dictionaryTextAt(keys, entry)),
      values: entries.map((entry) => textAt(values, entry)),
      kinds: textAt(view.text('kinds'), row),
    },
    resource: resourceOf(resource, row),
    tags: Array.from({ length: tags.offsets[row + 1] - tags.offsets[row] }, (_, i) => dictionaryTextAt(tags.values, tags.offsets[row] + i)),
    raw: textAt(view.text('raw'), row),
    sampleRate: view.sampleRate[row],
  };
}

function resourceOf({ offsets, keys, values }: MapColumn, row: number): Record<string, string> {
  // a record without a prototype, so that a key "__proto__" is a key like any other
  const resource: Record<string, string> = Object.create(null);
  for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) resource[dictionaryTextAt(keys, entry)] = textAt(values, entry);
  return resource;
}
