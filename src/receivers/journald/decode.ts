/**
 * Decodes entries of a journal in export format (entry-scanner.ts found them) into an open batch. What becomes of which
 * field: docs/send-data/systemd-journal.md.
 *
 * Fields stay under systemd's own names, as attributes, apart from those that are fields of the line and those that say
 * only where an entry lies in its journal. Pure and synchronous; one instance per worker.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { severityOfPriority } from '#receivers/journal-fields.ts';
import { ValidText } from '#receivers/valid-text.ts';
import { indexOf, valueLength } from './entry-scanner.ts';

export type JournalLimits = Pick<IngestConfig, 'max_record_bytes'>;

const lineFeed = 0x0a;
const equals = 0x3d;
const underscore = 0x5f;

const roles = { none: 0, message: 1, priority: 2, host: 3, receivedTime: 4, sourceTime: 5, dropped: 6, service: 7 } as const;

/** Fields that name the service, the best first: Docker's containers have their id as their identifier. */
const serviceNames = ['CONTAINER_NAME', 'SYSLOG_IDENTIFIER', '_SYSTEMD_UNIT', '_COMM'] as const;
/** What a unit's name ends with, which says nothing. */
const unitEnd = Buffer.from('.service');

function rolesOf(names: RecordNames): Uint8Array {
  const own: [NameId, number][] = [
    [names.own('MESSAGE'), roles.message],
    [names.own('PRIORITY'), roles.priority],
    [names.own('_HOSTNAME'), roles.host],
    [names.own('__REALTIME_TIMESTAMP'), roles.receivedTime],
    [names.own('_SOURCE_REALTIME_TIMESTAMP'), roles.sourceTime],
    [names.own('_SOURCE_MONOTONIC_TIMESTAMP'), roles.dropped],
    [names.own('_SOURCE_BOOTTIME_TIMESTAMP'), roles.dropped],
    ...serviceNames.map((name, rank): [NameId, number] => [names.own(name), roles.service + rank]),
  ];
  const table = new Uint8Array(Math.max(...own.map(([id]) => id)) + 1);
  for (const [id, role] of own) table[id] = role;
  return table;
}

export class JournalDecoder {
  readonly #limits: JournalLimits;
  readonly #roles: Uint8Array;
  readonly #text = new ValidText();
  #service = new Uint8Array(0);
  #serviceRank: number = serviceNames.length;
  #hasSourceTime = false;

  /** `writer` is the one of all batches to come. */
  constructor(limits: JournalLimits, writer: RecordWriter) {
    this.#limits = limits;
    this.#roles = rolesOf(writer.names);
  }

  /** Makes the entry `start .. end` a row, or rejects it. */
  decode(batch: OpenBatch, index: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const refusal = end - start > this.#limits.max_record_bytes ? 'record_too_large' : this.#entry(batch.writer, bytes, view, start, end);
    if (refusal !== undefined) batch.rejected.add(index, refusal, bytes, start, end);
  }

  #entry(writer: RecordWriter, bytes: Uint8Array, view: DataView, start: number, end: number): RecordErrorCode | undefined {
    this.#serviceRank = serviceNames.length;
    this.#hasSourceTime = false;
    writer.begin();
    try {
      for (let at = start; at < end && bytes[at] !== lineFeed; ) at = this.#field(writer, bytes, view, at, end);
    } catch (thrown) {
      writer.abort();
      if (thrown instanceof AppError) return 'malformed_record';
      throw thrown;
    }
    if (this.#serviceRank < serviceNames.length) {
      writer.from(this.#service);
      writer.text(recordFields.service, 0, this.#service.length);
    }
    return writer.commit();
  }

  /** Reads a field; returns the position behind it. */
  #field(writer: RecordWriter, bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const lineEnd = indexOf(bytes, lineFeed, at, end);
    if (lineEnd < 0) throw new AppError('malformed_body', 'a field without end');
    const sign = indexOf(bytes, equals, at, lineEnd);
    const nameEnd = sign < 0 ? lineEnd : sign;
    const valueStart = sign < 0 ? lineEnd + 9 : sign + 1;
    if (valueStart > end) throw new AppError('malformed_body', 'a length that is cut short');
    const valueEnd = sign < 0 ? valueStart + valueLength(view, lineEnd + 1) : lineEnd;
    if (valueEnd >= end) throw new AppError('malformed_body', 'a value that is cut short');
    // addresses in the journal, all of which change from entry to entry
    const isAddress = bytes[at] === underscore && bytes[at + 1] === underscore;
    const text = this.#text;
    text.of(bytes, view, at, nameEnd);
    const name = writer.names.of(text.bytes, text.view, text.start, text.end);
    text.of(bytes, view, valueStart, valueEnd);
    writer.from(text.bytes, text.view);
    if (!this.#take(name, writer) && !isAddress) writer.attribute(name, kinds.string, text.start, text.end);
    return valueEnd + 1;
  }

  /** Puts the value in `#text` where its name has a role; false where it is an attribute, be it as well. */
  #take(name: NameId, writer: RecordWriter): boolean {
    const role = name < this.#roles.length ? this.#roles[name] : roles.none;
    const { view, start, end } = this.#text;
    switch (role) {
      case roles.none:
        return false;
      case roles.dropped:
        return true;
      case roles.message:
        if (writer.isFilled(recordFields.message)) return false;
        writer.message(start, end);
        return true;
      case roles.host:
        if (writer.isFilled(recordFields.host)) return false;
        writer.text(recordFields.host, start, end);
        return true;
      case roles.priority:
        return this.#priority(writer, view, start, end);
      case roles.receivedTime:
        return this.#hasSourceTime || this.#time(writer);
      case roles.sourceTime:
        this.#hasSourceTime = this.#time(writer);
        return this.#hasSourceTime;
      default:
        this.#considerService(role - roles.service);
        return false;
    }
  }

  #priority(writer: RecordWriter, view: DataView, start: number, end: number): boolean {
    const severity = severityOfPriority(view, start, end);
    if (severity === 0 || writer.isFilled(recordFields.level)) return false;
    writer.severity(severity);
    return true;
  }

  /** Microseconds since 1970, up to 2255; false where they are none. */
  #time(writer: RecordWriter): boolean {
    const { bytes, start, end } = this.#text;
    let micros = 0;
    if (end === start || end - start > 16) return false;
    for (let at = start; at < end; at++) {
      const digit = bytes[at] - 0x30;
      if (digit < 0 || digit > 9) return false;
      micros = micros * 10 + digit;
    }
    if (!Number.isSafeInteger(micros)) return false;
    // micros * 1000 is over 2^53: in two halves, each exact
    const low = (micros % 2 ** 32) * 1000;
    writer.time(Math.floor(micros / 2 ** 32) * 1000 + Math.floor(low / 2 ** 32), low >>> 0);
    return true;
  }

  #considerService(rank: number): void {
    const { bytes, start, end } = this.#text;
    if (rank >= this.#serviceRank || start === end) return;
    const text = bytes.subarray(start, end);
    const isUnit = serviceNames[rank] === '_SYSTEMD_UNIT' && Buffer.compare(text.subarray(-unitEnd.length), unitEnd) === 0;
    this.#serviceRank = rank;
    this.#service = isUnit ? text.slice(0, -unitEnd.length) : text.slice();
  }
}
