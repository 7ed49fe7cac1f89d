/**
 * The ingest pipeline: from a decoded batch to a durable frame.
 *
 * Runs in a gateway worker, which owns one shard of the log. Steps work on the whole batch, in order, synchronously;
 * each may take rows out of it and says as what outcome. What is left is stamped (receive time, place in the log) and
 * appended as one frame whose header carries the outcomes: the ledger is as durable as the lines. Between the stamp
 * and `append` nothing may await, since the sequence in the lines' ids is only ours until then.
 */
import { invariant } from '#base/errors.ts';
import { originOf } from '#base/ids.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogWriter, OutcomeCounts } from '#log/durable-log.ts';
import type { BatchStamp } from '#model/log-batch.ts';
import type { Clock } from '#platform/clock.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import type { MutableOutcomeCounts } from '#log/outcomes.ts';

/** The pipeline's view of a decoded batch: what it needs of `LogBatchBuilder`. */
export interface PendingBatch {
  readonly rowCount: number;
  /** The rows as a Native block in a buffer of its own: the next batch does not touch it. */
  finish(stamp: BatchStamp): Uint8Array;
}

export interface StepContext {
  readonly tenant: string;
  readonly receivedMs: number;
  /** A step that takes rows out of the batch adds them here; what is left is accepted. */
  readonly outcomes: MutableOutcomeCounts;
}

/** One decision about records: parse, enrich, sample, deduplicate, quarantine … One file a step. */
export interface IngestStep {
  readonly name: string;
  apply(batch: PendingBatch, context: StepContext): void;
}

export interface IngestPipelineOptions {
  readonly writer: LogWriter;
  readonly clock: Clock;
  readonly steps: readonly IngestStep[];
  /** `ingest.max_clock_skew` */
  readonly maxClockSkewMs: number;
  /** Receive time of the shard's last frame; the next is never earlier. */
  readonly lastReceivedMs?: number;
  /** Told after the frame is durable. */
  readonly onDurable?: (tenant: string, outcomes: OutcomeCounts) => void;
}

export interface IngestPipeline {
  /**
   * Takes a batch and empties it, with the number of its records that the decoder refused; resolves with the outcomes once they are
   * durable. Rejects with `log_full` or `log_unavailable`; then nothing of the batch was taken.
   */
  submit(tenant: string, batch: PendingBatch, refusedCount: number): Promise<OutcomeCounts>;
}

export function createIngestPipeline({
  writer,
  clock,
  steps,
  maxClockSkewMs,
  lastReceivedMs = 0,
  onDurable,
}: IngestPipelineOptions): IngestPipeline {
  const origin = originOf(writer.incarnation, writer.shard);
  let receivedMs = lastReceivedMs;

  return {
    async submit(tenant, batch, refusedCount) {
      const outcomes = zeroOutcomes();
      outcomes.refused = refusedCount;
      if (batch.rowCount === 0 && refusedCount === 0) return outcomes;
      receivedMs = Math.max(receivedMs, clock.nowMs());
      const context: StepContext = { tenant, receivedMs, outcomes };
      for (const step of steps) step.apply(batch, context);
      const { rowCount } = batch;
      outcomes.accepted = rowCount;

      const sequence = writer.nextSequence;
      const payload = rowCount === 0 ? [] : [batch.finish({ tenant, receivedMs, origin, seq: sequence, maxClockSkewMs })];
      const header = { kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs };
      invariant(writer.nextSequence === sequence, 'the log moved on between stamp and append');
      await writer.append(header, payload);
      onDurable?.(tenant, outcomes);
      return outcomes;
    },
  };
}
