/**
 * Takes rows out of a Native block, and writes into the rest at which rate they were kept: what sampling, drop rules and
 * deduplication do with a finished batch. The rows that stay keep their place (`row_no`), and so their ids.
 *
 * Columns are copied as they lie; dictionaries keep entries that no row uses any more.
 */
import { invariant } from '#base/errors.ts';
import { ByteArena } from './byte-columns.ts';
import { logColumns } from './columns.ts';
import type { ColumnType } from './columns.ts';
import { Cursor, widths } from './native-cursor.ts';

/** Which rows stay: 1 for each that does. */
export type RowMask = Uint8Array;

const sampleRateColumn = 'sample_rate';
const textEncoder = new TextEncoder();

/**
 * The block of the rows that the mask keeps, at least one, in a fresh buffer. `sampleRates` has the rate of every row of
 * the old block; left out: rates stay as they are.
 */
export function selectRows(block: Uint8Array, keep: RowMask, sampleRates?: Float32Array): Uint8Array {
  const cursor = new Cursor(block, 0);
  const columnCount = cursor.varint();
  const rows = cursor.varint();
  invariant(keep.length === rows, 'the mask has one byte a row');
  const kept = keep.reduce((sum, bit) => sum + bit, 0);
  invariant(kept > 0, 'a block must have rows');
  const out = new ByteArena(block.length + kept * 4 + 64);
  const columnCountAt = out.length++;
  out.varint(kept);
  let columns = 0;
  const copier = new ColumnCopier(cursor, out, keep, rows);
  const writeRates = (): void => {
    if (sampleRates === undefined) return;
    writeHeader(out, sampleRateColumn, 'Float32');
    copier.rates(sampleRates);
    columns++;
  };
  let ratesAreDue = sampleRates !== undefined;
  for (let i = 0; i < columnCount; i++) {
    const name = cursor.text();
    const type = cursor.text() as ColumnType;
    // columns stand in the order of logColumns
    if (ratesAreDue && orderOf(name) >= orderOf(sampleRateColumn)) {
      writeRates();
      ratesAreDue = false;
      if (name === sampleRateColumn) {
        cursor.skip(rows * 4);
        continue;
      }
    }
    writeHeader(out, name, type);
    copier.column(type);
    columns++;
  }
  if (ratesAreDue) writeRates();
  out.bytes[columnCountAt] = columns;
  return out.bytes.subarray(0, out.length);
}

const order: ReadonlyMap<string, number> = new Map(logColumns.map(({ name }, index) => [name, index]));
const orderOf = (name: string): number => order.get(name) ?? Number.MAX_SAFE_INTEGER;

function writeHeader(out: ByteArena, name: string, type: string): void {
  for (const text of [name, type]) {
    const bytes = textEncoder.encode(text);
    out.reserve(bytes.length + 5);
    out.varint(bytes.length);
    out.bytes.set(bytes, out.length);
    out.length += bytes.length;
  }
}

/** Copies one column after the other, without the rows that go. */
class ColumnCopier {
  readonly #cursor: Cursor;
  readonly #out: ByteArena;
  readonly #keep: RowMask;
  readonly #rows: number;

  constructor(cursor: Cursor, out: ByteArena, keep: RowMask, rows: number) {
    this.#cursor = cursor;
    this.#out = out;
    this.#keep = keep;
    this.#rows = rows;
  }

  column(type: ColumnType): void {
    const width = widths[type];
    if (width !== undefined) return this.#fixed(width);
    if (type === 'String') return this.#texts(this.#keep);
    this.#u64(this.#cursor.u64());
    if (type === 'LowCardinality(String)') return this.#dictionary(this.#keep);
    const entries = this.#offsets();
    this.#dictionary(entries);
    if (type.startsWith('Map')) this.#texts(entries);
  }

  /** The rates of the rows that stay. */
  rates(sampleRates: Float32Array): void {
    const out = this.#out;
    out.reserve(this.#rows * 4);
    for (let row = 0; row < this.#rows; row++) {
      if (this.#keep[row] === 0) continue;
      out.view.setFloat32(out.length, sampleRates[row], true);
      out.length += 4;
    }
  }

  #fixed(width: number): void {
    const start = this.#cursor.skip(this.#rows * width);
    this.#eachRun(this.#keep, (from, to) => this.#copy(start + from * width, start + to * width));
  }

  #texts(keep: RowMask): void {
    const cursor = this.#cursor;
    for (let i = 0; i < keep.length; i++) {
      const from = cursor.at;
      cursor.skip(cursor.varint());
      if (keep[i] === 1) this.#copy(from, cursor.at);
    }
  }

  #dictionary(keep: RowMask): void {
    if (keep.length === 0) return;
    const cursor = this.#cursor;
    const from = cursor.at;
    const flags = cursor.u64();
    cursor.skipTexts(cursor.u64());
    const kept = keep.reduce((sum, bit) => sum + bit, 0);
    // nothing at all is written of a dictionary without entries
    if (kept > 0) {
      this.#copy(from, cursor.at);
      this.#u64(kept);
    }
    invariant(cursor.u64() === keep.length, 'native block: dictionary column of another length');
    const width = 1 << (flags & 0xff);
    const start = cursor.skip(keep.length * width);
    this.#eachRun(keep, (first, behind) => this.#copy(start + first * width, start + behind * width));
  }

  /** Writes the offsets of the rows that stay; returns which entries stay. */
  #offsets(): RowMask {
    const offsets = this.#cursor.offsets(this.#rows);
    const entries = new Uint8Array(offsets[this.#rows]);
    let end = 0;
    for (let row = 0; row < this.#rows; row++) {
      if (this.#keep[row] === 0) continue;
      entries.fill(1, offsets[row], offsets[row + 1]);
      end += offsets[row + 1] - offsets[row];
      this.#u64(end);
    }
    return entries;
  }

  #eachRun(keep: RowMask, use: (from: number, to: number) => void): void {
    for (let from = 0; from < keep.length; ) {
      if (keep[from] === 0) {
        from++;
        continue;
      }
      let to = from + 1;
      while (to < keep.length && keep[to] === 1) to++;
      use(from, to);
      from = to;
    }
  }

  #copy(from: number, to: number): void {
    this.#out.reserve(to - from);
    this.#out.bytes.set(this.#cursor.bytes.subarray(from, to), this.#out.length);
    this.#out.length += to - from;
  }

  #u64(value: number): void {
    const out = this.#out;
    out.reserve(8);
    out.view.setUint32(out.length, value, true);
    out.view.setUint32(out.length + 4, Math.floor(value / 4_294_967_296), true);
    out.length += 8;
  }
}
