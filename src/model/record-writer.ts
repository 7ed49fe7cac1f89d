/**
 * Fills records of a LogBatchBuilder from named values: what every decoder and parser uses that is not the JSON decoder.
 *
 * A value is a range of the bytes given with `from`; a name is an id of RecordNames. `put` follows the table of
 * spellings: the first value of a field fills it, a later one becomes an attribute; names over the bounds go into the one
 * attribute `overflow`, as the JSON decoder does it (docs/specs/log-batch.md). Nothing is kept of the bytes. One instance
 * per worker thread.
 */
import { foldText } from '#base/text-folding.ts';
import { attributeKinds } from './columns.ts';
import { recordFields } from './field-names.ts';
import type { LogBatchBuilder } from './log-batch.ts';
import type { RecordErrorCode } from './record-errors.ts';
import { RecordNames } from './record-names.ts';
import type { NameId } from './record-names.ts';
import { missingTime } from './native-writer.ts';
import { parseSeverityBytes, severityOfNumber } from './severity.ts';
import { TimestampParser } from './timestamps.ts';

/** Codes of the letters in `kinds`. */
export const kinds = {
  string: attributeKinds.string.charCodeAt(0),
  number: attributeKinds.number.charCodeAt(0),
  boolean: attributeKinds.boolean.charCodeAt(0),
  null: attributeKinds.null.charCodeAt(0),
  json: attributeKinds.json.charCodeAt(0),
} as const;

export interface RecordLimits {
  readonly maxAttributes: number;
  readonly maxNameBytes: number;
  /** Longest text of the overflow attribute; a record with more is refused as too large. */
  readonly maxOverflowBytes: number;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);

export class RecordWriter {
  readonly names = new RecordNames();
  readonly #limits: RecordLimits;
  readonly #times = new TimestampParser();
  readonly #levelName: NameId;
  readonly #overflowName: NameId;
  readonly #parsedOverflowName: NameId;
  #builder!: LogBatchBuilder;
  #bytes: Uint8Array = noBytes;
  #view: DataView = noView;
  /** Bits of the fields that have a value, by their numbers in recordFields. */
  #filled = 0;
  #hasBadTime = false;
  #overflow: string[] = [];
  #overflowLength = 0;

  constructor(limits: RecordLimits) {
    this.#limits = limits;
    this.#levelName = this.names.own('level');
    this.#overflowName = this.names.own('overflow');
    this.#parsedOverflowName = this.names.own('overflow.parsed');
  }

  /** The batch that records go into. */
  into(builder: LogBatchBuilder): void {
    this.names.forget();
    this.#builder = builder;
  }

