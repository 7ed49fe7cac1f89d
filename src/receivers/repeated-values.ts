/**
 * Values that a request says once and that hold for many records: an OTLP resource or scope, the labels of a Loki stream.
 *
 * Collected once in a buffer of its own, then written into each record. Since a small request could make a huge batch this
 * way, the decoder bounds `length` times the records (`RepetitionBound`).
 */
import { AppError } from '#base/errors.ts';
import { ByteArena } from '#model/byte-columns.ts';
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';

const entryKinds = { field: 0, severity: 1, resource: 2, attribute: 3 } as const;
/** What the block holds of an entry besides its bytes: index of the name, length, kind, offsets. */
const entryOverheadBytes = 8;
const retainBytes = 64 * 1024;

export class RepeatedValues {
  readonly #arena = new ByteArena(1024);
  /** Per entry five numbers: what it is, field or name or severity, kind, start, end. */
  readonly #entries: number[] = [];
  /** Bits of the fields that have a value. */
  #filled = 0;

  /** Bytes that it adds to a record. */
  get length(): number {
    return this.#arena.length + (this.#entries.length / 5) * entryOverheadBytes;
  }

  clear(): void {
    this.#arena.reset(retainBytes);
    this.#entries.length = 0;
    this.#filled = 0;
  }

  isFilled(field: number): boolean {
    return (this.#filled & (1 << field)) !== 0;
  }

  /** Fills one of the fields that `RecordWriter.text` takes. */
  field(field: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.#filled |= 1 << field;
    this.#add(entryKinds.field, field, 0, bytes, view, start, end);
  }

  /** Sets the severity number; the bytes in which it was said are not kept. */
  severity(levelField: number, severity: number): void {
    this.#filled |= 1 << levelField;
    this.#entries.push(entryKinds.severity, severity, 0, 0, 0);
  }

  resource(name: NameId, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.#add(entryKinds.resource, name, 0, bytes, view, start, end);
  }

  attribute(name: NameId, kind: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.#add(entryKinds.attribute, name, kind, bytes, view, start, end);
  }

  /** Writes all into the open record. The writer looks at these bytes afterwards. */
  writeTo(writer: RecordWriter): void {
    const entries = this.#entries;
    if (entries.length === 0) return;
    writer.from(this.#arena.bytes, this.#arena.view);
    for (let i = 0; i < entries.length; i += 5) {
      const what = entries[i];
      const start = entries[i + 3];
      const end = entries[i + 4];
      if (what === entryKinds.resource) writer.resource(entries[i + 1], start, end);
      else if (what === entryKinds.attribute) writer.attribute(entries[i + 1], entries[i + 2], start, end);
      else if (what === entryKinds.field) writer.text(entries[i + 1], start, end);
      else writer.severity(entries[i + 1]);
    }
  }

  #add(what: number, name: number, kind: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const arena = this.#arena;
    arena.reserve(end - start);
    const from = arena.length;
    arena.copy(bytes, view, start, end);
    this.#entries.push(what, name, kind, from, arena.length);
  }
}

/** Counts what repeated values add to a batch. */
export class RepetitionBound {
  readonly #maxBytes: number;
  readonly #setting: string;
  #bytes = 0;

  constructor(maxBytes: number, setting: string) {
    this.#maxBytes = maxBytes;
    this.#setting = setting;
  }

  restart(): void {
    this.#bytes = 0;
  }

  /** @throws AppError limit_exceeded */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return;
    throw new AppError('limit_exceeded', `what this request says once, repeated in its records, is over ${this.#maxBytes} bytes`, {
      details: { setting: this.#setting, maxBytes: this.#maxBytes },
    });
  }
}
