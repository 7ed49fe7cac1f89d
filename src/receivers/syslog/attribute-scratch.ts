/**
 * Names and values that are not to be found as they are in a message: names put together of parts, values whose escapes
 * are undone. One per decoder, for structured-data.ts and security-events.ts.
 */
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';

const backslash = 0x5c;
const dot = 0x2e;
const textEncoder = new TextEncoder();

export interface MessageBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The byte that a backslash and this byte stand for; undefined where they stand for themselves. */
export type Unescape = (escaped: number) => number | undefined;

export class AttributeScratch {
  readonly #name = new Scratch();
  readonly #value = new Scratch();
  #prefixLength = 0;
  #nameLength = 0;

  /** What the names to come begin with: a range of the message, and a dot behind it. */
  prefix(source: Uint8Array, start: number, end: number): void {
    this.#name.fill(0, source, start, end);
    this.#prefixLength = end - start;
    this.#nameLength = this.#prefixLength;
    this.#name.bytes[this.#prefixLength++] = dot;
  }

  /** The same of a text that ends with its dot. */
  prefixText(text: string): void {
    this.#prefixLength = textEncoder.encodeInto(text, this.#name.bytes).written;
  }

  /** The name of the next attribute: the prefix and a range of the message. Without it the name is the prefix alone. */
  name(source: Uint8Array, start: number, end: number): void {
    this.#name.fill(this.#prefixLength, source, start, end);
    this.#nameLength = this.#prefixLength + end - start;
  }

  /** Adds the attribute with the value `start .. end`, its escapes undone. */
  add(writer: RecordWriter, message: MessageBytes, start: number, end: number, unescape: Unescape | undefined): void {
    const { bytes, view } = this.#name;
    const name = writer.names.of(bytes, view, 0, this.#nameLength);
    if (unescape === undefined) writer.attribute(name, kinds.string, start, end);
    else this.unescaped(writer, message, start, end, unescape, (length) => writer.attribute(name, kinds.string, 0, length));
  }

  /** Adds an attribute that is just there. */
  addTrue(writer: RecordWriter): void {
    const { bytes, view } = this.#name;
    writer.attributeText(writer.names.of(bytes, view, 0, this.#nameLength), 'true', kinds.boolean);
  }

  /** Gives `use` the range with its escapes undone, as the writer's bytes from 0. */
  unescaped(
    writer: RecordWriter,
    { bytes, view }: MessageBytes,
    start: number,
    end: number,
    unescape: Unescape,
    use: (length: number) => void,
  ): void {
    const value = this.#value;
    value.reserve(end - start);
    let length = 0;
    for (let at = start; at < end; at++) {
      const meant = bytes[at] === backslash && at + 1 < end ? unescape(bytes[at + 1]) : undefined;
      value.bytes[length++] = meant ?? bytes[at];
      if (meant !== undefined) at++;
    }
    writer.from(value.bytes, value.view);
    use(length);
    writer.from(bytes, view);
  }
}

class Scratch {
  bytes = new Uint8Array(1024);
  view = new DataView(this.bytes.buffer);

  /** Room for that many bytes and one more; what is there stays. */
  reserve(length: number): void {
    if (length < this.bytes.length) return;
    const grown = new Uint8Array(length * 2);
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Copies a range to `at`. */
  fill(at: number, source: Uint8Array, start: number, end: number): void {
    this.reserve(at + end - start);
    for (let from = start, to = at; from < end; from++, to++) this.bytes[to] = source[from];
  }
}