  /** The bytes that the values to come are ranges of; borrowed until the next call. `view` covers the same memory. */
  from(bytes: Uint8Array, view: DataView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /** Opens a record. */
  begin(): void {
    this.#builder.begin();
    this.#reset();
  }

  /** Goes on with a record that another writer opened in this batch and has not closed. */
  adopt(builder: LogBatchBuilder): void {
    this.#builder = builder;
    this.#reset();
    const row = builder.rowCount;
    if (builder.timeHigh[row] !== missingTime) this.#filled |= 1 << recordFields.timestamp;
    if (builder.levels[row] !== 0) this.#filled |= 1 << recordFields.level;
    if (builder.serviceIndexes[row] !== 0) this.#filled |= 1 << recordFields.service;
    if (builder.hostIndexes[row] !== 0) this.#filled |= 1 << recordFields.host;
    if (builder.environmentIndexes[row] !== 0) this.#filled |= 1 << recordFields.environment;
    if (builder.traceId.rows > row) this.#filled |= 1 << recordFields.trace_id;
    if (builder.spanId.rows > row) this.#filled |= 1 << recordFields.span_id;
    if (builder.message.rows > row) this.#filled |= 1 << recordFields.message;
  }

  /** Makes a field free again: the next value fills it. */
  free(field: number): void {
    this.#filled &= ~(1 << field);
  }

  isFilled(field: number): boolean {
    return (this.#filled & (1 << field)) !== 0;
  }

  /** Puts a value where its name says: into a field, or among the attributes. */
  put(name: NameId, kind: number, start: number, end: number): void {
    const field = this.names.fieldOf(name);
    if (field === 0 || kind === kinds.null || field >= recordFields.metadata) return this.attribute(name, kind, start, end);
    if (this.isFilled(field)) return this.attribute(name, kind, start, end);
    switch (field) {
      case recordFields.timestamp:
        if (!this.#time(kind, start, end)) this.#hasBadTime = true;
        break;
      case recordFields.level:
        this.level(kind, start, end);
        break;
      case recordFields.message:
        this.message(start, end);
        break;
      default:
        this.text(field, start, end);
    }
  }

  /** Fills service, host, environment, trace_id or span_id. */
  text(field: number, start: number, end: number): void {
    this.#filled |= 1 << field;
    const builder = this.#builder;
    const row = builder.rowCount;
    const bytes = this.#bytes;
    const view = this.#view;
    if (field === recordFields.service) builder.serviceIndexes[row] = builder.services.indexOf(bytes, view, start, end);
    else if (field === recordFields.host) builder.hostIndexes[row] = builder.hosts.indexOf(bytes, view, start, end);
    else if (field === recordFields.environment) builder.environmentIndexes[row] = builder.environments.indexOf(bytes, view, start, end);
    else if (field === recordFields.trace_id) builder.traceId.append(row, bytes, view, start, end);
    else builder.spanId.append(row, bytes, view, start, end);
  }

  /** Sets the event time: nanoseconds since 1970 as two unsigned words. */
  time(high: number, low: number): void {
    this.#filled |= 1 << recordFields.timestamp;
    this.#builder.setTime(high, low);
  }

  /** Sets the event time; outside 1970-2262 the record is refused. */
  timeNs(ns: bigint): void {
    if (ns < 0n || ns > 0x7fff_ffff_ffff_ffffn) this.#hasBadTime = true;
    else this.time(Number(ns >> 32n), Number(ns & 0xffff_ffffn));
  }

  /** Sets the severity number, 1-24. */
  severity(number: number): void {
    this.#filled |= 1 << recordFields.level;
    this.#builder.setLevel(number);
  }

  /** Reads a level in any spelling; one that nobody knows becomes the attribute `level`. */
  level(kind: number, start: number, end: number): void {
    const severity =
      kind === kinds.number && end - start <= 4
        ? severityOfNumber(textDecoder.decode(this.#bytes.subarray(start, end)))
        : parseSeverityBytes(this.#view, start, end);
    this.severity(severity);
    if (severity === 0 && end > start) this.attribute(this.#levelName, kind, start, end);
  }

  /** Sets the message. */
  message(start: number, end: number): void {
    const builder = this.#builder;
    if (builder.message.rows > builder.rowCount) builder.replaceMessage(this.#bytes, this.#view, start, end);
    else builder.message.append(builder.rowCount, this.#bytes, this.#view, start, end);
    this.#filled |= 1 << recordFields.message;
    if (isAscii(this.#view, start, end)) return;
    const folded = textEncoder.encode(foldText(textDecoder.decode(this.#bytes.subarray(start, end))));
    builder.folded.append(builder.rowCount, folded, new DataView(folded.buffer, folded.byteOffset, folded.length), 0, folded.length);
  }

  /** Keeps the line as it was before parsing. */
  raw(start: number, end: number): void {
    this.#builder.raw.append(this.#builder.rowCount, this.#bytes, this.#view, start, end);
  }

  tag(start: number, end: number): void {
    this.#builder.tags.add(this.#bytes, this.#view, start, end);
  }

  /** Adds an attribute, whatever its name spells; a name that the record has already, or has no room for, overflows. */
  attribute(name: NameId, kind: number, start: number, end: number): void {
    const builder = this.#builder;
    const { maxAttributes, maxNameBytes } = this.#limits;
    const isOwnName = name === this.#overflowName || name === this.#parsedOverflowName;
    if (isOwnName || builder.attributeCount >= maxAttributes || this.names.lengthOf(name) > maxNameBytes) {
      return this.#overflowEntry(name, kind, start, end);
    }
    const key = this.names.indexIn(builder.attributes.keys, 0, name);
    if (key === 0 || builder.attributes.has(key)) this.#overflowEntry(name, kind, start, end);
    else builder.addAttribute(key, kind, this.#bytes, this.#view, start, end);
  }

  /** Adds an entry of the source's description; the first of a name stays. */
  resource(name: NameId, start: number, end: number): void {
    const { resource } = this.#builder;
    if (this.names.lengthOf(name) > this.#limits.maxNameBytes) return this.#overflowEntry(name, kinds.string, start, end);
    const key = this.names.indexIn(resource.keys, 1, name);
    if (key !== 0 && !resource.has(key)) resource.add(key, this.#bytes, this.#view, start, end);
  }

  /** `put` of a text that is not among the bytes. */
  putText(name: NameId, text: string, kind: number = kinds.string): void {
    this.#withText(text, (length) => this.put(name, kind, 0, length));
  }

  attributeText(name: NameId, text: string, kind: number = kinds.string): void {
    this.#withText(text, (length) => this.attribute(name, kind, 0, length));
  }

  resourceText(name: NameId, text: string): void {
    this.#withText(text, (length) => this.resource(name, 0, length));
  }

  messageText(text: string): void {
    this.#withText(text, (length) => this.message(0, length));
  }

  /** Makes the record a row; or takes it back and says why. */
  commit(): RecordErrorCode | undefined {
    const refusal = this.#complete();
    if (refusal === undefined) return this.#builder.commit();
    this.#builder.abort();
    return refusal;
  }

  /** Ends what `adopt` began; the record stays open for the one who opened it. */
  release(): RecordErrorCode | undefined {
    return this.#complete();
  }

  /** Takes the record back. */
  abort(): void {
    this.#builder.abort();
  }

  #reset(): void {
    this.#filled = 0;
    this.#hasBadTime = false;
    if (this.#overflowLength === 0) return;
    this.#overflow = [];
    this.#overflowLength = 0;
  }

  #complete(): RecordErrorCode | undefined {
    if (this.#hasBadTime) return 'invalid_timestamp';
    if (this.#overflowLength === 0) return undefined;
    if (this.#overflowLength > this.#limits.maxOverflowBytes) return 'record_too_large';
    const builder = this.#builder;
    const { keys } = builder.attributes;
    let key = this.names.indexIn(keys, 0, this.#overflowName);
    // the decoder of an adopted record had its own
    if (builder.attributes.has(key)) key = this.names.indexIn(keys, 0, this.#parsedOverflowName);
    this.#withText(`{${this.#overflow.join(',')}}`, (length) => builder.addAttribute(key, kinds.json, this.#bytes, this.#view, 0, length));
    return undefined;
  }

  #time(kind: number, start: number, end: number): boolean {
    const times = this.#times;
    const read = kind === kinds.number ? times.parseNumber(this.#view, start, end) : times.parseText(this.#view, start, end);
    if (read) this.time(times.high, times.low);
    return read;
  }

  #overflowEntry(name: NameId, kind: number, start: number, end: number): void {
    if (this.#overflowLength > this.#limits.maxOverflowBytes) return;
    const text = textDecoder.decode(this.#bytes.subarray(start, end));
    const member = `${JSON.stringify(this.names.textOf(name))}:${kind === kinds.string ? JSON.stringify(text) : text}`;
    this.#overflow.push(member);
    this.#overflowLength += member.length + 1;
  }

  #withText(text: string, use: (length: number) => void): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const encoded = textEncoder.encode(text);
    this.from(encoded);
    use(encoded.length);
    this.#bytes = bytes;
    this.#view = view;
  }
}

function isAscii(view: DataView, start: number, end: number): boolean {
  let at = start;
  for (; at + 4 <= end; at += 4) if ((view.getUint32(at) & 0x8080_8080) !== 0) return false;
  for (; at < end; at++) if (view.getUint8(at) >= 0x80) return false;
  return true;
}
