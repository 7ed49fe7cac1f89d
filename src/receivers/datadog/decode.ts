/**
 * Decodes bodies of Datadog's log intake into a batch: an array of objects, one object, or objects one behind the other.
 * https://docs.datadoghq.com/api/latest/logs/#send-logs
 *
 * An object that cannot be taken goes into the quarantine and harms no other. An array that is no JSON refuses the whole
 * body; among objects one behind the other what is no JSON fails up to the end of its line. `{}` is the agent's question
 * whether somebody is there, and no record. Pure and synchronous; one per worker.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { MalformedJson, RecordDecoder, sourceDefaults } from '#ingest/json-records.ts';
import type { DecoderLimits, FieldSpellings } from '#ingest/json-records.ts';
import { recordFields } from '#model/field-names.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import { recordErrorCodes } from '#model/record-errors.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { jsonBody } from '#receivers/json-body.ts';
import { TagTexts } from './tags.ts';

export type DatadogLimits = DecoderLimits & Pick<IngestConfig, 'max_records'>;

/** Datadog's reserved attributes beside the table of all names. */
const ownSpellings: FieldSpellings = new Map([
  ['status', 'level'],
  ['syslog.severity', 'level'],
  ['date', 'timestamp'],
  ['dd.service', 'service'],
  ['dd.env', 'environment'],
  ['ddtags', 'tags'],
]);
const noDefaults = sourceDefaults(undefined, {});

export class DatadogDecoder implements RecordFinisher {
  readonly #limits: DatadogLimits;
  readonly #records: RecordDecoder;
  readonly #tagTexts = new TagTexts();
  #batch!: OpenBatch;
  #inner: RecordFinisher | undefined;
  #received = 0;

  constructor(limits: DatadogLimits) {
    this.#limits = limits;
    this.#records = new RecordDecoder(limits, ownSpellings);
  }

  /** Throws AppError `malformed_body`, `bad_request` or `too_many_records`; the batch must then be left. */
  decode(body: Uint8Array, batch: OpenBatch): void {
    const { bytes, view, start } = jsonBody(body);
    const { scanner } = this.#records;
    this.#batch = batch;
    this.#received = 0;
    this.#inner = batch.rows.finisher;
    batch.rows.finisher = this;
    this.#records.openBody(bytes, view, batch.rows, noDefaults);
    try {
      const at = scanner.skipSpace(start);
      if (bytes[at] === 0x5b) this.#array(at + 1);
      else this.#sequence(at);
    } catch (thrown) {
      throw thrown instanceof MalformedJson ? malformedBody(thrown) : thrown;
    } finally {
      this.#records.closeBody();
    }
  }

  /** Splits the tags of the open record, and takes from them what it does not say itself. Called for each record. */
  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const { tags } = builder;
    const first = tags.ends.length === 0 ? 0 : tags.ends.values[tags.ends.length - 1];
    if (tags.indexes.length === first + 1) {
      const refusal = this.#splitTags(builder, tags.values.textOf(tags.indexes.values[first]), first);
      if (refusal !== undefined) return refusal;
    }
    return this.#inner?.finish(builder);
  }

  #splitTags(builder: LogBatchBuilder, text: string, first: number): RecordErrorCode | undefined {
    const { writer } = this.#batch;
    const list = this.#tagTexts.of(text);
    builder.tags.indexes.length = first;
    for (const { bytes, view } of list.tags) builder.tags.add(bytes, view, 0, bytes.length);
    writer.adopt(builder);
    if (list.environment !== undefined && !writer.isFilled(recordFields.environment))
      writer.putText(writer.names.own('env'), list.environment);
    if (list.service !== undefined && !writer.isFilled(recordFields.service)) writer.putText(writer.names.own('service'), list.service);
    if (list.version !== undefined) this.#putVersion(builder, list.version);
    return writer.release();
  }

  /** The version as an attribute, unless the record has one. */
  #putVersion({ attributes }: LogBatchBuilder, version: string): void {
    const { writer } = this.#batch;
    const name = writer.names.own('version');
    if (!attributes.has(writer.names.indexIn(attributes.keys, 0, name))) writer.attributeText(name, version);
  }

  /** From behind the bracket. */
  #array(start: number): void {
    const { scanner } = this.#records;
    const { bytes, end } = scanner;
    let at = scanner.skipSpace(start);
    if (at < end && bytes[at] === 0x5d) return this.#expectEnd(at + 1);
    for (;;) {
      at = scanner.skipSpace(this.#record(scanner.skipSpace(at)));
      const byte = at < end ? bytes[at] : 0;
      if (byte === 0x5d) return this.#expectEnd(at + 1);
      if (byte !== 0x2c) throw new MalformedJson(at, "',' or ']'");
      at++;
    }
  }

  #expectEnd(at: number): void {
    const { scanner } = this.#records;
    const end = scanner.skipSpace(at);
    if (end < scanner.end) throw new MalformedJson(end, 'the end of the body');
  }

  #sequence(start: number): void {
    const { scanner } = this.#records;
    if (start < scanner.end && scanner.bytes[start] !== 0x7b) throw new MalformedJson(start, "'{' or '['");
    for (let at = start; at < scanner.end; at = scanner.skipSpace(at)) {
      const isFirst = at === start;
      try {
        at = this.#record(at);
      } catch (thrown) {
        // a first object that is no JSON tells nothing of where a second begins
        if (!(thrown instanceof MalformedJson) || isFirst) throw thrown;
        this.#records.takeBack();
        const newline = scanner.bytes.indexOf(0x0a, at);
        const lineEnd = newline < 0 ? scanner.end : newline;
        this.#fail('malformed_record', at, lineEnd, `the record is not JSON: ${thrown.message} at byte ${thrown.position} of the body`);
        at = lineEnd;
      }
    }
  }

  /** Takes the value at `at` as a record; returns the position behind it. */
  #record(at: number): number {
    const { scanner } = this.#records;
    if (scanner.bytes[at] === 0x7b) {
      const behind = scanner.skipSpace(at + 1);
      if (behind < scanner.end && scanner.bytes[behind] === 0x7d) return behind + 1;
    }
    this.#count();
    const end = this.#records.decode(at);
    const { failure } = this.#records;
    if (failure !== undefined) this.#fail(failure, at, end);
    return end;
  }

  #count(): void {
    if (++this.#received > this.#limits.max_records) {
      throw new AppError('too_many_records', `more than ${this.#limits.max_records} records in one request`, {
        details: { setting: 'ingest.max_records', limit: this.#limits.max_records },
      });
    }
  }

  #fail(code: RecordErrorCode, start: number, end: number, reason: string = recordErrorCodes[code]): void {
    this.#batch.rejected.add(Math.max(0, this.#received - 1), code, this.#records.scanner.bytes, start, end, reason);
  }
}

function malformedBody(error: MalformedJson): AppError {
  return new AppError('malformed_body', `the body is not JSON: ${error.message} at byte ${error.position}`, {
    details: { position: error.position },
  });
}
