/**
 * One LogRecord (opentelemetry/proto/logs/v1/logs.proto) into the open batch.
 *
 * The record's own members come first and its attributes after them, wherever they stand in the message, so that an
 * attribute called `trace_id` never takes the place of the real one.
 */
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { parseSeverityBytes } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import { MalformedProtobuf } from '#receivers/protobuf-reader.ts';
import type { ProtobufReader } from '#receivers/protobuf-reader.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { AnyValueReader } from './any-value.ts';
import { AttributeReader } from './attributes.ts';
import type { AttributeSink } from './attributes.ts';
import type { OtlpLimits } from './decode.ts';
import { Decimal } from './decimal.ts';
import { HexIds } from './hex-ids.ts';
import type { SourceDecoder } from './source.ts';

const tags = {
  time: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  body: 0x2a,
  attributes: 0x32,
  droppedAttributesCount: 0x38,
  flags: 0x45,
  traceId: 0x4a,
  spanId: 0x52,
  observedTime: 0x59,
  eventName: 0x62,
} as const;

/** Nesting of a body's value: the record is 1. */
const bodyDepth = 2;
const lastSeverity = 24;
/** Below this an observed time says nothing that the receive time does not. */
const observedDelayNs = 1_000_000_000n;

interface OwnNames {
  readonly severityText: NameId;
  readonly severityNumber: NameId;
  readonly droppedAttributesCount: NameId;
  readonly flags: NameId;
  readonly eventName: NameId;
  readonly observedTimestamp: NameId;
}

const ownNames = (names: RecordNames): OwnNames => ({
  severityText: names.own('severity_text'),
  severityNumber: names.own('severity_number'),
  droppedAttributesCount: names.own('dropped_attributes_count'),
  flags: names.own('flags'),
  eventName: names.own('event_name'),
  observedTimestamp: names.own('observed_timestamp'),
});

export class LogRecordDecoder {
  readonly #reader: ProtobufReader;
  readonly #writer: RecordWriter;
  readonly #names: OwnNames;
  readonly #limits: OtlpLimits;
  readonly #value: AnyValueReader;
  readonly #attributes: AttributeReader;
  readonly #text = new ValidText();
  readonly #ids = new HexIds();
  readonly #decimal = new Decimal();

  // numbers of the record being read, 0 where it has none
  #timeHigh = 0;
  #timeLow = 0;
  #observedHigh = 0;
  #observedLow = 0;
  #severity = 0;
  #severityTextAt = 0;
  #severityTextEnd = 0;
  #dropped = 0;
  #flags = 0;

  constructor(reader: ProtobufReader, limits: OtlpLimits, writer: RecordWriter) {
    this.#reader = reader;
    this.#writer = writer;
    this.#names = ownNames(writer.names);
    this.#limits = limits;
    this.#value = new AnyValueReader(reader, limits.max_nesting);
    this.#attributes = new AttributeReader(reader, this.#value, writer.names, limits.max_attribute_name_bytes);
  }

  /** Begins a request of this size. */
  open(requestBytes: number): void {
    this.#attributes.open(requestBytes);
  }

  /** The record at the reader's position becomes a row, or the answer says why it cannot. */
  decode(end: number, source: SourceDecoder): RecordErrorCode | undefined {
    if (end - this.#reader.at > this.#limits.max_record_bytes) return 'record_too_large';
    if (source.isTooDeep) return 'nesting_too_deep';
    const writer = this.#writer;
    this.#value.isTooDeep = false;
    writer.begin();
    try {
      source.resource.writeTo(writer);
      this.#members(end);
      source.scope.writeTo(writer);
    } catch (thrown) {
      writer.abort();
      if (thrown instanceof MalformedProtobuf) return 'malformed_record';
      throw thrown;
    }
    if (!this.#value.isTooDeep) return writer.commit();
    writer.abort();
    return 'nesting_too_deep';
  }

  #members(end: number): void {
    const reader = this.#reader;
    this.#timeHigh = this.#timeLow = this.#observedHigh = this.#observedLow = 0;
    this.#severity = this.#severityTextAt = this.#severityTextEnd = this.#dropped = this.#flags = 0;
    let attributesAt = end;
    let attributesEnd = end;
    while (reader.at < end) {
      const from = reader.at;
      const tag = reader.tag(end);
      if (tag !== tags.attributes) {
        this.#member(tag, end);
        continue;
      }
      if (attributesAt === end) attributesAt = from;
      attributesEnd = reader.at = reader.range(end);
    }
    this.#numbers();
    reader.at = attributesAt;
    while (reader.at < attributesEnd) {
      const tag = reader.tag(attributesEnd);
      if (tag === tags.attributes) this.#attributes.read(reader.range(attributesEnd), this.#toRecord);
      else reader.skip(tag, attributesEnd);
    }
  }

  #member(tag: number, end: number): void {
    const reader = this.#reader;
    switch (tag) {
      case tags.time:
        reader.fixed64(end);
        this.#timeHigh = reader.high;
        this.#timeLow = reader.low;
        return;
      case tags.observedTime:
        reader.fixed64(end);
        this.#observedHigh = reader.high;
        this.#observedLow = reader.low;
        return;
      case tags.severityNumber:
        this.#severity = reader.uint32(end);
        return;
      case tags.severityText:
        this.#severityTextEnd = reader.range(end);
        this.#severityTextAt = reader.at;
        reader.at = this.#severityTextEnd;
        return;
      case tags.body:
        return this.#body(reader.range(end));
      case tags.droppedAttributesCount:
        this.#dropped = reader.uint32(end);
        return;
      case tags.flags:
        this.#flags = reader.fixed32(end);
        return;
      case tags.traceId:
        return this.#id(recordFields.trace_id, reader.range(end));
      case tags.spanId:
        return this.#id(recordFields.span_id, reader.range(end));
      case tags.eventName:
        return this.#textAttribute(this.#names.eventName, reader.range(end));
      default:
        reader.skip(tag, end);
    }
  }

