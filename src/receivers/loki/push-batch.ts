/** The batch that a push becomes, whatever its encoding: streams whose labels hold for all their entries, and entries. */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { recordFields } from '#model/field-names.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { RepeatedValues, RepetitionBound } from '#receivers/repeated-values.ts';
import { readStreamLabels } from './stream-labels.ts';

export type PushLimits = Pick<IngestConfig, 'max_records' | 'max_record_bytes' | 'max_nesting'> & {
  readonly max_labels_bytes: number;
  readonly max_repeated_bytes: number;
};

export class PushBatch {
  readonly limits: PushLimits;
  /** Of all batches. */
  readonly writer: RecordWriter;
  readonly #labels = new RepeatedValues();
  readonly #repetition: RepetitionBound;
  #batch!: OpenBatch;
  #received = 0;

  constructor(limits: PushLimits, writer: RecordWriter) {
    this.limits = limits;
    this.writer = writer;
    this.#repetition = new RepetitionBound(limits.max_repeated_bytes, 'receivers.loki.max_repeated_bytes');
  }

  open(batch: OpenBatch): void {
    this.#batch = batch;
    this.#received = 0;
    this.#repetition.restart();
  }

  /** The entries to come are of a stream with these labels. */
  stream(labels: ReadonlyMap<string, string>): void {
    readStreamLabels(labels, this.writer.names, this.#labels);
  }

  /** Called with the length of a stream's labels before they are read. @throws AppError limit_exceeded */
  boundLabels(bytes: number): void {
    const { max_labels_bytes } = this.limits;
    if (bytes <= max_labels_bytes) return;
    throw new AppError('limit_exceeded', `the labels of a stream are longer than ${max_labels_bytes} bytes`, {
      details: { setting: 'receivers.loki.max_labels_bytes', maxBytes: max_labels_bytes },
    });
  }

  /** Opens an entry, with the labels in it. @throws AppError too_many_records, limit_exceeded */
  begin(): void {
    const { max_records } = this.limits;
    if (++this.#received > max_records) {
      throw new AppError('too_many_records', `more than ${max_records} entries in one request`, {
        details: { setting: 'ingest.max_records', limit: max_records },
      });
    }
    this.#repetition.add(this.#labels.length);
    const { writer } = this;
    writer.begin();
    this.#labels.writeTo(writer);
  }

  /** A value of the entry's structured metadata, whose bytes the writer looks at. Never the line or its time. */
  metadata(name: NameId, kind: number, start: number, end: number): void {
    const { writer } = this;
    const field = writer.names.fieldOf(name);
    if (field === recordFields.timestamp || field === recordFields.message) writer.attribute(name, kind, start, end);
    else writer.put(name, kind, start, end);
  }

  /** Keeps the entry that was opened last, which could not be taken, as a push of its own. */
  reject(code: RecordErrorCode, push: Uint8Array): void {
    this.#batch.rejected.add(this.#received - 1, code, push, 0, push.length);
  }
}
