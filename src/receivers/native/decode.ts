/**
 * Decodes the bodies of the native ingest endpoints into a LogBatchBuilder: `{"logs":[…]}` with or without `source`, a bare
 * array, a single record, and NDJSON. Shapes and answers to bad input: docs/specs/log-batch.md, "From JSON to columns".
 *
 * A body is taken whole or not at all: on an error of the body the builder is as before. A refused record leaves nothing
 * behind. Pure and synchronous; one instance per worker keeps what it learnt of the senders' keys.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import { JsonScanner, MalformedJson, RecordDecoder, readTree, sourceDefaults, stringOfToken } from '#ingest/json-records.ts';
import type { DecoderLimits, JsonTree, RequestDefaults } from '#ingest/json-records.ts';
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordError, RecordErrorCode } from '#model/record-errors.ts';
import { fieldOfName } from '#model/field-names.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import { jsonBody } from '#receivers/json-body.ts';

export type BatchLimits = DecoderLimits & Pick<IngestConfig, 'max_records' | 'max_source_bytes'>;

/** A record that could not be taken, and where it lies in `DecodeOutcome.bytes`. */
export interface RecordFailure extends RecordError {
  readonly start: number;
  readonly end: number;
}

/** What became of a body's records: received = taken + failed. */
export interface DecodeOutcome {
  readonly received: number;
  /** Records that are rows of the builder now. */
  readonly taken: number;
  readonly failed: number;
  readonly errors: readonly RecordFailure[];
  /** The body as it was decoded: valid UTF-8. Borrowed from the caller where it was so already. */
  readonly bytes: Uint8Array;
  /** `source` of the envelope as JSON, where records failed that it holds for. */
  readonly source?: string;
  /** The body was not valid UTF-8: bad bytes became U+FFFD. */
  readonly hadInvalidUtf8: boolean;
}

/** Longest key of an envelope that is looked at, quotes and escapes included. */
const longestEnvelopeKey = 64;
const noDefaults: RequestDefaults = {};

