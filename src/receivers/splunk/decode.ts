/**
 * Decodes bodies of Splunk's HTTP Event Collector into a batch: concatenated JSON objects, or raw lines.
 *
 * What the event says of itself stands before what its envelope says, and that before the request's parameters: a second
 * value of a field becomes an attribute. `source`, `sourcetype` and `index` are attributes; a `source` that is a plain
 * name is also the service where nothing else is. An event that cannot be taken goes into the quarantine, the others are
 * taken; where the bytes are no JSON any more, so does the rest of the body. Pure and synchronous; one per worker.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { JsonScanner, MalformedJson, RecordDecoder, sourceDefaults, stringFlags, stringOfToken } from '#ingest/json-records.ts';
import type { DecoderLimits } from '#ingest/json-records.ts';
import { recordFields } from '#model/field-names.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import { jsonBody } from '#receivers/json-body.ts';
import { isText, walkMembers } from '#receivers/json-members.ts';
import type { KeptRecord } from '#receivers/receiver.ts';
import { Envelope } from './envelope.ts';
import { hecErrors } from './replies.ts';
import type { HecError } from './replies.ts';

export type HecLimits = DecoderLimits & Pick<IngestConfig, 'max_records'>;

/** What the request says of all its events, by `host`, `source`, `sourcetype` and `index`. */
export type RequestMetadata = Readonly<Partial<Record<(typeof metadataNames)[number], string>>>;
export const metadataNames = ['host', 'source', 'sourcetype', 'index'] as const;

/** The first event that could not be taken. */
export interface EventFailure {
  readonly error: HecError;
  /** Place of the event in its request, from 0. */
  readonly index: number;
}

