/**
 * Decodes the entries of Forward messages into the columns of an open batch, byte by byte and without an object per
 * record. What becomes of which member: docs/send-data/fluentd.md.
 *
 * The entry's time is the event time; members go by the table of spellings (RecordWriter.put) and those of the journal;
 * nested maps become dotted names, arrays their JSON. Texts that are not UTF-8 get U+FFFD for what is not. A record that
 * cannot be taken is rejected with its bytes; broken entries end their message, whose rest is rejected as one record.
 * Pure and synchronous; one instance per worker.
 */
import { isUtf8 } from 'node:buffer';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { ForwardMessage } from './entries.ts';
import { factsOf, isText } from './entries.ts';
import { MalformedMessagePack, MessagePackReader, valueTypes } from './msgpack-reader.ts';
import { NestedTooDeep, eventTimeExtension, isJsonScalar, jsonOf, scalarText } from './record-json.ts';
import { RecordRoles } from './record-roles.ts';
import { serviceOfTag } from './tag-service.ts';
import { ValidText } from '#receivers/valid-text.ts';

export type ForwardLimits = Pick<IngestConfig, 'max_record_bytes' | 'max_nesting' | 'max_attribute_name_bytes'>;

/** A record that is refused for itself; its neighbours go on. */
class RefusedRecord extends Error {
  readonly code: RecordErrorCode;

  constructor(code: RecordErrorCode) {
    super(code);
    this.code = code;
  }
}

const textEncoder = new TextEncoder();
const twoTo32 = 2 ** 32;
/** Names over the bound of a name that one record may have together: nested maps repeat their names in each member's. */
const maxLongNameBytes = 1 << 20;

interface TagBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly service: Uint8Array;
  readonly serviceView: DataView;
}

export class ForwardDecoder {
  readonly #limits: ForwardLimits;
  readonly #reader = new MessagePackReader();
  readonly #roles: RecordRoles;
  readonly #tagName: NameId;
  readonly #timestampName: NameId;
  readonly #text = new ValidText();
  /** Digits of numbers, which are values but not among the bytes. */
  readonly #digits = new Uint8Array(32);
  readonly #digitsView = new DataView(this.#digits.buffer);
  #writer: RecordWriter;
  /** Dotted name of the map being read. */
  #name = new Uint8Array(1024);
  #nameView = new DataView(this.#name.buffer);
  #longNameBytes = 0;
  #tag = '';
  #tagBytes: TagBytes = tagBytes('');

  /** `writer` is the one of all batches to come. */
  constructor(limits: ForwardLimits, writer: RecordWriter) {
    this.#limits = limits;
    this.#writer = writer;
    this.#roles = new RecordRoles(writer.names);
    this.#tagName = writer.names.own('fluent.tag');
    this.#timestampName = writer.names.own('timestamp');
  }

  /**
   * Decodes entries of the message until it has none left or `maxRecords` are taken; the message's cursor moves. Returns
   * how many there were, taken and rejected.
   */
  decode(message: ForwardMessage, batch: OpenBatch, maxRecords: number, firstIndex = 0): number {
    if (message.tag !== this.#tag) {
      this.#tag = message.tag;
      this.#tagBytes = tagBytes(message.tag);
    }
    const reader = this.#reader;
    reader.open(message.bytes, message.view, message.at, message.end);
    let index = firstIndex;
    const last = firstIndex + maxRecords;
    while (index < last && message.left > 0 && reader.at < message.end) {
      const start = reader.at;
      const refusal = this.#entry(message);
      if (refusal !== undefined) {
        batch.rejected.request = factsOf(message);
        batch.rejected.add(index, refusal, message.bytes, start, reader.at);
      }
      index++;
      message.left--;
    }
    message.at = reader.at;
    if (reader.at >= message.end) message.left = 0;
    return index - firstIndex;
  }

  /** Reads one entry; the reader stands behind it afterwards, whatever was wrong with it. */
  #entry(message: ForwardMessage): RecordErrorCode | undefined {
    const reader = this.#reader;
    const start = reader.at;
    let refusal: RecordErrorCode | undefined;
    this.#writer.begin();
    try {
      this.#openEntry(message);
      this.#record(start);
      if (reader.at - start > this.#limits.max_record_bytes) throw new RefusedRecord('record_too_large');
      return this.#writer.commit();
    } catch (thrown) {
      this.#writer.abort();
      if (thrown instanceof MalformedMessagePack) {
        reader.at = message.end;
        return 'malformed_record';
      }
      if (thrown instanceof RefusedRecord) refusal = thrown.code;
      else if (thrown instanceof NestedTooDeep) refusal = 'nesting_too_deep';
      else throw thrown;
    }
    return this.#passOver(message, start) ? refusal : 'malformed_record';
  }

