/**
 * Keeps the values of one record: puts each into its column, its attribute or where else it belongs.
 *
 * decode-record.ts finds the values and says under which key they stand; what is decided only when all are known (ids in
 * the metadata, what found no place, the source's defaults) waits for `complete`. A record is open in the builder between
 * `open` and `complete` or the builder's abort. Used by decode-record.ts only.
 */
import { foldText } from '#base/text-folding.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { kinds } from '#model/record-writer.ts';
import { parseSeverityBytes, severityOfNumber } from '#model/severity.ts';
import { TimestampParser } from '#model/timestamps.ts';
import { stringFlags } from './json-scanner.ts';
import type { JsonScanner } from './json-scanner.ts';
import { keyActions, metadataRoot } from './key-paths.ts';
import type { KeyPaths } from './key-paths.ts';
import { Overflow } from './overflow.ts';
import type { SourceDefaults } from './source.ts';
import type { Unescaper } from './unescape.ts';

const kindString = kinds.string;
const kindNumber = kinds.number;
const kindBoolean = kinds.boolean;
const kindNull = kinds.null;
const kindJson = kinds.json;

/** Names in a batch may take this many times the body (nested names repeat their prefix), and some more for small ones. */
const nameBudgetFactor = 4;
const nameBudgetSlack = 64 * 1024;

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class RecordValues {
  /** Where the value being kept lies: the body or the unescaper's buffer. Set before each call. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Bits of the fields that have a value, by their numbers in recordFields. */
  filled = 0;
  hasBadTimestamp = false;
  isTooLarge = false;
  readonly overflow = new Overflow();

  readonly #scanner: JsonScanner;
  readonly #paths: KeyPaths;
  readonly #unescaper: Unescaper;
  readonly #maxAttributes: number;
  readonly #times = new TimestampParser();
  #builder!: LogBatchBuilder;
  #source!: SourceDefaults;
  #nameBudget = 0;
  #levelNode = 0;
  #overflowNode = 0;
  #recordStart = 0;

  /** Raw values that wait for the record's end: position of the value, 0 = none (a value is never at 0). */
  #metadataTraceNode = 0;
  #metadataTraceAt = 0;
  #metadataSpanNode = 0;
  #metadataSpanAt = 0;
  #overflowNameNode = 0;
  #overflowNameAt = 0;

  /** What `#locate` found; the text lies in `bytes`. */
  #locatedKind = 0;
  #locatedStart = 0;
  #locatedEnd = 0;

  constructor(scanner: JsonScanner, paths: KeyPaths, unescaper: Unescaper, maxAttributes: number) {
    this.#scanner = scanner;
    this.#paths = paths;
    this.#unescaper = unescaper;
    this.#maxAttributes = maxAttributes;
    this.findOwnNames();
  }

  /** Prepares for a body of this many bytes. */
  openBody(bodyBytes: number, builder: LogBatchBuilder, source: SourceDefaults): void {
    this.#builder = builder;
    this.#source = source;
    this.#nameBudget = builder.attributes.keys.arena.length + bodyBytes * nameBudgetFactor + nameBudgetSlack;
  }

  /** Changes the defaults for the records to come. */
  useSource(source: SourceDefaults): void {
    this.#source = source;
  }

  /** Looks the names up that are given here; once, and after the paths were cleared. */
  findOwnNames(): void {
    const find = (name: string): number => {
      const bytes = textEncoder.encode(name);
      return this.#paths.lookup(metadataRoot, new DataView(bytes.buffer), 0, bytes.length);
    };
    this.#levelNode = find('level');
    this.#overflowNode = find('overflow');
  }

  /** Opens the record that begins at `at`. */
  open(at: number): void {
    this.#recordStart = at;
    this.filled = 0;
    this.hasBadTimestamp = false;
    this.isTooLarge = false;
    this.#metadataTraceAt = 0;
    this.#metadataSpanAt = 0;
    this.#overflowNameAt = 0;
    if (!this.overflow.isEmpty) this.overflow.clear();
    this.#builder.begin();
  }

  /** Keeps a value: `start .. end` in `bytes` is its text, `rawStart .. rawEnd` its JSON in the body. */
  scalar(node: number, kind: number, start: number, end: number, flags: number, rawStart: number, rawEnd: number): void {
    const action = this.#paths.actionOf(node);
    if (action === keyActions.attribute) return this.attribute(node, kind, start, end, rawStart, rawEnd);
    if (action > keyActions.tags && action !== keyActions.log) return this.special(action, node, kind, start, end, rawStart, rawEnd);
    const bit = 1 << (action === keyActions.log ? keyActions.message : action);
    if (kind === kindNull) return;
    if ((this.filled & bit) !== 0 || action === keyActions.metadata || action === keyActions.resource) {
      return this.attribute(node, kind, start, end, rawStart, rawEnd);
    }
    this.filled |= bit;
    const builder = this.#builder;
    const row = builder.rowCount;
    const bytes = this.bytes;
    const view = this.view;
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
        this.message(start, end, flags);
    }
  }

  #timestamp(kind: number, start: number, end: number): void {
    const times = this.#times;
    const read =
      kind === kindString ? times.parseText(this.view, start, end) : kind === kindNumber && times.parseNumber(this.view, start, end);
    if (read) this.#builder.setTime(times.high, times.low);
    else this.hasBadTimestamp = true;
  }

  #level(kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    const severity =
      kind === kindString
        ? parseSeverityBytes(this.view, start, end)
        : kind === kindNumber && end - start <= 4
          ? severityOfNumber(this.#textOf(start, end))
          : 0;
    this.#builder.setLevel(severity);
    if (severity === 0 && end > start && !this.#isZero(start, end)) this.attribute(this.#levelNode, kind, start, end, rawStart, rawEnd);
  }

  #isZero(start: number, end: number): boolean {
    return end - start === 1 && this.bytes[start] === 0x30;
  }

  message(start: number, end: number, flags: number): void {
    const builder = this.#builder;
    builder.message.append(builder.rowCount, this.bytes, this.view, start, end);
    if ((flags & stringFlags.nonAscii) === 0) return;
    const folded = textEncoder.encode(foldText(this.#textOf(start, end)));
    builder.folded.append(builder.rowCount, folded, new DataView(folded.buffer, folded.byteOffset, folded.length), 0, folded.length);
  }

  #textOf(start: number, end: number): string {
    return textDecoder.decode(this.bytes.subarray(start, end));
  }

  attribute(node: number, kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    const builder = this.#builder;
    const { keys } = builder.attributes;
    let key = this.#paths.boundIndex(node, keys.epoch);
    if (key < 0) key = this.#bindName(node);
    if (key < 0 || builder.attributeCount >= this.#maxAttributes || builder.attributes.has(key)) {
      this.#overflowEntry(node, rawStart, rawEnd);
    } else {
      builder.addAttribute(key, kind, this.bytes, this.view, start, end);
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
    if (this.overflow.exceeds(length)) this.isTooLarge = true;
    else this.overflow.add(this.#paths.nameText(node), textDecoder.decode(this.#scanner.bytes.subarray(rawStart, rawEnd)));
  }

  special(action: number, node: number, kind: number, start: number, end: number, rawStart: number, rawEnd: number): void {
    if (action === keyActions.ignored) return;
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
      this.attribute(node, kind, start, end, rawStart, rawEnd);
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
    else resource.add(key, this.bytes, this.view, start, end);
  }

  /** The metadata's trace or span id becomes the record's, or stays an attribute where the record has its own. */
  #metadataId(field: number, node: number, at: number): void {
    const isFree = (this.filled & (1 << field)) === 0;
    this.filled |= 1 << field;
    const builder = this.#builder;
    const rawEnd = this.#locate(at);
    if (!isFree) this.attribute(node, this.#locatedKind, this.#locatedStart, this.#locatedEnd, at, rawEnd);
    else {
      const column = field === keyActions.trace_id ? builder.traceId : builder.spanId;
      column.append(builder.rowCount, this.bytes, this.view, this.#locatedStart, this.#locatedEnd);
    }
  }

  /** Finds a value again that was passed over: its text is `#locatedStart .. #locatedEnd` in `bytes`. */
  #locate(at: number): number {
    const scanner = this.#scanner;
    const rawEnd = scanner.skipValue(at, 0);
    const first = scanner.bytes[at];
    this.bytes = scanner.bytes;
    this.view = scanner.view;
    this.#locatedStart = first === 0x22 ? at + 1 : at;
    this.#locatedEnd = first === 0x22 ? rawEnd - 1 : rawEnd;
    this.#locatedKind =
      first === 0x22
        ? kindString
        : first === 0x7b || first === 0x5b
          ? kindJson
          : first === 0x6e
            ? kindNull
            : first === 0x74 || first === 0x66
              ? kindBoolean
              : kindNumber;
    if (first === 0x22 && (scanner.flags & stringFlags.escaped) !== 0) {
      this.#locatedEnd = this.#unescaper.decode(scanner.bytes, at + 1, rawEnd - 1);
      this.#locatedStart = 0;
      this.bytes = this.#unescaper.bytes;
      this.view = this.#unescaper.view;
    }
    return rawEnd;
  }

  /** An attribute that was sent as `overflow` keeps its name unless ours needs it. */
  #deferredOverflowName(): void {
    const at = this.#overflowNameAt;
    const rawEnd = this.#locate(at);
    const mustMakeRoom = !this.overflow.isEmpty || this.#builder.attributeCount >= this.#maxAttributes;
    if (mustMakeRoom) this.#overflowEntry(this.#overflowNameNode, at, rawEnd);
    else this.attribute(this.#overflowNameNode, this.#locatedKind, this.#locatedStart, this.#locatedEnd, at, rawEnd);
  }

  #keepOverflow(): void {
    const text = textEncoder.encode(this.overflow.text());
    const builder = this.#builder;
    const { keys } = builder.attributes;
    let key = this.#paths.boundIndex(this.#overflowNode, keys.epoch);
    if (key < 0) {
      key = keys.indexOf(this.#paths.nameBytes, this.#paths.nameView, 0, this.#paths.nameOf(this.#overflowNode));
      this.#paths.bind(this.#overflowNode, keys.epoch, key);
    }
    builder.addAttribute(key, kindJson, text, new DataView(text.buffer, text.byteOffset, text.length), 0, text.length);
  }

  /** Decides what needed all members, and makes the record a row; or says why it cannot be one. */
  complete(recordEnd: number): RecordErrorCode | undefined {
    const builder = this.#builder;
    const row = builder.rowCount;
    if (this.#metadataTraceAt > 0) this.#metadataId(keyActions.trace_id, this.#metadataTraceNode, this.#metadataTraceAt);
    if (this.#metadataSpanAt > 0) this.#metadataId(keyActions.span_id, this.#metadataSpanNode, this.#metadataSpanAt);
    if (this.#overflowNameAt > 0) this.#deferredOverflowName();
    if (!this.overflow.isEmpty) this.#keepOverflow();
    if (this.overflow.exceeds(recordEnd - this.#recordStart)) {
      builder.abort();
      return 'record_too_large';
    }
    const source = this.#source;
    if (builder.serviceIndexes[row] === 0) builder.serviceIndexes[row] = source.service(builder);
    if (builder.hostIndexes[row] === 0) builder.hostIndexes[row] = source.host(builder);
    if (builder.environmentIndexes[row] === 0) builder.environmentIndexes[row] = source.environment(builder);
    if (source.resourceCount > 0) source.addResource(builder);
    return builder.commit();
  }
}