export class BatchDecoder {
  readonly #limits: BatchLimits;
  readonly #records: RecordDecoder;
  readonly #scanner: JsonScanner;
  #builder!: LogBatchBuilder;
  #request: RequestDefaults = noDefaults;
  #received = 0;
  #errors: RecordFailure[] = [];
  /** Place of the envelope's `source`, -1 where it has none. */
  #sourceAt = -1;
  #logsError: AppError | undefined;
  #sourceError: AppError | undefined;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#records = new RecordDecoder(limits);
    this.#scanner = this.#records.scanner;
  }

  /**
   * Decodes a JSON body; `request` holds the defaults of its headers. The builder copies what it keeps. Throws AppError
   * `malformed_body` (details.position: byte), `bad_request` (JSON of another shape), `too_many_records` or
   * `limit_exceeded`; the builder is then as before.
   */
  decodeJson(body: Uint8Array, request: RequestDefaults, builder: LogBatchBuilder): DecodeOutcome {
    return this.#decode(body, request, builder, () => this.#body());
  }

  /** Decodes one record a line; as decodeJson, but a malformed line fails alone. */
  decodeNdjson(body: Uint8Array, request: RequestDefaults, builder: LogBatchBuilder): DecodeOutcome {
    return this.#decode(body, request, builder, () => this.#lines());
  }

  /**
   * Decodes the one record that fills the body, and stood in one with this `source` (JSON, as the outcome told it). It fails
   * alone; the builder is then as before.
   */
  decodeRecord(record: Uint8Array, request: RequestDefaults, source: string | undefined, builder: LogBatchBuilder): DecodeOutcome {
    return this.#decode(record, request, builder, () => {
      const scanner = this.#scanner;
      if (source !== undefined) this.#records.useSource(sourceDefaults(treeOf(source), request));
      this.#line(scanner.skipSpace(byteOrderMarkLength(scanner.bytes)), 'record');
    });
  }

  #decode(body: Uint8Array, request: RequestDefaults, builder: LogBatchBuilder, decode: () => void): DecodeOutcome {
    const hadInvalidUtf8 = !isUtf8(body);
    const valid = hadInvalidUtf8 ? new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)) : body;
    // a plain Uint8Array: mixing it with Buffer would make every access polymorphic
    const bytes = new Uint8Array(valid.buffer, valid.byteOffset, valid.length);
    const view = new DataView(valid.buffer, valid.byteOffset, valid.length);
    const mark = builder.mark();
    this.#builder = builder;
    this.#request = request;
    this.#restart();
    this.#sourceAt = -1;
    this.#logsError = undefined;
    this.#sourceError = undefined;
    this.#records.openBody(bytes, view, builder, sourceDefaults(undefined, request));
    try {
      decode();
      const failed = this.#errors.length;
      const taken = this.#received - failed;
      return { received: this.#received, taken, failed, errors: this.#errors, bytes, hadInvalidUtf8, ...this.#failedSource() };
    } catch (thrown) {
      builder.rollback(mark);
      throw thrown instanceof MalformedJson ? malformedBody(thrown) : thrown;
    } finally {
      this.#records.closeBody();
    }
  }

  #restart(): void {
    this.#received = 0;
    this.#errors = [];
  }

  #body(): void {
    const scanner = this.#scanner;
    const start = scanner.skipSpace(byteOrderMarkLength(scanner.bytes));
    const first = start < scanner.end ? scanner.bytes[start] : 0;
    if (first === 0x5b) {
      this.#expectEnd(this.#array(start + 1));
    } else if (first === 0x7b) {
      this.#envelope(start);
    } else {
      this.#expectEnd(scanner.skipValue(start, 0));
      throw wrongShape();
    }
  }

  #expectEnd(at: number): void {
    const end = this.#scanner.skipSpace(at);
    if (end < this.#scanner.end) throw new MalformedJson(end, 'the end of the body');
  }

  /** The records of an array, from behind its bracket. */
  #array(start: number): number {
    const scanner = this.#scanner;
    let at = scanner.skipSpace(start);
    if (at < scanner.end && scanner.bytes[at] === 0x5d) return at + 1;
    for (;;) {
      at = this.#record(scanner.skipSpace(at));
      if (scanner.bytes[at] !== 0x2c) {
        at = scanner.skipSpace(at);
        const byte = at < scanner.end ? scanner.bytes[at] : 0;
        if (byte === 0x5d) return at + 1;
        if (byte !== 0x2c) throw new MalformedJson(at, "',' or ']'");
      }
      at++;
    }
  }

  #record(at: number): number {
    this.#count();
    const end = this.#records.decode(at);
    if (this.#records.failure !== undefined) this.#fail(this.#records.failure, at, end);
    return end;
  }

  #count(): void {
    if (++this.#received > this.#limits.max_records) {
      throw new AppError('too_many_records', `more than ${this.#limits.max_records} records in one request`, {
        details: { setting: 'ingest.max_records', limit: this.#limits.max_records },
      });
    }
  }

  #fail(code: RecordErrorCode, start: number, end: number, message: string = recordErrorCodes[code]): void {
    this.#errors.push({ index: this.#received - 1, code, message, start, end });
  }

  /**
   * An object: the envelope of `logs`, else one record. Records are decoded as soon as `logs` is met; where a `source` or a
   * second `logs` follows, they are taken back and decoded once more with what is known then.
   */
  #envelope(start: number): void {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    const mark = this.#builder.mark();
    let logsAt = 0;
    let sourceAt = 0;
    const messageKeys = new Set<string>();
    let mustRedo = false;
    let at = scanner.skipSpace(start + 1);
    for (let isFirst = true; isFirst ? at >= scanner.end || bytes[at] !== 0x7d : true; isFirst = false) {
      const keyAt = at;
      at = scanner.key(at);
      const key = this.#envelopeKey(keyAt);
      if (key === 'logs') {
        if (logsAt > 0) this.#takeBack(mark);
        if (sourceAt > 0) this.#useSource(sourceAt);
        mustRedo = false;
        logsAt = at;
        at = this.#logs(at);
      } else if (key === 'source') {
        sourceAt = at;
        mustRedo = logsAt > 0;
        at = scanner.skipValue(at, 0);
      } else {
        if (fieldOfName(key) === 'message') {
          if (bytes[at] === 0x22) messageKeys.add(key);
          else messageKeys.delete(key);
        }
        at = scanner.skipValue(at, 0);
      }
      at = scanner.skipSpace(at);
      const byte = at < scanner.end ? bytes[at] : 0;
      if (byte === 0x7d) break;
      if (byte !== 0x2c) throw new MalformedJson(at, "',' or '}'");
      at = scanner.skipSpace(at + 1);
    }
    this.#expectEnd(at + 1);
    if (logsAt === 0) {
      if (messageKeys.size === 0) throw wrongShape();
      this.#record(start);
    } else if (mustRedo) {
      this.#takeBack(mark);
      this.#useSource(sourceAt);
      this.#logs(logsAt);
    }
    const error = this.#logsError ?? this.#sourceError;
    if (error !== undefined) throw error;
  }

  #takeBack(mark: ReturnType<LogBatchBuilder['mark']>): void {
    this.#builder.rollback(mark);
    this.#restart();
  }

  #envelopeKey(at: number): string {
    const end = this.#scanner.string(at + 1) + 1;
    return end - at > longestEnvelopeKey ? '' : stringOfToken(this.#scanner, at, end);
  }

  /** A wrong shape is told only after the whole body has proved to be JSON. */
  #logs(at: number): number {
    this.#logsError = undefined;
    if (this.#scanner.bytes[at] === 0x5b) return this.#array(at + 1);
    this.#logsError = new AppError('bad_request', '"logs" must be an array of records');
    return this.#scanner.skipValue(at, 0);
  }

  #useSource(start: number): void {
    const scanner = this.#scanner;
    scanner.deepest = 0;
    const length = scanner.skipValue(start, 0) - start;
    this.#sourceError = this.#refusedSource(scanner.bytes[start], length, scanner.deepest);
    const isUsable = this.#sourceError === undefined && scanner.bytes[start] === 0x7b;
    this.#sourceAt = isUsable ? start : -1;
    this.#records.useSource(sourceDefaults(isUsable ? readTree(scanner, start).tree : undefined, this.#request));
  }

  #failedSource(): { source?: string } {
    const scanner = this.#scanner;
    if (this.#sourceAt < 0 || this.#errors.length === 0) return {};
    return { source: new TextDecoder().decode(scanner.bytes.subarray(this.#sourceAt, scanner.skipValue(this.#sourceAt, 0))) };
  }

  #refusedSource(firstByte: number, length: number, nesting: number): AppError | undefined {
    const { max_source_bytes, max_nesting } = this.#limits;
    if (firstByte === 0x6e) return undefined; // null
    if (firstByte !== 0x7b) return new AppError('bad_request', '"source" must be an object');
    if (length > max_source_bytes) return sourceOverBound('ingest.max_source_bytes', max_source_bytes);
    return nesting > max_nesting ? sourceOverBound('ingest.max_nesting', max_nesting) : undefined;
  }

  #lines(): void {
    const scanner = this.#scanner;
    const bodyEnd = scanner.end;
    for (let start = byteOrderMarkLength(scanner.bytes); start < bodyEnd; ) {
      const newline = scanner.bytes.indexOf(0x0a, start);
      const lineEnd = newline < 0 ? bodyEnd : newline;
      scanner.setEnd(lineEnd);
      const at = scanner.skipSpace(start);
      if (at < lineEnd) this.#line(at);
      start = lineEnd + 1;
    }
  }

  /** `what` the record is, for messages. */
  #line(start: number, what = 'line'): void {
    const scanner = this.#scanner;
    this.#count();
    try {
      const end = this.#records.decode(start);
      // what follows the value decides whether the line is JSON at all, so the row must still be taken back
      if (scanner.skipSpace(end) < scanner.end) throw new MalformedJson(end, `the end of the ${what}`);
      if (this.#records.failure !== undefined) this.#fail(this.#records.failure, start, end);
    } catch (thrown) {
      if (!(thrown instanceof MalformedJson)) throw thrown;
      this.#records.takeBack();
      this.#fail(
        'malformed_record',
        start,
        scanner.end,
        `the ${what} is not JSON: ${thrown.message} at byte ${thrown.position} of the body`,
      );
    }
  }
}

function treeOf(json: string): JsonTree {
  const { bytes, view } = jsonBody(Buffer.from(json));
  const scanner = new JsonScanner();
  scanner.reset(bytes, view, bytes.length);
  return readTree(scanner, 0).tree;
}

function byteOrderMarkLength(bytes: Uint8Array): number {
  return bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function wrongShape(): AppError {
  return new AppError('bad_request', 'expected {"logs":[…]}, an array of records, or one record with a message');
}

function sourceOverBound(setting: string, limit: number): AppError {
  return new AppError('limit_exceeded', `"source" is over the bound of ${setting}`, { details: { setting, limit } });
}

function malformedBody(error: MalformedJson): AppError {
  return new AppError('malformed_body', `the body is not JSON: ${error.message} at byte ${error.position}`, {
    details: { position: error.position },
  });
}