  /** From the start of a refused entry to behind it; false where it has no end. */
  #passOver(message: ForwardMessage, start: number): boolean {
    const reader = this.#reader;
    reader.at = start;
    try {
      reader.skip(message.isSingle ? 2 : 1);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof MalformedMessagePack)) throw thrown;
      reader.at = message.end;
      return false;
    }
  }

  /** From before an entry to before its time. */
  #openEntry(message: ForwardMessage): void {
    const reader = this.#reader;
    if (message.isSingle) return;
    const at = reader.at;
    if (reader.next() !== valueTypes.array || reader.count !== 2) throw new MalformedMessagePack(at, 'an entry of time and record');
  }

  /** From before the time to behind the record. */
  #record(start: number): void {
    const reader = this.#reader;
    const writer = this.#writer;
    const tag = this.#tagBytes;
    this.#longNameBytes = 0;
    this.#roles.restart();
    writer.from(tag.bytes, tag.view);
    writer.attribute(this.#tagName, kinds.string, 0, tag.bytes.length);
    writer.from(reader.bytes, reader.view);
    this.#time();
    if (reader.next() !== valueTypes.map) {
      reader.at = start;
      throw new RefusedRecord('not_an_object');
    }
    this.#map(0, 1);
    const service = this.#roles.service();
    if (writer.isFilled(recordFields.service)) return;
    if (service !== undefined) {
      writer.text(recordFields.service, service.start, service.end);
    } else if (tag.service.length > 0) {
      writer.from(tag.service, tag.serviceView);
      writer.text(recordFields.service, 0, tag.service.length);
    }
  }

  /** The entry's time: EventTime, seconds, or Fluent Bit's `[time, metadata]`. 0 and nil say that there is none. */
  #time(): void {
    const reader = this.#reader;
    const type = reader.next();
    if (type === valueTypes.extension && reader.extension === eventTimeExtension && reader.to - reader.from === 8) {
      this.#setTime(reader.view.getUint32(reader.from), reader.view.getUint32(reader.from + 4));
    } else if (type === valueTypes.integer && reader.number >= 0 && reader.number < twoTo32) {
      this.#setTime(reader.number, 0);
    } else if (type === valueTypes.integer || type === valueTypes.float) {
      this.#putScalar(this.#timestampName);
    } else if (type === valueTypes.array && reader.count === 2) {
      this.#time();
      if (reader.next() !== valueTypes.map) throw new MalformedMessagePack(reader.from, 'metadata');
      this.#map(0, 1);
    } else if (type !== valueTypes.nil) {
      throw new RefusedRecord('invalid_timestamp');
    }
  }

  #setTime(seconds: number, nanos: number): void {
    if (seconds === 0 && nanos === 0) return;
    // seconds * 1e9 is over 2^53: in two halves, each exact
    const upper = (seconds >>> 16) * 1e9;
    const lower = (seconds & 0xffff) * 1e9 + nanos;
    const low = (upper % 65_536) * 65_536 + (lower % twoTo32);
    const high = Math.floor(upper / 65_536) + Math.floor(lower / twoTo32) + Math.floor(low / twoTo32);
    if (high >= 0x8000_0000) throw new RefusedRecord('invalid_timestamp');
    this.#writer.time(high, low >>> 0);
  }

  /** The members of the map whose head was read; their names begin with the first `prefix` bytes of `#name`. */
  #map(prefix: number, depth: number): void {
    const reader = this.#reader;
    if (depth > this.#limits.max_nesting) throw new RefusedRecord('nesting_too_deep');
    for (let left = reader.count; left > 0; left--) {
      const key = reader.next();
      if (isText(key)) {
        const text = this.#text;
        text.of(reader.bytes, reader.view, reader.from, reader.to);
        // a name by itself is looked up where it lies; what its map's members need of it is copied in #value
        if (prefix > 0) this.#nestedMember(prefix, text.bytes.subarray(text.start, text.end), depth);
        else this.#value(this.#writer.names.of(text.bytes, text.view, text.start, text.end), 0, depth);
      } else {
        if (key === valueTypes.array || key === valueTypes.map) throw new RefusedRecord('malformed_record');
        this.#nestedMember(prefix, textEncoder.encode(scalarText(reader)), depth);
      }
    }
  }

  /** A member whose name has to be put together. */
  #nestedMember(prefix: number, key: Uint8Array, depth: number): void {
    const from = prefix === 0 ? 0 : prefix + 1;
    const length = from + key.length;
    if (length > this.#limits.max_attribute_name_bytes) {
      this.#longNameBytes += length;
      if (this.#longNameBytes > maxLongNameBytes) throw new RefusedRecord('record_too_large');
    }
    if (length > this.#name.length) this.#growName(length);
    if (prefix > 0) this.#name[prefix] = 0x2e;
    this.#name.set(key, from);
    this.#value(this.#writer.names.of(this.#name, this.#nameView, 0, length), length, depth);
  }

  /** The value of `name`, whose `length` bytes stand in `#name`; or, where that is 0, only in the writer's names. */
  #value(name: NameId, length: number, depth: number): void {
    const reader = this.#reader;
    const type = reader.next();
    if (isText(type)) this.#textValue(name, reader.from, reader.to);
    else if (type === valueTypes.map) this.#mapValue(name, length, depth);
    else if (type === valueTypes.array) this.#arrayValue(name, depth);
    else this.#putScalar(name);
  }

  #textValue(name: NameId, start: number, end: number): void {
    const writer = this.#writer;
    const reader = this.#reader;
    const text = this.#text;
    text.of(reader.bytes, reader.view, start, end);
    const isWhereItLies = text.bytes === reader.bytes;
    if (!isWhereItLies) writer.from(text.bytes, text.view);
    if (!this.#roles.take(name, writer, text.view, text.start, text.end, isWhereItLies))
      writer.put(name, kinds.string, text.start, text.end);
    if (!isWhereItLies) writer.from(reader.bytes, reader.view);
  }

  #mapValue(name: NameId, length: number, depth: number): void {
    const { names } = this.#writer;
    if (this.#reader.count === 0) return this.#writer.putText(name, '{}', kinds.json);
    // `metadata` and `attributes` are only a wrapping
    const isWrapping = depth === 1 && names.fieldOf(name) === recordFields.metadata;
    this.#map(isWrapping ? 0 : length > 0 ? length : this.#startName(), depth + 1);
  }

  #arrayValue(name: NameId, depth: number): void {
    const reader = this.#reader;
    const start = reader.at;
    const { count } = reader;
    if (this.#writer.names.fieldOf(name) === recordFields.tags && depth === 1 && this.#tags(count)) return;
    reader.at = start;
    if (depth + 1 > this.#limits.max_nesting) throw new NestedTooDeep();
    const elements: string[] = [];
    for (let left = count; left > 0; left--) elements.push(jsonOf(reader, depth + 1, this.#limits.max_nesting));
    this.#writer.putText(name, `[${elements.join(',')}]`, kinds.json);
  }

  /** Takes the texts of an array as tags; false where it has others too. */
  #tags(count: number): boolean {
    const reader = this.#reader;
    const start = reader.at;
    for (let left = count; left > 0; left--) {
      if (!isText(reader.next()) || !isUtf8(reader.bytes.subarray(reader.from, reader.to))) return false;
    }
    reader.at = start;
    for (let left = count; left > 0; left--) {
      reader.next();
      this.#writer.tag(reader.from, reader.to);
    }
    return true;
  }

  /** Puts the number, boolean, nil or extension read last. */
  #putScalar(name: NameId): void {
    const reader = this.#reader;
    const writer = this.#writer;
    const text = scalarText(reader);
    const kind = scalarKind(reader);
    if (text.length > this.#digits.length) return writer.putText(name, text, kind);
    for (let at = 0; at < text.length; at++) this.#digits[at] = text.charCodeAt(at);
    writer.from(this.#digits, this.#digitsView);
    if (!this.#roles.take(name, writer, this.#digitsView, 0, text.length, false)) writer.put(name, kind, 0, text.length);
    writer.from(reader.bytes, reader.view);
  }

  /** Puts the key read last, which is still in `#text`, into `#name` for its members' names to begin with; returns its length. */
  #startName(): number {
    const { bytes, start, end } = this.#text;
    if (end - start > this.#name.length) this.#growName(end - start);
    this.#name.set(bytes.subarray(start, end));
    return end - start;
  }

  #growName(length: number): void {
    const grown = new Uint8Array(length * 2);
    grown.set(this.#name);
    this.#name = grown;
    this.#nameView = new DataView(grown.buffer);
  }
}

function scalarKind(reader: MessagePackReader): number {
  if (!isJsonScalar(reader)) return kinds.string;
  return reader.type === valueTypes.nil ? kinds.null : reader.type === valueTypes.boolean ? kinds.boolean : kinds.number;
}

function tagBytes(tag: string): TagBytes {
  const bytes = textEncoder.encode(tag);
  const service = textEncoder.encode(serviceOfTag(tag));
  return { bytes, view: new DataView(bytes.buffer), service, serviceView: new DataView(service.buffer) };
}