/** A source that is a name, not a path or an address of something: it can stand for the service. */
const plainName = /^[\w.@-]{1,128}$/;
/** How an event of Docker's driver begins; behind it comes a text or an object. */
const dockerStart = '{"line":';
const noDefaults = sourceDefaults(undefined, {});
const noBytes = new Uint8Array(0);
const noView = new DataView(noBytes.buffer);
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class HecDecoder implements RecordFinisher {
  readonly #limits: HecLimits;
  readonly #records: RecordDecoder;
  /** For events of Docker's driver, whose message is `line`: elsewhere that is the number of a line of code. */
  readonly #dockerRecords: RecordDecoder;
  /** Not the decoder's: that one may look at a rewritten record while the envelope is needed. */
  readonly #scanner = new JsonScanner();
  readonly #envelope = new Envelope();
  #hasEnvelope = false;
  #batch!: OpenBatch;
  #inner: RecordFinisher | undefined;
  #request: RequestMetadata = {};
  #received = 0;
  #failure: EventFailure | undefined;

  constructor(limits: HecLimits) {
    this.#limits = limits;
    this.#records = new RecordDecoder(limits);
    this.#dockerRecords = new RecordDecoder(limits, new Map([['line', 'message']]));
  }

  /** Decodes concatenated events. Says which could not be taken first; throws AppError `too_many_records`. */
  decodeEvents(body: Uint8Array, request: RequestMetadata, batch: OpenBatch): EventFailure | undefined {
    return this.#within(body, request, batch, (start) => this.#events(start));
  }

  /** Decodes one event a line, without an envelope. */
  decodeRaw(body: Uint8Array, request: RequestMetadata, batch: OpenBatch): EventFailure | undefined {
    return this.#within(body, request, batch, (start) => this.#lines(start));
  }

  /** Decodes an event with its envelope, or a line that came without one. */
  decodeKept({ bytes, format, request }: KeptRecord, batch: OpenBatch): void {
    if (format === 'text') this.decodeRaw(bytes, request, batch);
    else this.decodeEvents(bytes, request, batch);
  }

  /** Adds to the open record what was sent beside the event. Called by the batch's builder for each record. */
  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const { writer } = this.#batch;
    const scanner = this.#scanner;
    writer.adopt(builder);
    if (this.#hasEnvelope) {
      writer.from(scanner.bytes, scanner.view);
      this.#putMember('time');
      this.#putHost(builder);
      for (const name of ['source', 'sourcetype', 'index'] as const) this.#putMember(name);
      this.#putFields();
    }
    for (const name of metadataNames) {
      const text = this.#request[name];
      const isSaid = this.#hasEnvelope && this.#envelope.start(name) >= 0;
      if (text !== undefined && !isSaid) writer.putText(writer.names.own(name), text);
    }
    this.#putService();
    return writer.release() ?? this.#inner?.finish(builder);
  }

  #within(body: Uint8Array, request: RequestMetadata, batch: OpenBatch, decode: (start: number) => void): EventFailure | undefined {
    const { bytes, view, start } = jsonBody(body);
    this.#batch = batch;
    this.#request = request;
    this.#received = 0;
    this.#failure = undefined;
    this.#inner = batch.rows.finisher;
    batch.rows.finisher = this;
    this.#scanner.reset(bytes, view, bytes.length);
    for (const records of [this.#records, this.#dockerRecords]) records.openBody(bytes, view, batch.rows, noDefaults);
    try {
      decode(start);
      return this.#failure;
    } finally {
      for (const records of [this.#records, this.#dockerRecords]) records.closeBody();
      this.#scanner.reset(noBytes, noView, 0);
    }
  }

  #events(bodyStart: number): void {
    const scanner = this.#scanner;
    this.#hasEnvelope = true;
    for (let at = scanner.skipSpace(bodyStart); at < scanner.end; at = scanner.skipSpace(at)) {
      this.#count();
      const start = at;
      try {
        if (scanner.bytes[at] !== 0x7b) throw new MalformedJson(at, "'{'");
        at = this.#envelope.read(scanner, at);
      } catch (thrown) {
        if (!(thrown instanceof MalformedJson)) throw thrown;
        const reason = `the event is not JSON: ${thrown.message} at byte ${thrown.position} of the body`;
        this.#fail('malformed_record', hecErrors.invalidFormat, start, scanner.end, reason);
        return;
      }
      this.#event(start, at);
    }
  }

  /** The event whose envelope is `start .. end` and has been read. */
  #event(start: number, end: number): void {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    const eventAt = this.#envelope.start('event');
    const eventEnd = this.#envelope.end('event');
    if (eventAt < 0 || bytes[eventAt] === 0x6e) {
      this.#fail('malformed_record', hecErrors.eventRequired, start, end, 'the event has no "event"');
    } else if (eventEnd - eventAt === 2 && bytes[eventAt] === 0x22) {
      this.#fail('malformed_record', hecErrors.eventBlank, start, end, 'the event is blank');
    } else if (end - start > this.#limits.max_record_bytes) {
      this.#fail('record_too_large', hecErrors.invalidFormat, start, end);
    } else {
      const code = bytes[eventAt] === 0x7b ? this.#objectEvent(eventAt) : this.#textEvent(eventAt, eventEnd);
      if (code !== undefined) this.#fail(code, hecErrors.invalidFormat, start, end);
    }
  }

  #objectEvent(at: number): RecordErrorCode | undefined {
    const { bytes } = this.#scanner;
    const isOfDocker = isText(bytes, at, at + dockerStart.length, dockerStart) && isTextOrObject(bytes[at + dockerStart.length]);
    const records = isOfDocker ? this.#dockerRecords : this.#records;
    records.decode(at);
    return records.failure;
  }

  #textEvent(start: number, end: number): RecordErrorCode | undefined {
    const { writer } = this.#batch;
    const scanner = this.#scanner;
    writer.begin();
    writer.from(scanner.bytes, scanner.view);
    if (scanner.bytes[start] !== 0x22) {
      writer.message(start, end);
    } else {
      scanner.string(start + 1);
      if ((scanner.flags & stringFlags.escaped) === 0) writer.message(start + 1, end - 1);
      else writer.messageText(stringOfToken(scanner, start, end));
    }
    return writer.commit();
  }

  #lines(bodyStart: number): void {
    const { bytes, view, end: bodyEnd } = this.#scanner;
    const { writer } = this.#batch;
    this.#hasEnvelope = false;
    for (let start = bodyStart; start < bodyEnd; ) {
      const newline = bytes.indexOf(0x0a, start);
      const next = newline < 0 ? bodyEnd : newline;
      const end = next > start && bytes[next - 1] === 0x0d ? next - 1 : next;
      if (end > start) {
        this.#count();
        let code: RecordErrorCode | undefined = 'record_too_large';
        if (end - start <= this.#limits.max_record_bytes) {
          writer.begin();
          writer.from(bytes, view);
          writer.message(start, end);
          code = writer.commit();
        }
        if (code !== undefined) this.#fail(code, hecErrors.invalidFormat, start, end);
      }
      start = next + 1;
    }
  }

  #putMember(member: 'time' | 'source' | 'sourcetype' | 'index'): void {
    const start = this.#envelope.start(member);
    if (start >= 0 && this.#scanner.bytes[start] !== 0x6e)
      this.#putValue(this.#batch.writer.names.own(member), start, this.#envelope.end(member));
  }

  /** The envelope's host, unless the event names the same. */
  #putHost({ hosts, hostIndexes, rowCount }: LogBatchBuilder): void {
    const start = this.#envelope.start('host');
    const end = this.#envelope.end('host');
    const { bytes, view } = this.#scanner;
    if (start < 0 || bytes[start] === 0x6e) return;
    const isSame = hostIndexes[rowCount] !== 0 && hosts.indexOf(bytes, view, start + 1, end - 1) === hostIndexes[rowCount];
    if (!isSame) this.#putValue(this.#batch.writer.names.own('host'), start, end);
  }

  /** The members of `fields`, each under its own name. */
  #putFields(): void {
    const scanner = this.#scanner;
    const { bytes, view } = scanner;
    const start = this.#envelope.start('fields');
    if (start < 0 || bytes[start] !== 0x7b) return;
    walkMembers(scanner, start, (keyStart, keyEnd, valueAt) => {
      const isEscaped = (scanner.flags & stringFlags.escaped) !== 0;
      const name = isEscaped
        ? this.#nameOfText(stringOfToken(scanner, keyStart - 1, keyEnd + 1))
        : this.#batch.writer.names.of(bytes, view, keyStart, keyEnd);
      const end = scanner.skipValue(valueAt, 0);
      this.#putValue(name, valueAt, end);
      return end;
    });
  }

  #nameOfText(text: string): NameId {
    const bytes = new TextEncoder().encode(text);
    return this.#batch.writer.names.of(bytes, new DataView(bytes.buffer), 0, bytes.length);
  }

  #putValue(name: NameId, start: number, end: number): void {
    const { writer } = this.#batch;
    const scanner = this.#scanner;
    const first = scanner.bytes[start];
    if (first !== 0x22) return writer.put(name, kindOf(first), start, end);
    scanner.string(start + 1);
    if ((scanner.flags & stringFlags.escaped) === 0) writer.put(name, kinds.string, start + 1, end - 1);
    else writer.putText(name, stringOfToken(scanner, start, end));
  }

  #putService(): void {
    const { writer } = this.#batch;
    if (writer.isFilled(recordFields.service)) return;
    const source = this.#source();
    if (source !== undefined && plainName.test(source)) writer.putText(writer.names.own('service'), source);
  }

  #source(): string | undefined {
    const start = this.#hasEnvelope ? this.#envelope.start('source') : -1;
    if (start < 0) return this.#request.source;
    const { bytes } = this.#scanner;
    return bytes[start] === 0x22 ? textDecoder.decode(bytes.subarray(start + 1, this.#envelope.end('source') - 1)) : undefined;
  }

  #count(): void {
    if (++this.#received > this.#limits.max_records) {
      throw new AppError('too_many_records', `more than ${this.#limits.max_records} records in one request`, {
        details: { setting: 'ingest.max_records', limit: this.#limits.max_records },
      });
    }
  }

  #fail(code: RecordErrorCode, error: HecError, start: number, end: number, reason: string = recordErrorCodes[code]): void {
    const index = this.#received - 1;
    this.#failure ??= { error, index };
    this.#batch.rejected.request = Object.keys(this.#request).length === 0 ? undefined : this.#request;
    this.#batch.rejected.add(index, code, this.#scanner.bytes, start, end, reason);
  }
}

function isTextOrObject(first: number): boolean {
  return first === 0x22 || first === 0x7b;
}

/** Kind of a value that is no string, by its first byte. */
function kindOf(first: number): number {
  if (first === 0x7b || first === 0x5b) return kinds.json;
  if (first === 0x6e) return kinds.null;
  return first === 0x74 || first === 0x66 ? kinds.boolean : kinds.number;
}