  #body(end: number): void {
    const value = this.#value;
    value.read(end, bodyDepth);
    if (value.isMap) value.readMapAsJson(bodyDepth);
    this.#reader.at = end;
    if (value.kind === kinds.null) return;
    this.#writer.from(value.bytes, value.view);
    this.#writer.message(value.start, value.end);
  }

  #id(field: number, end: number): void {
    const reader = this.#reader;
    const ids = this.#ids;
    const length = ids.read(reader.bytes, reader.at, end);
    if (length < 0) throw new MalformedProtobuf(reader.at, 'an id is too long');
    reader.at = end;
    if (length === 0 || this.#writer.isFilled(field)) return;
    this.#writer.from(ids.text, ids.view);
    this.#writer.text(field, 0, length);
  }

  #textAttribute(name: NameId, end: number): void {
    const text = this.#text;
    text.of(this.#reader.bytes, this.#reader.view, this.#reader.at, end);
    this.#reader.at = end;
    if (text.end === text.start) return;
    this.#writer.from(text.bytes, text.view);
    this.#writer.attribute(name, kinds.string, text.start, text.end);
  }

  /** Time and severity, whose parts lie apart, and what is told only where it is not zero. */
  #numbers(): void {
    const writer = this.#writer;
    const hasTime = (this.#timeHigh | this.#timeLow) !== 0;
    const high = hasTime ? this.#timeHigh : this.#observedHigh;
    const low = hasTime ? this.#timeLow : this.#observedLow;
    if (high > 0x7fff_ffff) writer.timeNs(-1n);
    else if ((high | low) !== 0) writer.time(high, low);
    if (hasTime) this.#observed();
    this.#level();
    this.#count(this.#names.flags, this.#flags);
    this.#count(this.#names.droppedAttributesCount, this.#dropped);
  }

  #count(name: NameId, count: number): void {
    if (count === 0) return;
    const text = this.#decimal;
    text.write(count);
    this.#writer.from(text.bytes, text.view);
    this.#writer.attribute(name, kinds.number, text.start, text.end);
  }

  /** An observed time that is far from the event's says how long the line was on its way to the collector. */
  #observed(): void {
    if (this.#observedHigh === this.#timeHigh && Math.abs(this.#observedLow - this.#timeLow) < Number(observedDelayNs)) return;
    const observed = (BigInt(this.#observedHigh) << 32n) | BigInt(this.#observedLow);
    const delay = observed - ((BigInt(this.#timeHigh) << 32n) | BigInt(this.#timeLow));
    if (observed === 0n || observed >> 63n !== 0n || (delay < observedDelayNs && delay > -observedDelayNs)) return;
    this.#writer.attributeText(this.#names.observedTimestamp, formatTimestamp(observed));
  }

  /** The number wins; a text that says something else stays beside it. */
  #level(): void {
    const number = this.#severity;
    const isKnown = number >= 1 && number <= lastSeverity;
    if (isKnown) this.#writer.severity(number);
    else this.#count(this.#names.severityNumber, number);
    if (this.#severityTextEnd === this.#severityTextAt) return;
    const text = this.#text;
    text.of(this.#reader.bytes, this.#reader.view, this.#severityTextAt, this.#severityTextEnd);
    const spelt = parseSeverityBytes(text.view, text.start, text.end);
    if (spelt !== 0 && !isKnown) return this.#writer.severity(spelt);
    if (spelt === number && spelt !== 0) return;
    this.#writer.from(text.bytes, text.view);
    this.#writer.attribute(this.#names.severityText, kinds.string, text.start, text.end);
  }

  /** A field that the record has not filled itself; but never its time, since a wrong guess would refuse the record. */
  readonly #toRecord: AttributeSink = (name, kind, bytes, view, start, end) => {
    const writer = this.#writer;
    writer.from(bytes, view);
    if (kind === kinds.json || writer.names.fieldOf(name) === recordFields.timestamp) writer.attribute(name, kind, start, end);
    else writer.put(name, kind, start, end);
  };
}
