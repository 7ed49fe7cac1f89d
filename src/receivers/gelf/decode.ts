/**
 * One GELF message (versions 1.0 and 1.1), from JSON bytes to a record.
 * https://go2docs.graylog.org/current/getting_in_log_data/gelf.html#GELFPayloadSpecification
 *
 * `short_message` becomes the message, `host` the host, `timestamp` (seconds with decimals) the time, `level` (syslog's 0-7)
 * the level, `_name` the attribute `name`, or the field that it spells where GELF has none of its own for it (service,
 * environment, trace and span); everything else an attribute of its name. Pure; one instance per worker.
 */
import { JsonScanner, MalformedJson, stringFlags, Unescaper } from '#ingest/json-records.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { StreamRecord } from '#receivers/stream-decoder.ts';
import { syslogSeverities } from '#model/syslog-numbers.ts';

const quote = 0x22;
const comma = 0x2c;
const underscore = 0x5f;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Fields that an additional member may fill. */
const additionalFields: ReadonlySet<number> = new Set([
  recordFields.service,
  recordFields.environment,
  recordFields.trace_id,
  recordFields.span_id,
]);

type Member = 'version' | 'host' | 'short_message' | 'full_message' | 'timestamp' | 'level';
/** The field that a member fills. */
const memberFields: Partial<Record<Member, number>> = {
  host: recordFields.host,
  short_message: recordFields.message,
  timestamp: recordFields.timestamp,
  level: recordFields.level,
};
const memberNames: readonly Member[] = ['version', 'host', 'short_message', 'full_message', 'timestamp', 'level'];

export class GelfDecoder {
  readonly #names: RecordNames;
  readonly #members: ReadonlyMap<NameId, Member>;
  readonly #maxNesting: number;
  readonly #scanner = new JsonScanner();
  readonly #keyUnescaper = new Unescaper();
  readonly #valueUnescaper = new Unescaper();
  #writer!: RecordWriter;
  #record!: Pick<StreamRecord, 'bytes' | 'view'>;
  /** Place of the value of `full_message`, for records without a short one. */
  #fullMessageAt = -1;

  constructor(names: RecordNames, maxNesting: number) {
    this.#names = names;
    this.#members = new Map(memberNames.map((name) => [names.own(name), name]));
    this.#maxNesting = maxNesting;
  }

  /** Fills the open record, whose bytes the writer is on; a code says why it cannot be taken. */
  decode(writer: RecordWriter, record: Pick<StreamRecord, 'bytes' | 'view' | 'start' | 'end'>): RecordErrorCode | undefined {
    const { bytes, view, start, end } = record;
    const scanner = this.#scanner;
    scanner.reset(bytes, view, end);
    try {
      const at = scanner.skipSpace(start);
      if (at < end && bytes[at] !== openBrace)
        return scanner.skipSpace(scanner.skipValue(at, 0)) === end ? 'not_an_object' : 'malformed_record';
      const behind = this.object(writer, record, at);
      return typeof behind === 'string' ? behind : scanner.skipSpace(behind) === end ? undefined : 'malformed_record';
    } catch (thrown) {
      if (thrown instanceof MalformedJson) return 'malformed_record';
      throw thrown;
    }
  }

