/**
 * Decodes one JSON record into the columns of a LogBatchBuilder, byte by byte and without an object per record.
 * What becomes of which member: docs/specs/log-batch.md, "From JSON to columns".
 *
 * The scanner says where values are, KeyPaths what they mean, the builder keeps them. A record is scanned to its end even
 * where it is refused, since its neighbours' place depends on it; only bytes that are not JSON throw (MalformedJson).
 * Used by decode.ts; one instance per worker, for ever.
 */
import { foldText } from '#base/text-folding.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { RecordErrorCode } from '#ingest/record-errors.ts';
import { attributeKinds } from '#model/columns.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import { parseSeverityBytes, severityOfNumber } from '#model/severity.ts';
import { TimestampParser } from '#model/timestamps.ts';
import { JsonScanner, MalformedJson, stringFlags } from './json-scanner.ts';
import { KeyPaths, keyActions, metadataRoot, recordRoot } from './key-paths.ts';
import { Overflow } from './overflow.ts';
import type { SourceDefaults } from './source.ts';
import { withoutDuplicateKeys } from './unique-keys.ts';
import { Unescaper } from './unescape.ts';

const kindString = attributeKinds.string.charCodeAt(0);
const kindNumber = attributeKinds.number.charCodeAt(0);
const kindBoolean = attributeKinds.boolean.charCodeAt(0);
const kindNull = attributeKinds.null.charCodeAt(0);
const kindJson = attributeKinds.json.charCodeAt(0);

/** Names in a batch may take this many times the body (nested names repeat their prefix), and some more for small ones. */
const nameBudgetFactor = 4;
const nameBudgetSlack = 64 * 1024;

