/** Builders of the columns `Map(LowCardinality(String), String)` and `Array(LowCardinality(String))`. */
import { NumberColumn, TextColumnBuilder } from './byte-columns.ts';
import { TextDictionary } from './text-dictionary.ts';

/** Key-value pairs per row; keys are unique in a row. The entries of the open row are those behind the last offset. */
export class MapColumnBuilder {
  readonly keys = new TextDictionary();
  readonly keyIndexes = new NumberColumn(1024);
  readonly values = new TextColumnBuilder(4096);
  /** End of each closed row in `keyIndexes`; rows behind the last one are empty. */
  readonly ends = new NumberColumn(256);
  /** First entry of the open row, and where its value begins in `values.arena`. */
  rowEntry = 0;
  rowOffset = 0;

  /** By key index: number of the row opening that used it last. */
  #usedIn = new Float64Array(64);
  #opening = 0;

  /** Opens a row: no key is taken yet. Also after an aborted row. */
  openRow(): void {
    this.#opening++;
    this.rowEntry = this.keyIndexes.length;
    this.rowOffset = this.values.arena.length;
  }

  /** True where the open row has an entry of this key. */
  has(key: number): boolean {
    return key < this.#usedIn.length && this.#usedIn[key] === this.#opening;
  }

  /** Adds an entry to the open row; the key, an index of `keys`, must not be taken. */
  add(key: number, source: Uint8Array, view: DataView, start: number, end: number): void {
    if (key >= this.#usedIn.length) this.#growUsed(key);
    this.#usedIn[key] = this.#opening;
    this.values.append(this.keyIndexes.length, source, view, start, end);
    this.keyIndexes.push(key);
  }

  #growUsed(key: number): void {
    const grown = new Float64Array(Math.max(key + 1, this.#usedIn.length * 2));
    grown.set(this.#usedIn);
    this.#usedIn = grown;
  }

  /** Closes row `row`; rows between the last closed one and this are empty. */
  closeRow(row: number): void {
    const ends = this.ends;
    if (ends.length < row) this.padTo(row, ends.length === 0 ? 0 : ends.values[ends.length - 1]);
    ends.push(this.keyIndexes.length);
  }

  /** Makes the rows up to `rowCount` empty that were not closed. */
  padTo(rowCount: number, end = this.keyIndexes.length): void {
    while (this.ends.length < rowCount) this.ends.push(end);
  }

  reset(retainBytes: number): void {
    this.keys.clear(retainBytes);
    this.keyIndexes.reset(Math.max(1024, retainBytes >>> 4));
    this.values.reset(retainBytes);
    this.ends.reset(65_536);
    if (this.#usedIn.length > Math.max(1024, retainBytes >>> 4)) this.#usedIn = new Float64Array(64);
  }
}

/** Lists of repeating texts per row. */
export class ListColumnBuilder {
  readonly values = new TextDictionary();
  readonly indexes = new NumberColumn(256);
  readonly ends = new NumberColumn(256);

  /** Adds a text to the open row. */
  add(source: Uint8Array, view: DataView, start: number, end: number): void {
    this.indexes.push(this.values.indexOf(source, view, start, end));
  }

  /** Closes row `row`; rows between the last closed one and this are empty. */
  closeRow(row: number): void {
    const ends = this.ends;
    if (ends.length < row) this.padTo(row, ends.length === 0 ? 0 : ends.values[ends.length - 1]);
    ends.push(this.indexes.length);
  }

  /** Makes the rows up to `rowCount` empty that were not closed. */
  padTo(rowCount: number, end = this.indexes.length): void {
    while (this.ends.length < rowCount) this.ends.push(end);
  }

  reset(retainBytes: number): void {
    this.values.clear(retainBytes);
    this.indexes.reset(Math.max(256, retainBytes >>> 4));
    this.ends.reset(65_536);
  }
}
