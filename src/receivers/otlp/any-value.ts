/**
 * OTLP's AnyValue (opentelemetry/proto/common/v1/common.proto) as the text that a field or attribute keeps.
 *
 * Text stays a range of the request; numbers, bytes (base64, as in OTLP's JSON) and arrays are written into a buffer of the
 * reader's own, which the next `read` overwrites. A map is left to the caller, who flattens it or asks for its JSON text.
 */
import { ByteArena } from '#model/byte-columns.ts';
import { kinds } from '#model/record-writer.ts';
import type { ProtobufReader } from '#receivers/protobuf-reader.ts';
import { ValidText, isAscii } from '#receivers/valid-text.ts';
import { KeyValueRanges } from './key-value.ts';

/** Tags of AnyValue. */
const tags = { string: 0x0a, bool: 0x10, int: 0x18, double: 0x21, array: 0x2a, map: 0x32, bytes: 0x3a } as const;
/** Tag of KeyValueList.values and of ArrayValue.values. */
export const valuesTag = 0x0a;

const retainBytes = 256 * 1024;
const shortTextLength = 32;
const textEncoder = new TextEncoder();

export class AnyValueReader {
  /** Kind of the last value: null where there is none, json for a map too. */
  kind: number = kinds.null;
  /** The last value's text; borrowed until the next call. */
  bytes: Uint8Array;
  view: DataView;
  start = 0;
  end = 0;
  /** The last value is a map: `start .. end` is its KeyValueList in the request. */
  isMap = false;
  /** Some value was nested too deep; stays until the caller sets it back. */
  isTooDeep = false;

  readonly #reader: ProtobufReader;
  readonly maxNesting: number;
  readonly #rendered = new ByteArena(1024);
  readonly #text = new ValidText();
  readonly #ranges = new KeyValueRanges();

  constructor(reader: ProtobufReader, maxNesting: number) {
    this.#reader = reader;
    this.maxNesting = maxNesting;
    this.bytes = this.#rendered.bytes;
    this.view = this.#rendered.view;
  }

  /** Reads the AnyValue at the reader's position; of several members the last counts. `depth` is its nesting. */
  read(end: number, depth: number): void {
    const reader = this.#reader;
    const textEnd = reader.shortRange(tags.string, end);
    if (textEnd >= 0) this.#useText(textEnd);
    else this.kind = kinds.null;
    if (reader.at < end) this.#members(end, depth);
    if (this.kind !== kinds.null) return;
    this.isMap = false;
    this.#rendered.length = 0;
    this.#append('null');
    this.#point();
  }

