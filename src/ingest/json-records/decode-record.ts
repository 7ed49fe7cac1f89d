/**
 * Decodes one JSON record into the columns of a LogBatchBuilder, byte by byte and without an object per record.
 * What becomes of which member: docs/specs/log-batch.md, "From JSON to columns".
 *
 * The scanner says where values are, KeyPaths what they mean, the builder keeps them. A record is scanned to its end even
 * where it is refused, since its neighbours' place depends on it; only bytes that are not JSON throw (MalformedJson).
 * Used by decode.ts; one instance per worker, for ever.
 */
import type { IngestConfig } from '../config.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { kinds } from '#model/record-writer.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import { JsonScanner, MalformedJson, stringFlags } from './json-scanner.ts';
import { KeyPaths, keyActions, recordRoot } from './key-paths.ts';
import type { FieldSpellings } from './key-paths.ts';
import { RecordValues } from './record-values.ts';
import type { SourceDefaults } from './source.ts';
import { withoutDuplicateKeys } from './unique-keys.ts';
import { Unescaper } from './unescape.ts';

const kindString = kinds.string;
const kindNumber = kinds.number;
const kindBoolean = kinds.boolean;
const kindNull = kinds.null;
const kindJson = kinds.json;

/** Where record numbers start anew, within 31 bits. */
const maxRecordNumber = 0x7fff_fff0;
const textEncoder = new TextEncoder();
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);

export type DecoderLimits = Pick<
  IngestConfig,
  'max_record_bytes' | 'max_attributes_per_record' | 'max_attribute_name_bytes' | 'max_nesting'
>;

export class RecordDecoder {
  readonly scanner = new JsonScanner();
  /** Why the last record was refused; undefined where it is a row now. */
  failure: RecordErrorCode | undefined;

  readonly #limits: DecoderLimits;
  readonly #paths: KeyPaths;
  readonly #unescaper = new Unescaper();
  readonly #values: RecordValues;
  #builder!: LogBatchBuilder;

  /** Number of the record, to recognise a key seen twice in it. */
  #record = 0;
  #recordStart = 0;
  #hasDuplicateKeys = false;
  #mayTakeBack = false;

  constructor(limits: DecoderLimits, ownSpellings?: FieldSpellings) {
    this.#limits = limits;
    this.#paths = new KeyPaths(limits.max_attribute_name_bytes, ownSpellings);
    this.#values = new RecordValues(this.scanner, this.#paths, this.#unescaper, limits.max_attributes_per_record);
  }

  /** Prepares for a body; `bytes` must be valid UTF-8 and stay unchanged until its records are decoded. */
  openBody(bytes: Uint8Array, view: DataView, builder: LogBatchBuilder, source: SourceDefaults): void {
    this.scanner.reset(bytes, view, bytes.length);
    this.#builder = builder;
    this.#mayTakeBack = false;
    this.#values.openBody(bytes.length, builder, source);
  }

  /** Changes the defaults for the records to come. */
  useSource(source: SourceDefaults): void {
    this.#values.useSource(source);
  }

