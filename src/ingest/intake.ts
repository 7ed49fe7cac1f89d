/**
 * What a receiver works with: who sends, whether anything can be taken now, an empty batch to decode into, and the way of
 * that batch into the log. One for all receivers of a gateway worker, so that access, limits, pressure, tenants and
 * outcomes are the same whatever the protocol.
 */
import type { KeyProof } from '#access/access.ts';
import type { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { OutcomeCounts } from '#log/durable-log.ts';
import type { LagHint } from './pressure.ts';
import type { IngestPipeline } from './pipeline.ts';
import type { RecordFormat, RecordOrigin, RejectedRecords } from './rejected-records.ts';

/** What a request says about its sender, found by the receiver where its protocol has it. */
export interface SenderCredentials {
  /** The value of an Authorization header: Bearer, ApiKey, Basic (the password is the key), Splunk. */
  readonly authorization?: string | undefined;
  /** A key by itself. */
  readonly apiKey?: string | undefined;
  /** The tenant it asks for. */
  readonly tenant?: string | undefined;
  /** A proof of knowing a key, where the protocol has a handshake for it. */
  readonly proof?: KeyProof | undefined;
}

export type { KeyProof };

export interface Sender {
  readonly tenant: string;
  readonly keyName: string;
  readonly mayActForOthers: boolean;
  /** What its proof is answered with. */
  readonly answer?: string | undefined;
}

export interface BatchSource extends RecordOrigin {
  readonly tenant: string;
  /** `text`: messages are lines of text, whose format is recognised. `records`: parsed only where a rule asks for it. */
  readonly content: 'text' | 'records';
  /** How bytes of rejected records are to be read again. */
  readonly format: RecordFormat;
  readonly batchId?: string | undefined;
  /** Parser that the sender asks for by name, and zone of its times: before all rules. Not known: AppError bad_request. */
  readonly parser?: string | undefined;
  readonly timezone?: string | undefined;
}

/** A batch being decoded. It must be submitted or dropped before the worker does anything else: decoding is synchronous. */
export interface OpenBatch extends BatchSource {
  readonly rows: LogBatchBuilder;
  /** Opened on `rows`. */
  readonly writer: RecordWriter;
  readonly rejected: RejectedRecords;
}

export interface Intake {
  /** @throws AppError unauthenticated, forbidden, bad_request (malformed tenant) */
  authenticate(credentials: SenderCredentials): Sender;
  /** @throws AppError log_full, while nothing can be taken: before a body is read */
  admit(): void;
  open(source: BatchSource): OpenBatch;
  /** Takes the batch; resolves when the outcome of every record is durable. @throws AppError log_full, log_unavailable */
  submit(batch: OpenBatch): Promise<OutcomeCounts>;
  lagHint(): LagHint;
  /** How a rule says that lines of this service are joined (#parsing/multiline.ts); undefined where none does. */
  multilineOf(source: BatchSource, service: string): string | undefined;
}

export interface IntakeOptions {
  readonly authenticate: Intake['authenticate'];
  readonly admit: Intake['admit'];
  readonly lagHint: Intake['lagHint'];
  readonly pipeline: IngestPipeline;
  readonly rows: LogBatchBuilder;
  readonly writer: RecordWriter;
  readonly rejected: RejectedRecords;
  /** What completes each record of such a batch; undefined where there is nothing to do. */
  readonly finisherOf: (source: BatchSource) => RecordFinisher | undefined;
  readonly multilineOf: Intake['multilineOf'];
}

export function createIntake(options: IntakeOptions): Intake {
  const { pipeline, rows, writer, rejected, finisherOf, authenticate, admit, lagHint, multilineOf } = options;
  return {
    authenticate,
    admit,
    lagHint,
    multilineOf,
    open(source) {
      // a decoder that threw may have left rows, and the beginning of one more in the columns
      rows.clear();
      rejected.restart(source.format);
      rows.finisher = finisherOf(source);
      writer.into(rows);
      return { ...source, rows, writer, rejected };
    },
    submit: (batch) => pipeline.submit(batch),
  };
}
