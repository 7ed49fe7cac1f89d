/**
 * Walks the bytes of a ClickHouse Native block. A read past the end, or a value that contradicts another, throws BugError.
 * Used by native-block.ts and select-rows.ts.
 */
import { invariant } from '#base/errors.ts';
import type { DictionaryColumn, TextColumn } from './batch-view.ts';
import type { ColumnType } from './columns.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of one value of the types of fixed width. */
export const widths: Readonly<Partial<Record<ColumnType, number>>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  Float32: 4,
  "DateTime64(9, 'UTC')": 8,
  "DateTime64(3, 'UTC')": 8,
};

/** Walks bytes; a read past the end throws. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  #lastLength = 0;

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
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < count; i++) {
      const length = bytes[at];
      // Nearly all are shorter than 128 bytes; past the end there is no byte, and the slow way says so.
      at = length < 128 ? at + 1 + length : this.#behindLongText(at);
    }
    this.at = at;
    this.skip(0);
  }

  texts(count: number): TextColumn {
    const { bytes } = this;
    const starts = new Uint32Array(count);
    const ends = new Uint32Array(count);
    let { at } = this;
    for (let i = 0; i < count; i++) {
      const length = bytes[at];
      if (length < 128) {
        starts[i] = at + 1;
        at += 1 + length;
      } else {
        const end = this.#behindLongText(at);
        starts[i] = end - this.#lastLength;
        at = end;
      }
      ends[i] = at;
    }
    this.at = at;
    this.skip(0);
    return { bytes, starts, ends };
  }

  /** Reads a text at a position by its whole varint; returns where it ends. */
  #behindLongText(at: number): number {
    this.at = at;
    this.#lastLength = this.varint();
    this.skip(this.#lastLength);
    return this.at;
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

/** Moves the cursor behind a column's data. */
export function skipColumn(cursor: Cursor, type: ColumnType, rows: number): void {
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