  /** Takes back what the last `decode` kept or, where it threw, had begun to keep. */
  takeBack(): void {
    if (this.#mayTakeBack) this.#builder.abort();
    this.#mayTakeBack = false;
  }

  /** Lets go of the body, and of what an unusually large one needed. */
  closeBody(): void {
    this.scanner.reset(noBytes, noView, 0);
    this.#values.bytes = noBytes;
    this.#values.view = noView;
    this.#unescaper.shrink(1 << 20);
  }

  /** Decodes the value at `at` as a record: afterwards it is a row, or `failure` says why not. Returns the position behind. */
  decode(at: number): number {
    const { scanner } = this;
    this.#mayTakeBack = false;
    if (at >= scanner.end || scanner.bytes[at] !== 0x7b) {
      const end = scanner.skipValue(at, 0);
      this.failure = 'not_an_object';
      return end;
    }
    this.#open(at);
    const end = this.#object(at + 1, recordRoot, 1);
    this.failure = this.#refusal(end - at);
    if (this.failure !== undefined) this.#builder.abort();
    else if (this.#hasDuplicateKeys) this.#decodeUnique(at);
    else this.failure = this.#values.complete(end);
    return end;
  }

  #open(at: number): void {
    if (this.#paths.isFull || this.#record === maxRecordNumber) {
      this.#paths.clear();
      this.#values.findOwnNames();
      this.#record = 0;
    }
    this.#record++;
    this.#recordStart = at;
    this.scanner.deepest = 1;
    this.#hasDuplicateKeys = false;
    this.#values.open(at);
    this.#mayTakeBack = true;
  }

  #refusal(length: number): RecordErrorCode | undefined {
    const values = this.#values;
    if (values.isTooLarge || length > this.#limits.max_record_bytes || values.overflow.exceeds(length)) return 'record_too_large';
    if (this.scanner.deepest > this.#limits.max_nesting) return 'nesting_too_deep';
    // a duplicate key may yet replace a bad timestamp
    return values.hasBadTimestamp && !this.#hasDuplicateKeys ? 'invalid_timestamp' : undefined;
  }

  /** Slow path: the record is rewritten with the last value of each key at the place of the first, and decoded again. */
  #decodeUnique(at: number): void {
    const { scanner } = this;
    const { bytes, view, end } = scanner;
    this.#builder.abort();
    const text = textEncoder.encode(withoutDuplicateKeys(scanner, at));
    scanner.reset(text, new DataView(text.buffer, text.byteOffset, text.length), text.length);
    this.#open(0);
    const newEnd = this.#object(1, recordRoot, 1);
    this.failure = this.#refusal(newEnd);
    if (this.#values.hasBadTimestamp) this.failure ??= 'invalid_timestamp';
    if (this.failure !== undefined) this.#builder.abort();
    else this.failure = this.#values.complete(newEnd);
    scanner.reset(bytes, view, end);
  }

  /** From behind the opening brace to behind the closing one; `parent` names the members. */
  #object(at: number, parent: number, depth: number): number {
    const { scanner } = this;
    const { bytes, view, end } = scanner;
    const paths = this.#paths;
    if (depth > this.scanner.deepest) scanner.deepest = depth;
    if (depth > this.#limits.max_nesting) return scanner.skipContainer(at, true, depth);
    let node = 0;
    if (bytes[at] !== 0x22) {
      at = scanner.skipSpace(at);
      if (at < end && bytes[at] === 0x7d) return at + 1;
    }
    for (;;) {
      if (at >= end || bytes[at] !== 0x22) throw new MalformedJson(at, 'a key');
      const next = paths.predicted(parent, node);
      let behind = next === 0 ? -1 : paths.match(next, view, at + 1, end);
      if (behind >= 0) {
        node = next; // fast path
      } else {
        if (at - this.#recordStart > this.#limits.max_record_bytes) {
          this.#values.isTooLarge = true;
          return scanner.skipContainer(at, true, depth, true);
        }
        behind = scanner.string(at + 1) + 1;
        const found = this.#findKey(parent, at + 1, behind - 1);
        paths.learn(parent, node, found);
        node = found;
      }
      at = behind < end && bytes[behind] === 0x3a ? behind + 1 : scanner.colon(behind);
      if (bytes[at] <= 0x20) at = scanner.skipSpace(at);
      if (paths.seenTwice(node, this.#record)) this.#hasDuplicateKeys = true;
      at = this.#value(at, node, depth);
      if (bytes[at] !== 0x2c) {
        at = scanner.skipSpace(at);
        if (at < end && bytes[at] === 0x7d) return at + 1;
        if (at >= end || bytes[at] !== 0x2c) throw new MalformedJson(at, "',' or '}'");
      }
      if (bytes[++at] !== 0x22) at = scanner.skipSpace(at);
    }
  }

  #findKey(parent: number, start: number, end: number): number {
    const { scanner } = this;
    if ((scanner.flags & stringFlags.escaped) === 0) return this.#paths.lookup(parent, scanner.view, start, end);
    const length = this.#unescaper.decode(scanner.bytes, start, end);
    return this.#paths.lookup(parent, this.#unescaper.view, 0, length);
  }

  #value(at: number, node: number, depth: number): number {
    const values = this.#values;
    const { scanner } = this;
    const byte = at < scanner.end ? scanner.bytes[at] : 0;
    if (byte === 0x22) {
      const end = scanner.string(at + 1);
      const flags = scanner.flags;
      if ((flags & stringFlags.escaped) === 0) {
        values.bytes = scanner.bytes;
        values.view = scanner.view;
        values.scalar(node, kindString, at + 1, end, flags, at, end + 1);
      } else {
        const length = this.#unescaper.decode(scanner.bytes, at + 1, end);
        values.bytes = this.#unescaper.bytes;
        values.view = this.#unescaper.view;
        values.scalar(node, kindString, 0, length, this.#unescaper.nonAscii ? stringFlags.nonAscii : 0, at, end + 1);
      }
      return end + 1;
    }
    if (byte === 0x7b) return this.#objectValue(at, node, depth);
    values.bytes = scanner.bytes;
    values.view = scanner.view;
    if (byte === 0x5b) return this.#arrayValue(at, node, depth);
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const end = scanner.number(at);
      values.scalar(node, kindNumber, at, end, 0, at, end);
      return end;
    }
    const end = scanner.literal(at);
    values.scalar(node, byte === 0x6e ? kindNull : kindBoolean, at, end, 0, at, end);
    return end;
  }

  #objectValue(at: number, node: number, depth: number): number {
    const values = this.#values;
    const { scanner } = this;
    const action = this.#paths.actionOf(node);
    const isEmpty = scanner.bytes[scanner.skipSpace(at + 1)] === 0x7d;
    const isMessage = action === keyActions.message && (values.filled & (1 << action)) === 0;
    if (action === keyActions.timestamp && (values.filled & (1 << action)) === 0) {
      values.hasBadTimestamp = true;
    } else if (
      action === keyActions.metadata ||
      action === keyActions.resource ||
      !(isEmpty || isMessage || action === keyActions.tooLong || action === keyActions.ignored)
    ) {
      return this.#object(at + 1, node, depth + 1);
    }
    values.bytes = scanner.bytes;
    values.view = scanner.view;
    return this.#jsonText(at, node, depth);
  }

  #arrayValue(at: number, node: number, depth: number): number {
    const values = this.#values;
    const action = this.#paths.actionOf(node);
    if (action === keyActions.tags && (values.filled & (1 << action)) === 0) return this.#tags(at, depth);
    if (action === keyActions.timestamp && (values.filled & (1 << action)) === 0) values.hasBadTimestamp = true;
    return this.#jsonText(at, node, depth);
  }

