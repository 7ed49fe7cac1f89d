/**
 * OTLP's KeyValue lists as named values: maps are flattened to dotted names, everything else is text and kind.
 *
 * Since nested names repeat their prefix, a small body could make huge ones. A map whose name is longer than a name may
 * be stays whole, as JSON, and so do all maps once the prefixes of a request are over four times its size.
 */
import { ByteArena } from '#model/byte-columns.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import type { ProtobufReader } from '#receivers/protobuf-reader.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { valuesTag } from './any-value.ts';
import { KeyValueRanges, keyValueTags } from './key-value.ts';
import type { AnyValueReader } from './any-value.ts';

/** Takes a value; the bytes are borrowed. */
export type AttributeSink = (name: NameId, kind: number, bytes: Uint8Array, view: DataView, start: number, end: number) => void;

const dot = 0x2e;
const retainBytes = 64 * 1024;
/** Nesting of an attribute's value: the record is 1, its attributes are 2. */
const valueDepth = 3;

export class AttributeReader {
  readonly #reader: ProtobufReader;
  readonly #value: AnyValueReader;
  readonly #names: RecordNames;
  readonly #maxNameBytes: number;
  readonly #key = new ValidText();
  readonly #ranges = new KeyValueRanges();
  /** Name of the value being read, where it is put together. */
  readonly #path = new ByteArena(256);
  /** What prefixes may still take up. */
  #prefixBytes = 0;

  constructor(reader: ProtobufReader, value: AnyValueReader, names: RecordNames, maxNameBytes: number) {
    this.#reader = reader;
    this.#value = value;
    this.#names = names;
    this.#maxNameBytes = maxNameBytes;
  }

  /** Begins a request of this size. */
  open(requestBytes: number): void {
    this.#prefixBytes = requestBytes * 4 + 65_536;
  }

  /** Reads the KeyValue at the reader's position; `prefix` stands before its name. */
  read(end: number, sink: AttributeSink, prefix?: Uint8Array): void {
    if (prefix === undefined) return this.#entry(end, 0, valueDepth, sink);
    this.#path.reset(retainBytes);
    this.#path.reserve(prefix.length);
    this.#path.bytes.set(prefix);
    this.#path.length = prefix.length;
    this.#entry(end, prefix.length, valueDepth, sink);
  }

  /** A KeyValue whose name goes behind the first `base` bytes of the path. */
  #entry(end: number, base: number, depth: number, sink: AttributeSink): void {
    const reader = this.#reader;
    const from = reader.at;
    const keyEnd = reader.shortRange(keyValueTags.key, end);
    const keyAt = reader.at;
    if (keyEnd >= 0) reader.at = keyEnd;
    const valueEnd = keyEnd < 0 ? -1 : reader.shortRange(keyValueTags.value, end);
    if (valueEnd === end) {
      this.#key.of(reader.bytes, reader.view, keyAt, keyEnd);
      this.#value.read(valueEnd, depth);
    } else {
      reader.at = from;
      this.#anyEntry(end, depth);
    }
    if (this.#value.isMap) this.#map(base, depth, sink);
    else this.#give(this.#nameOf(base), sink);
    reader.at = end;
  }

  /** Reads key and value of any KeyValue: long ones, in any order, given twice or not at all. */
  #anyEntry(end: number, depth: number): void {
    const reader = this.#reader;
    this.#ranges.read(reader, end);
    const { keyAt, keyEnd, valueAt, valueEnd } = this.#ranges;
    this.#key.of(reader.bytes, reader.view, keyAt, keyEnd);
    reader.at = valueAt;
    this.#value.read(valueEnd, depth);
  }

  #nameOf(base: number): NameId {
    const { bytes, view, start, end } = this.#key;
    if (base === 0) return this.#names.of(bytes, view, start, end);
    this.#appendKey(base);
    return this.#names.of(this.#path.bytes, this.#path.view, 0, this.#path.length);
  }

  #appendKey(base: number): void {
    const { bytes, view, start, end } = this.#key;
    this.#path.length = base;
    this.#path.reserve(end - start + 1);
    this.#path.copy(bytes, view, start, end);
  }

  #give(name: NameId, sink: AttributeSink): void {
    const { kind, bytes, view, start, end } = this.#value;
    sink(name, kind, bytes, view, start, end);
  }

  /** The value is a map: each of its entries by itself. */
  #map(base: number, depth: number, sink: AttributeSink): void {
    const { start, end } = this.#value;
    const prefixLength = base + this.#key.end - this.#key.start + 1;
    if (start === end || prefixLength > this.#maxNameBytes || this.#prefixBytes < 0) {
      this.#value.readMapAsJson(depth);
      return this.#give(this.#nameOf(base), sink);
    }
    this.#appendKey(base);
    this.#path.bytes[this.#path.length++] = dot;
    const reader = this.#reader;
    reader.at = start;
    while (reader.at < end && !this.#value.isTooDeep) {
      const tag = reader.tag(end);
      if (tag !== valuesTag) {
        reader.skip(tag, end);
        continue;
      }
      this.#prefixBytes -= prefixLength;
      const entryEnd = reader.range(end);
      if (depth < this.#value.maxNesting) this.#entry(entryEnd, prefixLength, depth + 1, sink);
      else this.#value.isTooDeep = true;
    }
  }
}
