/** Reads records of the quarantine by the receivers that took them, each of them one line or none. */
import { toAppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { RecordContext } from '#ingest/rejected-records.ts';
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { Logger } from '#platform/logger.ts';
import type { KeptRecord, Receiver } from '#receivers/receiver.ts';
import { repairUtf8 } from '#receivers/text-bytes.ts';

/** Attribute by which a line tells which quarantined record it was. */
export const replayedFrom = 'replayed_from';

export interface Resubmission extends KeptRecord {
  readonly id: string;
  readonly receiver: string;
  readonly context: RecordContext;
}

/** Why a record cannot be taken. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** The receivers by name; `off` for one that is known and switched off. */
export type KnownReceivers = ReadonlyMap<string, Receiver | 'off'>;

const switchedOff = (receiver: string): Problem => ({
  code: 'malformed_record',
  message: `only the receiver ${receiver} can read it, and that is switched off (receivers.${receiver}.enabled)`,
});
const unreadable: Problem = { code: 'malformed_record', message: 'nothing here can read what this receiver kept' };

export class KeptDecoder {
  readonly #receivers: KnownReceivers;
  readonly #logger: Logger;

  constructor(receivers: KnownReceivers, logger: Logger) {
    this.#receivers = receivers;
    this.#logger = logger;
  }

  /** Makes the record a row of the batch, whose finisher is `marking`; or leaves the batch as it was and says why not. */
  decode(record: Resubmission, batch: OpenBatch, marking: MarkReplayed): Problem | undefined {
    const { rows, rejected } = batch;
    const read = this.#readerOf(record);
    if (typeof read !== 'function') return read;
    const before = rows.rowCount;
    const mark = rows.mark();
    rejected.restart(record.format);
    // anew for each: decoders put their own before it
    rows.finisher = marking;
    marking.id = record.id;
    let problem: Problem | undefined;
    try {
      read(batch);
      problem = problemOf(batch, rows.rowCount - before);
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      problem = { code, message };
      // a defect costs this record only, which waits on
      if (code === 'internal') this.#logger.error({ id: record.id, error: String(thrown) }, 'a quarantined record could not be decoded');
    }
    if (problem !== undefined) rows.rollback(mark);
    return problem;
  }

  #readerOf(record: Resubmission): ((batch: OpenBatch) => void) | Problem {
    const receiver = this.#receivers.get(record.receiver);
    if (receiver === 'off') return switchedOff(record.receiver);
    if (receiver?.decodeKept !== undefined) return (batch) => receiver.decodeKept?.(record, batch);
    if (record.format === 'text') return (batch) => takeLine(record.bytes, batch);
    const native = this.#receivers.get('native');
    if (record.format === 'binary' || native === undefined || native === 'off') return unreadable;
    return (batch) => native.decodeKept?.(record, batch);
  }
}

/** Nothing where just one row came of the record. */
function problemOf({ rejected }: OpenBatch, taken: number): Problem | undefined {
  if (rejected.count === 0 && taken === 1) return undefined;
  if (rejected.count > 0) return rejected.errors.at(0) ?? { code: 'malformed_record', message: 'the record cannot be taken' };
  const message = taken === 0 ? 'there is no record in it' : `there are ${taken} records in it, and one becomes one line`;
  return { code: 'malformed_record', message };
}

/** The bytes as a message, for records of a receiver that is no longer known. */
function takeLine(bytes: Uint8Array, { writer, rejected }: OpenBatch): void {
  const text = repairUtf8(bytes);
  writer.begin();
  writer.from(text);
  writer.message(0, text.length);
  const refusal = writer.commit();
  if (refusal !== undefined) rejected.add(0, refusal, bytes, 0, bytes.length);
}

/** Runs what completes every record, then marks the line with the record that it was. */
export class MarkReplayed implements RecordFinisher {
  id = '';
  readonly #inner: RecordFinisher | undefined;
  readonly #writer: RecordWriter;

  constructor(inner: RecordFinisher | undefined, writer: RecordWriter) {
    this.#inner = inner;
    this.#writer = writer;
  }

  finish(builder: LogBatchBuilder): RecordErrorCode | undefined {
    const refusal = this.#inner?.finish(builder);
    if (refusal !== undefined) return refusal;
    this.#writer.adopt(builder);
    this.#writer.attributeText(this.#writer.names.own(replayedFrom), this.id);
    return this.#writer.release();
  }
}