  /** Decodes the object at `at`; where it ends, or why it cannot be taken. @throws MalformedJson */
  object(writer: RecordWriter, record: Pick<StreamRecord, 'bytes' | 'view' | 'end'>, at: number): number | RecordErrorCode {
    const { bytes, view, end } = record;
    const scanner = this.#scanner;
    scanner.reset(bytes, view, end);
    scanner.deepest = 0;
    this.#writer = writer;
    this.#record = record;
    this.#fullMessageAt = -1;
    let next = scanner.skipSpace(at + 1);
    if (bytes[at] !== openBrace || at >= end) throw new MalformedJson(at, "'{'");
    if (next < end && bytes[next] === closeBrace) return next + 1;
    for (;;) {
      next = scanner.skipSpace(this.#memberAt(next));
      const byte = next < end ? bytes[next] : 0;
      if (byte === closeBrace) break;
      if (byte !== comma) throw new MalformedJson(next, "',' or '}'");
      next = scanner.skipSpace(next + 1);
    }
    if (scanner.deepest > this.#maxNesting) return 'nesting_too_deep';
    if (this.#fullMessageAt >= 0 && !writer.isFilled(recordFields.message))
      this.#value(this.#fullMessageAt, (_, from, to) => writer.message(from, to));
    return next + 1;
  }

  /** Takes a key and its value; where they end. */
  #memberAt(at: number): number {
    const { bytes, view } = this.#record;
    const scanner = this.#scanner;
    const valueAt = scanner.key(at);
    const hasEscapes = (scanner.flags & stringFlags.escaped) !== 0;
    let keyBytes = bytes;
    let keyView = view;
    let keyStart = at + 1;
    let keyEnd = hasEscapes ? 0 : this.#keyEnd(keyStart);
    if (hasEscapes) {
      keyEnd = this.#keyUnescaper.decode(bytes, keyStart, scanner.string(keyStart));
      keyStart = 0;
      keyBytes = this.#keyUnescaper.bytes;
      keyView = this.#keyUnescaper.view;
    }
    const isAdditional = keyEnd - keyStart > 1 && keyBytes[keyStart] === underscore;
    const name = this.#names.of(keyBytes, keyView, isAdditional ? keyStart + 1 : keyStart, keyEnd);
    if (isAdditional) return this.#additional(name, valueAt);
    const member = this.#members.get(name);
    return member === undefined
      ? this.#value(valueAt, (kind, from, to) => this.#writer.put(name, kind, from, to))
      : this.#own(name, member, valueAt);
  }

  /** The closing quote of a key without escapes. */
  #keyEnd(start: number): number {
    const { bytes } = this.#record;
    let at = start;
    while (bytes[at] !== quote) at++;
    return at;
  }

  #additional(name: NameId, valueAt: number): number {
    const writer = this.#writer;
    const isField = additionalFields.has(this.#names.fieldOf(name));
    return this.#value(valueAt, (kind, from, to) => (isField ? writer.put(name, kind, from, to) : writer.attribute(name, kind, from, to)));
  }

  #own(name: NameId, member: Member, valueAt: number): number {
    const writer = this.#writer;
    const field = memberFields[member];
    // given twice, or under another spelling before: the first stays
    if (field !== undefined && writer.isFilled(field)) {
      return this.#value(valueAt, (kind, from, to) => writer.attribute(name, kind, from, to));
    }
    switch (member) {
      case 'version':
        return this.#scanner.skipValue(valueAt, 1);
      case 'short_message':
        return this.#value(valueAt, (kind, from, to) => (kind === kinds.null ? undefined : writer.message(from, to)));
      case 'full_message':
        this.#fullMessageAt = valueAt;
        return this.#value(valueAt, (kind, from, to) => writer.attribute(name, kind, from, to));
      case 'level':
        return this.#value(valueAt, (kind, from, to, source) => this.#level(kind, from, to, source));
      default:
        return this.#value(valueAt, (kind, from, to) => writer.put(name, kind, from, to));
    }
  }

  /** A digit is syslog's; anything else is read as levels are elsewhere. */
  #level(kind: number, start: number, end: number, source: Uint8Array): void {
    const digit = end - start === 1 ? source[start] - 0x30 : -1;
    if (digit >= 0 && digit <= 7) this.#writer.severity(syslogSeverities[digit]);
    else if (kind !== kinds.null) this.#writer.level(kind, start, end);
  }

  /** Gives `take` the value at `at`: its kind, and its text as a range of the writer's bytes. Returns where it ends. */
  #value(at: number, take: TakeValue): number {
    const { bytes, view } = this.#record;
    const scanner = this.#scanner;
    const end = scanner.skipValue(at, 1);
    const first = bytes[at];
    if (first !== quote) {
      take(kindOf(first), at, end, bytes);
      return end;
    }
    if ((scanner.flags & stringFlags.escaped) === 0) {
      take(kinds.string, at + 1, end - 1, bytes);
      return end;
    }
    const unescaper = this.#valueUnescaper;
    const length = unescaper.decode(bytes, at + 1, end - 1);
    this.#writer.from(unescaper.bytes, unescaper.view);
    take(kinds.string, 0, length, unescaper.bytes);
    this.#writer.from(bytes, view);
    return end;
  }
}

/** Takes a value: its kind, and its text as a range of the writer's bytes, which are `source`. */
type TakeValue = (kind: number, start: number, end: number, source: Uint8Array) => void;

/** By the first byte of a value that is no string. */
function kindOf(first: number): number {
  if (first === openBrace || first === 0x5b) return kinds.json;
  if (first === 0x74 || first === 0x66) return kinds.boolean;
  return first === 0x6e ? kinds.null : kinds.number;
}