  #members(end: number, depth: number): void {
    const reader = this.#reader;
    this.#rendered.reset(retainBytes);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === tags.string) this.#useText(reader.range(end));
      else if (tag === tags.map) this.#useMap(reader.range(end));
      else if (isMember(tag)) this.#useRendered(tag, end, depth);
      else reader.skip(tag, end);
    }
  }

  /** The JSON text of the map that was read last. */
  readMapAsJson(depth: number): void {
    this.#rendered.reset(retainBytes);
    this.#reader.at = this.start;
    this.#map(this.end, depth);
    this.isMap = false;
    this.#point();
  }

  #useText(end: number): void {
    const { bytes, view, at } = this.#reader;
    this.#reader.at = end;
    this.kind = kinds.string;
    this.isMap = false;
    this.bytes = bytes;
    this.view = view;
    this.start = at;
    this.end = end;
    if (isAscii(view, at, end)) return;
    const text = this.#text;
    text.of(bytes, view, at, end);
    this.bytes = text.bytes;
    this.view = text.view;
    this.start = text.start;
    this.end = text.end;
  }

  #useMap(end: number): void {
    this.kind = kinds.json;
    this.isMap = true;
    this.start = this.#reader.at;
    this.end = end;
    this.#reader.at = end;
  }

  #useRendered(tag: number, end: number, depth: number): void {
    this.#rendered.length = 0;
    this.kind = this.#member(tag, end, depth, '');
    this.isMap = false;
    this.#point();
  }

  #point(): void {
    this.bytes = this.#rendered.bytes;
    this.view = this.#rendered.view;
    this.start = 0;
    this.end = this.#rendered.length;
  }

  /** Appends a member that is neither text nor map, and returns its kind; `quote` stands around what JSON has as a string. */
  #member(tag: number, end: number, depth: number, quote: string): number {
    const reader = this.#reader;
    switch (tag) {
      case tags.bool:
        reader.varint(end);
        this.#append((reader.low | reader.high) === 0 ? 'false' : 'true');
        return kinds.boolean;
      case tags.int:
        reader.varint(end);
        this.#append(int64Text(reader.high, reader.low));
        return kinds.number;
      case tags.double: {
        const number = reader.double(end);
        const isFinite = Number.isFinite(number);
        this.#append(isFinite ? String(number) : `${quote}${number}${quote}`);
        return isFinite ? kinds.number : kinds.string;
      }
      case tags.bytes: {
        const bytesEnd = reader.range(end);
        const { buffer, byteOffset } = reader.bytes;
        this.#append(`${quote}${Buffer.from(buffer, byteOffset + reader.at, bytesEnd - reader.at).toString('base64')}${quote}`);
        reader.at = bytesEnd;
        return kinds.string;
      }
      default:
        this.#array(reader.range(end), depth);
        return kinds.json;
    }
  }

  #array(end: number, depth: number): void {
    const reader = this.#reader;
    let separator = '[';
    while (reader.at < end && !this.isTooDeep) {
      const tag = reader.tag(end);
      if (tag === valuesTag) {
        this.#append(separator);
        separator = ',';
        this.#json(reader.range(end), depth + 1);
      } else {
        reader.skip(tag, end);
      }
    }
    this.#append(separator === '[' ? '[]' : ']');
    reader.at = end;
  }

  #map(end: number, depth: number): void {
    const reader = this.#reader;
    let separator = '{';
    while (reader.at < end && !this.isTooDeep) {
      const tag = reader.tag(end);
      if (tag === valuesTag) {
        this.#append(separator);
        separator = ',';
        this.#entry(reader.range(end), depth);
      } else {
        reader.skip(tag, end);
      }
    }
    this.#append(separator === '{' ? '{}' : '}');
    reader.at = end;
  }

  /** A KeyValue as a member of a JSON object. */
  #entry(end: number, depth: number): void {
    const reader = this.#reader;
    this.#ranges.read(reader, end);
    const { keyAt, keyEnd, valueAt, valueEnd } = this.#ranges;
    this.#quoted(keyAt, keyEnd);
    this.#append(':');
    reader.at = valueAt;
    this.#json(valueEnd, depth + 1);
    reader.at = end;
  }

  /** Appends the AnyValue at the reader's position as JSON. */
  #json(end: number, depth: number): void {
    const reader = this.#reader;
    if (depth > this.maxNesting) {
      this.isTooDeep = true;
      reader.at = end;
      return;
    }
    const from = this.#rendered.length;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (!isMember(tag)) {
        reader.skip(tag, end);
        continue;
      }
      this.#rendered.length = from;
      if (tag === tags.string) {
        const textEnd = reader.range(end);
        this.#quoted(reader.at, textEnd);
        reader.at = textEnd;
      } else if (tag === tags.map) {
        this.#map(reader.range(end), depth);
      } else {
        this.#member(tag, end, depth, '"');
      }
    }
    if (this.#rendered.length === from) this.#append('null');
  }

  #quoted(start: number, end: number): void {
    this.#text.of(this.#reader.bytes, this.#reader.view, start, end);
    this.#append(JSON.stringify(this.#text.toString()));
  }

  #append(text: string): void {
    const arena = this.#rendered;
    arena.reserve(text.length * 3);
    if (text.length > shortTextLength || !appendAscii(arena, text)) {
      arena.length += textEncoder.encodeInto(text, arena.bytes.subarray(arena.length)).written;
    }
  }
}

/** Numbers and brackets are short ASCII, for which `encodeInto` costs more than the text. False: it is not ASCII. */
function appendAscii(arena: ByteArena, text: string): boolean {
  const { bytes, length } = arena;
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    bytes[length + i] = code;
  }
  if (all >= 0x80) return false;
  arena.length = length + text.length;
  return true;
}

const memberTags: ReadonlySet<number> = new Set(Object.values(tags));

function isMember(tag: number): boolean {
  return memberTags.has(tag);
}

/** Decimal text of an int64 in two unsigned words. */
function int64Text(high: number, low: number): string {
  if (high === 0) return String(low);
  const signedHigh = high | 0;
  const number = signedHigh * 2 ** 32 + low;
  return Number.isSafeInteger(number) ? String(number) : String((BigInt(signedHigh) << 32n) | BigInt(low));
}
