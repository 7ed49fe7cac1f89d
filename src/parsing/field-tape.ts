/**
 * Values found in a line, noted before anything is written: whether the line has the format at all is known only at its
 * end. Values that had to be unescaped lie in a buffer of the tape.
 */
import { ByteArena } from '#model/byte-columns.ts';
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { putField } from './line-parser.ts';
import type { ParserKit } from './line-parser.ts';

/** What becomes of a value. */
export const tapeActions = { put: 0, attribute: 1, resource: 2, tag: 3, none: 4 } as const;

const slots = 6;
/** A line with more values is no line of fields. */
export const maxTapeValues = 20_000;
const retainBytes = 1 << 20;

export class FieldTape {
  count = 0;
  /** Unescaped values. */
  readonly texts = new ByteArena(4096);
  #slots = new Int32Array(64 * slots);

  clear(): void {
    this.count = 0;
    if (this.texts.bytes.length > retainBytes) this.texts.reset(4096);
    this.texts.length = 0;
  }

  get isFull(): boolean {
    return this.count >= maxTapeValues;
  }

  /** Notes `start .. end` of the line, or of `texts` where `isText`. */
  add(action: number, name: NameId, kind: number, isText: boolean, start: number, end: number): void {
    const at = this.count++ * slots;
    if (at === this.#slots.length) this.#grow();
    const noted = this.#slots;
    noted[at] = action;
    noted[at + 1] = name;
    noted[at + 2] = kind;
    noted[at + 3] = isText ? 1 : 0;
    noted[at + 4] = start;
    noted[at + 5] = end;
  }

  /** Index of the first value under the name, -1 where there is none. */
  indexOf(name: NameId): number {
    for (let index = 0; index < this.count; index++) if (this.#slots[index * slots + 1] === name) return index;
    return -1;
  }

  startOf(index: number): number {
    return this.#slots[index * slots + 4];
  }

  endOf(index: number): number {
    return this.#slots[index * slots + 5];
  }

  /** Whether the value lies in `texts`. */
  isText(index: number): boolean {
    return this.#slots[index * slots + 3] === 1;
  }

  /** Gives a value another action, name and range. */
  change(index: number, action: number, name: NameId, start: number, end: number): void {
    const at = index * slots;
    this.#slots[at] = action;
    this.#slots[at + 1] = name;
    this.#slots[at + 4] = start;
    this.#slots[at + 5] = end;
  }

  /** Writes all values; the writer is left with the line's bytes. */
  write(writer: RecordWriter, kit: ParserKit, bytes: Uint8Array, view: DataView): void {
    const noted = this.#slots;
    const { texts } = this;
    for (let at = 0; at < this.count * slots; at += slots) {
      const isText = noted[at + 3] === 1;
      if (isText) writer.from(texts.bytes, texts.view);
      const name = noted[at + 1];
      const start = noted[at + 4];
      const end = noted[at + 5];
      switch (noted[at]) {
        case tapeActions.put:
          putField(writer, kit, isText ? texts.bytes : bytes, name, noted[at + 2], start, end);
          break;
        case tapeActions.attribute:
          writer.attribute(name, noted[at + 2], start, end);
          break;
        case tapeActions.resource:
          writer.resource(name, start, end);
          break;
        case tapeActions.tag:
          writer.tag(start, end);
          break;
        default:
        // the parser has read it itself
      }
      if (isText) writer.from(bytes, view);
    }
  }

  #grow(): void {
    const grown = new Int32Array(this.#slots.length * 2);
    grown.set(this.#slots);
    this.#slots = grown;
  }
}
