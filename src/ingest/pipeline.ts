/**
 * The ingest pipeline: from a decoded batch to durable frames.
 *
 * Runs in a gateway worker, which owns one shard of the log. Records were completed one by one while decoding
 * (`RecordFinisher`); here the batch gets its place in the log, policies take rows out of it, and what is left is
 * appended as one frame whose header carries the outcomes: the ledger is as durable as the lines. Records that could not
 * be taken go into a quarantine frame of their own before it, counted there, so that each frame counts just what it
 * holds. Between the stamp and `append` nothing may await, since the sequence in the lines' ids is only ours until then.
 */
import { AppError, invariant } from '#base/errors.ts';
import { originOf } from '#base/ids.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogWriter, OutcomeCounts } from '#log/durable-log.ts';
import { addOutcomes, zeroOutcomes } from '#log/outcomes.ts';
import type { MutableOutcomeCounts } from '#log/outcomes.ts';
import type { BatchStamp } from '#model/log-batch.ts';
import { restampRows } from '#model/restamp-rows.ts';
import type { Clock } from '#platform/clock.ts';
import { receiverMember } from './receiver-codes.ts';
import type { RecordOrigin, RecordTreatment, RejectedRecords } from './rejected-records.ts';

/** The pipeline's view of a decoded batch: what it needs of `LogBatchBuilder`. */
export interface PendingBatch {
  readonly rowCount: number;
  /** The rows as a Native block in a buffer of its own: the next batch does not touch it. */
  finish(stamp: BatchStamp): Uint8Array;
  /** Empties it. */
  clear(): void;
}

export interface IncomingBatch extends RecordOrigin, RecordTreatment {
  readonly tenant: string;
  readonly rows: PendingBatch;
  /** Records that the decoder could not take. */
  readonly rejected: RejectedRecords;
  /** The sender's own id of the batch: the same again within the window is a duplicate. */
  readonly batchId?: string | undefined;
}

export interface PolicyContext {
  readonly tenant: string;
  readonly receivedMs: number;
  /** What is taken out of the batch is added here; the rest is accepted. */
  readonly outcomes: MutableOutcomeCounts;
}

/** Which batches were durable before (I17). */
export interface BatchMemory {
  stateOf(tenant: string, id: string, nowMs: number): 'new' | 'under_way' | 'known';
  track(tenant: string, id: string, nowMs: number, durable: Promise<unknown>): void;
}

/** Takes rows out of a batch: sampling, drop rules, deduplication. */
export interface BatchPolicy {
  /** The block without the rows taken out, undefined where none is left. */
  apply(block: Uint8Array, rowCount: number, context: PolicyContext): { readonly block: Uint8Array; readonly rowCount: number } | undefined;
}

export interface IngestPipelineOptions {
  readonly writer: LogWriter;
  readonly clock: Clock;
  /** The tenant's policy, undefined where it keeps everything. */
  readonly policyOf: (batch: IncomingBatch) => BatchPolicy | undefined;
  readonly recentBatches: BatchMemory;
  /** `ingest.max_clock_skew` */
  readonly maxClockSkewMs: number;
  /** Receive time of the shard's last frame; the next is never earlier. */
  readonly lastReceivedMs?: number;
  /** Told after all frames of a batch are durable. */
  readonly onDurable?: (tenant: string, outcomes: OutcomeCounts) => void;
}

export interface IngestPipeline {
  /**
   * Takes a batch and empties its rows before it returns; resolves with the outcomes of its records once they are durable.
   * Rejects with `log_full`, `log_unavailable` or `batch_under_way`; then no row of the batch was taken.
   */
  submit(batch: IncomingBatch): Promise<OutcomeCounts>;
  /**
   * Takes rows that an earlier batch counted as sampled and that are kept after all: the frame counts as many fewer as
   * sampled as it accepts. Their block was stamped with the earlier batch's place, and gets its own.
   */
  submitRescued(rows: RescuedBatch): Promise<void>;
}

/** Rows of one tenant as a Native block. */
export interface RescuedBatch {
  readonly tenant: string;
  readonly block: Uint8Array;
  readonly rowCount: number;
}

export function createIngestPipeline(options: IngestPipelineOptions): IngestPipeline {
  return new ShardPipeline(options);
}

/** What became of a batch, once `durable` resolves. */
interface TakenBatch {
  readonly total: OutcomeCounts;
  readonly durable: Promise<unknown>;
}

class ShardPipeline implements IngestPipeline {
  readonly #options: IngestPipelineOptions;
  readonly #origin: number;
  #receivedMs: number;

  constructor(options: IngestPipelineOptions) {
    this.#options = options;
    this.#origin = originOf(options.writer.incarnation, options.writer.shard);
    this.#receivedMs = options.lastReceivedMs ?? 0;
  }

