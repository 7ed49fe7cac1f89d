/**
 * Decodes an ExportLogsServiceRequest in protobuf (opentelemetry/proto/logs/v1/logs.proto) into a batch.
 *
 * Pure and synchronous. Values go from the request's bytes into the columns without objects in between. What becomes of
 * which member: docs/send-data/opentelemetry.md. A record that cannot be taken is rejected alone, with its resource and
 * scope, as a request of its own; a request that cannot be walked is refused whole, and nothing of it is taken.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { MalformedProtobuf, ProtobufReader } from '#receivers/protobuf-reader.ts';
import { RepetitionBound } from '#receivers/repeated-values.ts';
import { LogRecordDecoder } from './log-record.ts';
import { RejectedRequest } from './rejected-request.ts';
import { SourceDecoder } from './source.ts';

export type OtlpLimits = Pick<IngestConfig, 'max_records' | 'max_record_bytes' | 'max_nesting' | 'max_attribute_name_bytes'> & {
  readonly max_repeated_bytes: number;
};

/** ExportLogsServiceRequest.resource_logs, ResourceLogs.scope_logs, ScopeLogs.log_records */
const tags = { resourceLogs: 0x0a, scopeLogs: 0x12, logRecords: 0x12 } as const;

export class LogsDecoder {
  readonly #limits: OtlpLimits;
  readonly #reader = new ProtobufReader();
  readonly #source: SourceDecoder;
  readonly #record: LogRecordDecoder;
  readonly #rejected: RejectedRequest;
  readonly #repetition: RepetitionBound;
  #received = 0;

  /** `writer` is the one of all batches to come. */
  constructor(limits: OtlpLimits, writer: RecordWriter) {
    this.#limits = limits;
    this.#source = new SourceDecoder(this.#reader, limits, writer);
    this.#record = new LogRecordDecoder(this.#reader, limits, writer);
    this.#rejected = new RejectedRequest();
    this.#repetition = new RepetitionBound(limits.max_repeated_bytes, 'receivers.otlp.max_repeated_bytes');
  }

  /**
   * Fills the batch with the records of a request.
   * @throws AppError malformed_body (details.position: byte), too_many_records, limit_exceeded
   */
  decode(request: Uint8Array, batch: OpenBatch): void {
    // a plain Uint8Array: mixing it with Buffer would make every access polymorphic
    const bytes = new Uint8Array(request.buffer, request.byteOffset, request.length);
    const reader = this.#reader;
    reader.open(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    this.#received = 0;
    this.#repetition.restart();
    this.#source.open(bytes.length);
    this.#record.open(bytes.length);
    try {
      this.#each(bytes.length, tags.resourceLogs, (end) => this.#resourceLogs(end, batch));
    } catch (thrown) {
      throw thrown instanceof MalformedProtobuf ? malformedBody(thrown) : thrown;
    }
  }

  #resourceLogs(end: number, batch: OpenBatch): void {
    const from = this.#reader.at;
    this.#source.readResource(end);
    this.#reader.at = from;
    this.#each(end, tags.scopeLogs, (scopeEnd) => this.#scopeLogs(scopeEnd, batch));
  }

  #scopeLogs(end: number, batch: OpenBatch): void {
    const from = this.#reader.at;
    this.#source.readScope(end);
    this.#reader.at = from;
    const { resource, scope } = this.#source;
    const repeatedBytes = resource.length + scope.length;
    this.#each(end, tags.logRecords, (recordEnd) => {
      if (++this.#received > this.#limits.max_records) throw tooManyRecords(this.#limits.max_records);
      this.#repetition.add(repeatedBytes);
      this.#logRecord(recordEnd, batch);
    });
  }

  #logRecord(end: number, batch: OpenBatch): void {
    const reader = this.#reader;
    const from = reader.at;
    const refusal = this.#record.decode(end, this.#source);
    reader.at = end;
    if (refusal === undefined) return;
    const kept = this.#rejected.wrap(reader.bytes, this.#source, from, end);
    batch.rejected.add(this.#received - 1, refusal, kept, 0, kept.length);
  }

  /** Calls `visit` at the beginning of each message of this field, and goes on behind it. */
  #each(end: number, tag: number, visit: (messageEnd: number) => void): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const next = reader.tag(end);
      if (next !== tag) {
        reader.skip(next, end);
        continue;
      }
      const messageEnd = reader.range(end);
      visit(messageEnd);
      reader.at = messageEnd;
    }
  }
}

function tooManyRecords(limit: number): AppError {
  return new AppError('too_many_records', `more than ${limit} records in one request`, {
    details: { setting: 'ingest.max_records', limit },
  });
}

function malformedBody(error: MalformedProtobuf): AppError {
  return new AppError('malformed_body', `the body is no ExportLogsServiceRequest: ${error.message} at byte ${error.position}`, {
    details: { position: error.position },
  });
}