  /** Keeps an array's or object's JSON text as it was sent: as the message, or as an attribute or resource entry. */
  #jsonText(at: number, node: number, depth: number): number {
    const values = this.#values;
    const { scanner } = this;
    const end = scanner.skipValue(at, depth);
    const action = this.#paths.actionOf(node);
    if (scanner.deepest > this.#limits.max_nesting) return end;
    if ((action === keyActions.message || action === keyActions.log) && (values.filled & (1 << keyActions.message)) === 0) {
      values.filled |= 1 << keyActions.message;
      values.message(at, end, hasNonAscii(scanner.bytes, at, end) ? stringFlags.nonAscii : 0);
    } else if (action > keyActions.tags && action !== keyActions.log) {
      values.special(action, node, kindJson, at, end, at, end);
    } else {
      values.attribute(node, kindJson, at, end, at, end);
    }
    return end;
  }

  #tags(at: number, depth: number): number {
    const { scanner } = this;
    const { bytes, view } = scanner;
    this.#values.filled |= 1 << keyActions.tags;
    if (depth + 1 > scanner.deepest) scanner.deepest = depth + 1;
    at = scanner.skipSpace(at + 1);
    if (at < scanner.end && bytes[at] === 0x5d) return at + 1;
    for (;;) {
      const start = scanner.skipSpace(at);
      const end = scanner.skipValue(start, depth + 1);
      if (bytes[start] !== 0x22) {
        this.#builder.tags.add(bytes, view, start, end);
      } else if ((scanner.flags & stringFlags.escaped) === 0) {
        this.#builder.tags.add(bytes, view, start + 1, end - 1);
      } else {
        const length = this.#unescaper.decode(bytes, start + 1, end - 1);
        this.#builder.tags.add(this.#unescaper.bytes, this.#unescaper.view, 0, length);
      }
      at = scanner.skipSpace(end);
      const byte = at < scanner.end ? bytes[at] : 0;
      at++;
      if (byte === 0x5d) return at;
      if (byte !== 0x2c) throw new MalformedJson(at - 1, "',' or ']'");
    }
  }
}

function hasNonAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] >= 0x80) return true;
  return false;
}