  async submit(batch: IncomingBatch): Promise<OutcomeCounts> {
    const { recentBatches, onDurable } = this.#options;
    const { tenant, rows, rejected, batchId } = batch;
    if (rows.rowCount === 0 && rejected.count === 0) return zeroOutcomes();
    const receivedMs = this.#now();
    const state = batchId === undefined ? 'new' : recentBatches.stateOf(tenant, batchId, receivedMs);
    if (state === 'under_way') {
      rows.clear();
      throw new AppError('batch_under_way', `batch "${batchId}" is being taken already; ask again for its answer`, { retryAfterMs: 1000 });
    }
    const { total, durable } = state === 'known' ? this.#countDuplicates(batch) : this.#take(batch);
    if (batchId !== undefined && state === 'new') recentBatches.track(tenant, batchId, receivedMs, durable);
    await durable;
    onDurable?.(tenant, total);
    return total;
  }

  async submitRescued({ tenant, block, rowCount }: RescuedBatch): Promise<void> {
    const { writer, onDurable } = this.#options;
    const receivedMs = this.#now();
    const outcomes = { ...zeroOutcomes(), accepted: rowCount, sampled: -rowCount };
    const payload = restampRows(block, { origin: this.#origin, seq: writer.nextSequence });
    await writer.append({ kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs }, [payload]);
    onDurable?.(tenant, outcomes);
  }

  /** Receive times never fall, also where the clock does. */
  #now(): number {
    this.#receivedMs = Math.max(this.#receivedMs, this.#options.clock.nowMs());
    return this.#receivedMs;
  }

  #take(batch: IncomingBatch): TakenBatch {
    const { rows, rejected } = batch;
    const outcomes = { ...zeroOutcomes(), refused: rejected.refusedCount };
    const appends: Promise<void>[] = [];
    const { quarantinedCount } = rejected;
    if (quarantinedCount > 0) appends.push(this.#appendQuarantine(batch));
    if (rows.rowCount > 0 || rejected.refusedCount > 0) appends.push(this.#appendRows(batch, outcomes));
    const total = { ...outcomes };
    addOutcomes(total, { ...zeroOutcomes(), quarantined: quarantinedCount });
    return { total, durable: Promise.all(appends) };
  }

  /** The batch is in the log already: only that it came again is counted. */
  #countDuplicates({ tenant, rows, rejected }: IncomingBatch): TakenBatch {
    const total = { ...zeroOutcomes(), duplicate: rows.rowCount + rejected.count };
    rows.clear();
    const header = { kind: frameKinds.logs, tenant, rowCount: 0, outcomes: total, receivedMs: this.#receivedMs };
    return { total, durable: this.#options.writer.append(header, []) };
  }

  #appendQuarantine(batch: IncomingBatch): Promise<void> {
    const { tenant, rejected } = batch;
    const outcomes = { ...zeroOutcomes(), quarantined: rejected.quarantinedCount };
    const from = receiverMember(batch.receiver);
    const header = { kind: frameKinds.quarantine, tenant, rowCount: 0, outcomes, receivedMs: this.#receivedMs, ...from };
    return this.#options.writer.append(header, rejected.encode(batch));
  }

  #appendRows(batch: IncomingBatch, outcomes: MutableOutcomeCounts): Promise<void> {
    const { writer } = this.#options;
    const { tenant, batchId } = batch;
    const sequence = writer.nextSequence;
    const kept = this.#keptRows(batch, sequence, outcomes);
    const rowCount = kept?.rowCount ?? 0;
    outcomes.accepted = rowCount;
    invariant(writer.nextSequence === sequence, 'the log moved on between stamp and append');
    const identity = { ...receiverMember(batch.receiver), ...(batchId === undefined ? {} : { batchId }) };
    const header = { kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs: this.#receivedMs, ...identity };
    return writer.append(header, kept === undefined ? [] : [kept.block]);
  }

  /** The rows at their place in the log, without those that a policy takes out. */
  #keptRows(batch: IncomingBatch, seq: number, outcomes: MutableOutcomeCounts): ReturnType<BatchPolicy['apply']> {
    const { policyOf, maxClockSkewMs } = this.#options;
    const { tenant, rows } = batch;
    const { rowCount } = rows;
    if (rowCount === 0) return undefined;
    const receivedMs = this.#receivedMs;
    const policy = policyOf(batch);
    const block = rows.finish({ tenant, receivedMs, origin: this.#origin, seq, maxClockSkewMs });
    return policy === undefined ? { block, rowCount } : policy.apply(block, rowCount, { tenant, receivedMs, outcomes });
  }
}