const maxRecordNumber = 0x7fff_fff0;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

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
  readonly #times = new TimestampParser();
  readonly #overflow = new Overflow();
  #builder!: LogBatchBuilder;
  #source!: SourceDefaults;
  #nameBudget = 0;
  #levelNode = 0;
  #overflowNode = 0;

  /** Number of the record, to recognise a key seen twice in it. */
  #record = 0;
  #recordStart = 0;
  /** Bits of the fields that have a value, by their numbers in recordFields. */
  #filled = 0;
  #hasDuplicateKeys = false;
  #badTimestamp = false;
  #tooLarge = false;
  #mayTakeBack = false;
  /** Raw values that wait for the record's end: position of the value, 0 = none (a value is never at 0). */
  #metadataTraceNode = 0;
  #metadataTraceAt = 0;
  #metadataSpanNode = 0;
  #metadataSpanAt = 0;
  #overflowNameNode = 0;
  #overflowNameAt = 0;

  /** The value being kept: where its bytes are (the body or the unescaper's buffer). */
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
    this.#paths = new KeyPaths(limits.max_attribute_name_bytes);
    this.#findOwnNames();
  }

  /** Prepares for a body; `bytes` must be valid UTF-8 and stay unchanged until its records are decoded. */
  openBody(bytes: Uint8Array, view: DataView, builder: LogBatchBuilder, source: SourceDefaults): void {
    this.scanner.reset(bytes, view, bytes.length);
    this.#builder = builder;
    this.#source = source;
    this.#nameBudget = builder.attributes.keys.arena.length + bytes.length * nameBudgetFactor + nameBudgetSlack;
  }

  /** Changes the defaults for the records to come. */
  useSource(source: SourceDefaults): void {
    this.#source = source;
  }

  /** Takes back what the last `decode` kept or, where it threw, had begun to keep. */
  takeBack(): void {
    if (this.#mayTakeBack) this.#builder.abort();
    this.#mayTakeBack = false;
  }

  /** Gives back what an unusually large body needed. */
  closeBody(): void {
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
    else this.#complete(end);
    return end;
  }

  #open(at: number): void {
    if (this.#paths.isFull || this.#record === maxRecordNumber) {
      this.#paths.clear();
      this.#findOwnNames();
      this.#record = 0;
    }
    this.#record++;
    this.#recordStart = at;
    this.scanner.deepest = 1;
    this.#filled = 0;
    this.#hasDuplicateKeys = false;
    this.#badTimestamp = false;
    this.#tooLarge = false;
    this.#metadataTraceAt = 0;
    this.#metadataSpanAt = 0;
    this.#overflowNameAt = 0;
    if (!this.#overflow.isEmpty) this.#overflow.clear();
    this.#builder.begin();
    this.#mayTakeBack = true;
  }

  #findOwnNames(): void {
    const find = (name: string): number => {
      const bytes = textEncoder.encode(name);
      return this.#paths.lookup(metadataRoot, new DataView(bytes.buffer), 0, bytes.length);
    };
    this.#levelNode = find('level');
    this.#overflowNode = find('overflow');
  }

  #refusal(length: number): RecordErrorCode | undefined {
    if (this.#tooLarge || length > this.#limits.max_record_bytes || this.#overflow.exceeds(length)) return 'record_too_large';
    if (this.scanner.deepest > this.#limits.max_nesting) return 'nesting_too_deep';
    // a duplicate key may yet replace a bad timestamp
    return this.#badTimestamp && !this.#hasDuplicateKeys ? 'invalid_timestamp' : undefined;
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
    if (this.#badTimestamp) this.failure ??= 'invalid_timestamp';
    if (this.failure !== undefined) this.#builder.abort();
    else this.#complete(newEnd);
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
          this.#tooLarge = true;
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
    const { scanner } = this;
    const byte = at < scanner.end ? scanner.bytes[at] : 0;
    if (byte === 0x22) {
      const end = scanner.string(at + 1);
      const flags = scanner.flags;
      if ((flags & stringFlags.escaped) === 0) {
        this.#bytes = scanner.bytes;
        this.#view = scanner.view;
        this.#scalar(node, kindString, at + 1, end, flags, at, end + 1);
      } else {
        const length = this.#unescaper.decode(scanner.bytes, at + 1, end);
        this.#bytes = this.#unescaper.bytes;
        this.#view = this.#unescaper.view;
        this.#scalar(node, kindString, 0, length, this.#unescaper.nonAscii ? stringFlags.nonAscii : 0, at, end + 1);
      }
      return end + 1;
    }
    if (byte === 0x7b) return this.#objectValue(at, node, depth);
    this.#bytes = scanner.bytes;
    this.#view = scanner.view;
    if (byte === 0x5b) return this.#arrayValue(at, node, depth);
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const end = scanner.number(at);
      this.#scalar(node, kindNumber, at, end, 0, at, end);
      return end;
    }
    const end = scanner.literal(at);
    this.#scalar(node, byte === 0x6e ? kindNull : kindBoolean, at, end, 0, at, end);
    return end;
  }

  /** Keeps a value: `start .. end` in #bytes is its text, `rawStart .. rawEnd` its JSON in the body. */
  #scalar(node: number, kind: number, start: number, end: number, flags: number, rawStart: number, rawEnd: number): void {
    const action = this.#paths.actionOf(node);
    if (action === keyActions.attribute) return this.#attribute(node, kind, start, end, rawStart, rawEnd);
    if (action > keyActions.tags && action !== keyActions.log) return this.#special(action, node, kind, start, end, rawStart, rawEnd);
    const bit = 1 << (action === keyActions.log ? keyActions.message : action);
    if (kind === kindNull) return;
    if ((this.#filled & bit) !== 0 || action === keyActions.metadata || action === keyActions.resource) {
      return this.#attribute(node, kind, start, end, rawStart, rawEnd);
    }
    this.#filled |= bit;
    const builder = this.#builder;
    const row = builder.rowCount;
    const bytes = this.#bytes;
    const view = this.#view;
    switch (action) {
      case keyActions.timestamp:
        this.#timestamp(kind, start, end);
        break;
      case keyActions.level:
        this.#level(kind, start, end, rawStart, rawEnd);
        break;
      case keyActions.service:
        builder.serviceIndexes[row] = builder.services.indexOf(bytes, view, start, end);
        break;
      case keyActions.host:
        builder.hostIndexes[row] = builder.hosts.indexOf(bytes, view, start, end);
        break;
      case keyActions.environment:
        builder.environmentIndexes[row] = builder.environments.indexOf(bytes, view, start, end);
        break;
      case keyActions.trace_id:
        builder.traceId.append(row, bytes, view, start, end);
        break;
      case keyActions.span_id:
        builder.spanId.append(row, bytes, view, start, end);
        break;
      case keyActions.tags:
        builder.tags.add(bytes, view, start, end);
        break;
      default:
        this.#message(start, end, flags);
    }
  }

  #timestamp(kind: number, start: number, end: number): void {
    const times = this.#times;
    const read =
      kind === kindString ? times.parseText(this.#view, start, end) : kind === kindNumber && times.parseNumber(this.#view, start, end);
    if (read) this.#builder.setTime(times.high, times.low);
    else this.#badTimestamp = true;
  }

  #level(kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    const severity =
      kind === kindString ? parseSeverityBytes(this.#view, start, end)
      : kind === kindNumber && end - start <= 4 ? severityOfNumber(this.#textOf(start, end))
      : 0;
    this.#builder.setLevel(severity);
    if (severity === 0 && end > start && !this.#isZero(start, end)) this.#attribute(this.#levelNode, kind, start, end, rawStart, rawEnd);
  }

  #isZero(start: number, end: number): boolean {
    return end - start === 1 && this.#bytes[start] === 0x30;
  }

  #message(start: number, end: number, flags: number): void {
    const builder = this.#builder;
    builder.message.append(builder.rowCount, this.#bytes, this.#view, start, end);
    if ((flags & stringFlags.nonAscii) === 0) return;
    const folded = textEncoder.encode(foldText(this.#textOf(start, end)));
    builder.folded.append(builder.rowCount, folded, new DataView(folded.buffer, folded.byteOffset, folded.length), 0, folded.length);
  }

  #textOf(start: number, end: number): string {
    return textDecoder.decode(this.#bytes.subarray(start, end));
  }

  #attribute(node: number, kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    const builder = this.#builder;
    const { keys } = builder.attributes;
    let key = this.#paths.boundIndex(node, keys.epoch);
    if (key < 0) key = this.#bindName(node);
    if (key < 0 || builder.attributeCount >= this.#limits.max_attributes_per_record || builder.attributes.has(key)) {
      this.#overflowEntry(node, rawStart, rawEnd);
    } else {
      builder.addAttribute(key, kind, this.#bytes, this.#view, start, end);
    }
  }

  /** Dictionary index of the node's name; -1 where the names' budget is spent. */
  #bindName(node: number): number {
    const { keys } = this.#builder.attributes;
    if (keys.arena.length > this.#nameBudget) return -1;
    const length = this.#paths.nameOf(node);
    const key = keys.indexOf(this.#paths.nameBytes, this.#paths.nameView, 0, length);
    this.#paths.bind(node, keys.epoch, key);
    return key;
  }

  #overflowEntry(node: number, rawStart: number, rawEnd: number): void {
    const length = rawEnd - this.#recordStart;
    if (this.#overflow.exceeds(length)) this.#tooLarge = true;
    else this.#overflow.add(this.#paths.nameText(node), textDecoder.decode(this.scanner.bytes.subarray(rawStart, rawEnd)));
  }

  #special(action: number, node: number, kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    if (action === keyActions.resourceEntry) return this.#resourceEntry(node, kind, start, end, rawStart, rawEnd);
    if (action === keyActions.tooLong) return this.#overflowEntry(node, rawStart, rawEnd);
    const isId = end > start && (kind === kindString || kind === kindNumber);
    if (action === keyActions.metadataTraceId && isId && this.#metadataTraceAt === 0) {
      this.#metadataTraceNode = node;
      this.#metadataTraceAt = rawStart;
    } else if (action === keyActions.metadataSpanId && isId && this.#metadataSpanAt === 0) {
      this.#metadataSpanNode = node;
      this.#metadataSpanAt = rawStart;
    } else if (action === keyActions.overflowName && this.#overflowNameAt === 0) {
      this.#overflowNameNode = node;
      this.#overflowNameAt = rawStart;
    } else if (action === keyActions.overflowName) {
      this.#overflowEntry(node, rawStart, rawEnd);
    } else {
      this.#attribute(node, kind, start, end, rawStart, rawEnd);
    }
  }

  #resourceEntry(node: number, kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    if (kind === kindNull) return;
    const { resource } = this.#builder;
    const { keys } = resource;
    let key = this.#paths.boundIndex(node, keys.epoch);
    if (key < 0 && keys.arena.length <= this.#nameBudget) {
      key = keys.indexOf(this.#paths.nameBytes, this.#paths.nameView, 0, this.#paths.nameOf(node));
      this.#paths.bind(node, keys.epoch, key);
    }
    if (key < 0 || resource.has(key)) this.#overflowEntry(node, rawStart, rawEnd);
    else resource.add(key, this.#bytes, this.#view, start, end);
  }

  #objectValue(at: number, node: number, depth: number): number {
    const { scanner } = this;
    const action = this.#paths.actionOf(node);
    const isEmpty = scanner.bytes[scanner.skipSpace(at + 1)] === 0x7d;
    const isMessage = action === keyActions.message && (this.#filled & (1 << action)) === 0;
    if (action === keyActions.timestamp && (this.#filled & (1 << action)) === 0) {
      this.#badTimestamp = true;
    } else if (action === keyActions.metadata || action === keyActions.resource || !(isEmpty || isMessage || action === keyActions.tooLong)) {
      return this.#object(at + 1, node, depth + 1);
    }
    this.#bytes = scanner.bytes;
    this.#view = scanner.view;
    return this.#jsonText(at, node, depth);
  }

  #arrayValue(at: number, node: number, depth: number): number {
    const action = this.#paths.actionOf(node);
    if (action === keyActions.tags && (this.#filled & (1 << action)) === 0) return this.#tags(at, depth);
    if (action === keyActions.timestamp && (this.#filled & (1 << action)) === 0) this.#badTimestamp = true;
    return this.#jsonText(at, node, depth);
  }

  /** Keeps an array's or object's JSON text as it was sent: as the message, or as an attribute or resource entry. */
  #jsonText(at: number, node: number, depth: number): number {
    const { scanner } = this;
    const end = scanner.skipValue(at, depth);
    const action = this.#paths.actionOf(node);
    if (scanner.deepest > this.#limits.max_nesting) return end;
    if ((action === keyActions.message || action === keyActions.log) && (this.#filled & (1 << keyActions.message)) === 0) {
      this.#filled |= 1 << keyActions.message;
      this.#message(at, end, hasNonAscii(scanner.bytes, at, end) ? stringFlags.nonAscii : 0);
    } else if (action > keyActions.tags && action !== keyActions.log) {
      this.#special(action, node, kindJson, at, end, at, end);
    } else {
      this.#attribute(node, kindJson, at, end, at, end);
    }
    return end;
  }

  #tags(at: number, depth: number): number {
    const { scanner } = this;
    const { bytes, view } = scanner;
    this.#filled |= 1 << keyActions.tags;
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

  /** What can only be decided when all members are known; then the record becomes a row. */
  #complete(recordEnd: number): void {
    const builder = this.#builder;
    const row = builder.rowCount;
    if (this.#metadataTraceAt > 0) this.#metadataId(keyActions.trace_id, this.#metadataTraceNode, this.#metadataTraceAt);
    if (this.#metadataSpanAt > 0) this.#metadataId(keyActions.span_id, this.#metadataSpanNode, this.#metadataSpanAt);
    if (this.#overflowNameAt > 0) this.#deferredOverflowName();
    if (!this.#overflow.isEmpty) this.#keepOverflow();
    if (this.#overflow.exceeds(recordEnd - this.#recordStart)) {
      this.failure = 'record_too_large';
      builder.abort();
      return;
    }
    const source = this.#source;
    if (builder.serviceIndexes[row] === 0) builder.serviceIndexes[row] = source.service(builder);
    if (builder.hostIndexes[row] === 0) builder.hostIndexes[row] = source.host(builder);
    if (builder.environmentIndexes[row] === 0) builder.environmentIndexes[row] = source.environment(builder);
    if (source.resourceCount > 0) source.addResource(builder);
    builder.commit();
  }

  /** The metadata's trace or span id becomes the record's, or stays an attribute where the record has its own. */
  #metadataId(field: number, node: number, at: number): void {
    const isFree = (this.#filled & (1 << field)) === 0;
    this.#filled |= 1 << field;
    const builder = this.#builder;
    const rawEnd = this.#locate(at);
    if (!isFree) this.#attribute(node, this.#locatedKind, this.#locatedStart, this.#locatedEnd, at, rawEnd);
    else {
      const column = field === keyActions.trace_id ? builder.traceId : builder.spanId;
      column.append(builder.rowCount, this.#bytes, this.#view, this.#locatedStart, this.#locatedEnd);
    }
  }

  #locatedKind = 0;
  #locatedStart = 0;
  #locatedEnd = 0;

  /** Finds a value again that was passed over: its text is `#locatedStart .. #locatedEnd` in #bytes. */
  #locate(at: number): number {
    const { scanner } = this;
    const rawEnd = scanner.skipValue(at, 0);
    const first = scanner.bytes[at];
    this.#bytes = scanner.bytes;
    this.#view = scanner.view;
    this.#locatedStart = first === 0x22 ? at + 1 : at;
    this.#locatedEnd = first === 0x22 ? rawEnd - 1 : rawEnd;
    this.#locatedKind =
      first === 0x22 ? kindString : first === 0x7b || first === 0x5b ? kindJson : first === 0x6e ? kindNull
      : first === 0x74 || first === 0x66 ? kindBoolean : kindNumber;
    if (first === 0x22 && (scanner.flags & stringFlags.escaped) !== 0) {
      this.#locatedEnd = this.#unescaper.decode(scanner.bytes, at + 1, rawEnd - 1);
      this.#locatedStart = 0;
      this.#bytes = this.#unescaper.bytes;
      this.#view = this.#unescaper.view;
    }
    return rawEnd;
  }

  /** An attribute that was sent as `overflow` keeps its name unless ours needs it. */
  #deferredOverflowName(): void {
    const at = this.#overflowNameAt;
    const rawEnd = this.#locate(at);
    const mustMakeRoom = !this.#overflow.isEmpty || this.#builder.attributeCount >= this.#limits.max_attributes_per_record;
    if (mustMakeRoom) this.#overflowEntry(this.#overflowNameNode, at, rawEnd);
    else this.#attribute(this.#overflowNameNode, this.#locatedKind, this.#locatedStart, this.#locatedEnd, at, rawEnd);
  }

  #keepOverflow(): void {
    const text = textEncoder.encode(this.#overflow.text());
    const builder = this.#builder;
    const { keys } = builder.attributes;
    let key = this.#paths.boundIndex(this.#overflowNode, keys.epoch);
    if (key < 0) {
      key = keys.indexOf(this.#paths.nameBytes, this.#paths.nameView, 0, this.#paths.nameOf(this.#overflowNode));
      this.#paths.bind(this.#overflowNode, keys.epoch, key);
    }
    builder.addAttribute(key, kindJson, text, new DataView(text.buffer, text.byteOffset, text.length), 0, text.length);
  }
}

function hasNonAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] >= 0x80) return true;
  return false;
}
