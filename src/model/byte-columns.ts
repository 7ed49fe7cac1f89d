/**
 * Growable column buffers in the Native block's wire format: what LogBatchBuilder writes values into.
 *
 * Sources are given as (bytes, view, start, end), both over the same memory: the view for copying words, the array for
 * bulk copies; making a subarray per value would cost more than the copy. All buffers are little-endian and reused from
 * batch to batch. Callers: log-batch.ts, text-dictionary.ts, map-column.ts.
 */

/**
 * From this length on `TypedArray.set` beats the word loop: a subarray and a native call cost about 60 ns, the loop
 * 0.35 ns a byte (decode.bench.ts).
 */
const bulkCopyBytes = 192;

/** Space behind the used part that word-wise writes may spoil. */
const slackBytes = 8;

/** Bytes one behind the other, with a DataView over the same memory. */
export class ByteArena {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;

  constructor(initialBytes: number) {
    this.bytes = new Uint8Array(initialBytes + slackBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `more` bytes behind `length`. */
  reserve(more: number): void {
    if (this.length + more + slackBytes > this.bytes.length) this.#grow(more);
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more + slackBytes));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Appends `start .. end`; room must have been reserved. */
  copy(source: Uint8Array, view: DataView, start: number, end: number): void {
    const length = end - start;
    const to = this.length;
    this.length = to + length;
    if (length < bulkCopyBytes && end + 3 <= source.length) {
      // fast path: whole words, up to 3 bytes past the end on both sides
      const target = this.view;
      for (let at = 0; at < length; at += 4) target.setInt32(to + at, view.getInt32(start + at, true), true);
    } else {
      this.bytes.set(source.subarray(start, end), to);
    }
  }

  /** Appends an unsigned LEB128 number below 2^31; room must have been reserved (5 bytes). */
  varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Gives memory beyond `retainBytes` back; the content is lost. */
  reset(retainBytes: number): void {
    this.length = 0;
    if (this.bytes.length > retainBytes + slackBytes) {
      this.bytes = new Uint8Array(retainBytes + slackBytes);
      this.view = new DataView(this.bytes.buffer);
    }
  }
}

/** A String column: per row a varint length and the bytes. Rows that nobody appended are empty. */
export class TextColumnBuilder {
  readonly arena: ByteArena;
  /** Rows written so far; the column may lag behind the batch. */
  rows = 0;
  /** Bytes of the text appended last. */
  lastLength = 0;

  constructor(initialBytes: number) {
    this.arena = new ByteArena(initialBytes);
  }

  /** Sets the text of a row that is not behind `rows`. */
  append(row: number, source: Uint8Array, view: DataView, start: number, end: number): void {
    const arena = this.arena;
    const length = end - start;
    if (this.rows !== row) this.padTo(row);
    arena.reserve(length + 5);
    if (length < 128) arena.bytes[arena.length++] = length;
    else arena.varint(length);
    arena.copy(source, view, start, end);
    this.rows = row + 1;
    this.lastLength = length;
  }

  /** Gives all rows up to `rowCount` (exclusive) the empty text. */
  padTo(rowCount: number): void {
    const missing = rowCount - this.rows;
    if (missing <= 0) return;
    this.arena.reserve(missing);
    this.arena.bytes.fill(0, this.arena.length, this.arena.length + missing);
    this.arena.length += missing;
    this.rows = rowCount;
  }

  reset(retainBytes: number): void {
    this.arena.reset(retainBytes);
    this.rows = 0;
  }
}

/** A growable list of unsigned numbers: dictionary indexes, offsets. */
export class NumberColumn {
  values: Uint32Array<ArrayBuffer>;
  length = 0;

  constructor(initialLength: number) {
    this.values = new Uint32Array(initialLength);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.#grow();
    this.values[this.length++] = value;
  }

  #grow(): void {
    const grown = new Uint32Array(this.values.length * 2);
    grown.set(this.values);
    this.values = grown;
  }

  /** Empties the list; memory beyond `retainLength` numbers is given back. */
  reset(retainLength: number): void {
    this.length = 0;
    if (this.values.length > retainLength) this.values = new Uint32Array(retainLength);
  }
}
