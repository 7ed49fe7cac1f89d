/**
 * Reads the log's shards in turn and makes insert batches of what is new. Frames are borrowed from the readers, so a
 * batch must be inserted before the next one is gathered.
 */
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, LogPosition, LogReader } from '#log/durable-log.ts';
import { addOutcomes, zeroOutcomes } from '#log/outcomes.ts';
import type { MutableOutcomeCounts } from '#log/outcomes.ts';
import type { InsertBatch } from '#store/line-sink.ts';

/** Takes frames of quarantined records; durable when it returns. The frames are borrowed. */
export interface QuarantineTaker {
  take(frames: readonly Frame[]): void;
}

export class FrameGatherer {
  readonly #log: DurableLog;
  readonly #quarantine: QuarantineTaker;
  readonly #readers = new Map<number, LogReader>();
  readonly #position: Map<number, number>;
  readonly #lastReceivedMs = new Map<number, number>();
  /** Rows read of each shard, in the count of `ShardEnd.rows`: an estimate until the shard's end was reached once. */
  readonly #rowsRead = new Map<number, number>();

  constructor(log: DurableLog, from: LogPosition, quarantine: QuarantineTaker) {
    this.#log = log;
    this.#quarantine = quarantine;
    this.#position = new Map(from);
    for (const { shard, end } of log.shards()) {
      const share = end.sequence === 0 ? 0 : (from.get(shard) ?? 0) / end.sequence;
      this.#rowsRead.set(shard, Math.round(end.rows * share));
    }
  }

  /** Frames that the log no longer held when they were to be read: their lines never reach the store. */
  get missedFrames(): number {
    return [...this.#readers.values()].reduce((sum, { skippedFrames }) => sum + skippedFrames, 0);
  }

  /** Rows that are durable but not read yet. */
  get waitingRows(): number {
    let rows = 0;
    for (const { shard, end } of this.#log.shards()) rows += Math.max(0, end.rows - (this.#rowsRead.get(shard) ?? 0));
    return rows;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Receive time of the last frame read from the shard. */
  lastReceivedMs(shard: number): number | undefined {
    return this.#lastReceivedMs.get(shard);
  }

  /** What the shards hold beyond the position, at most about `maxBytes`; undefined when nothing is new. */
  async gather(maxBytes: number): Promise<InsertBatch | undefined> {
    const behind = this.#log.shards().filter(({ shard, end }) => (this.#position.get(shard) ?? 0) < end.sequence);
    if (behind.length === 0) return undefined;
    const blocks: Uint8Array[] = [];
    const outcomes = new Map<string, MutableOutcomeCounts>();
    let rowCount = 0;
    for (const { shard } of behind) {
      const reader = await this.#reader(shard);
      let shardRows = 0;
      const rejected: Frame[] = [];
      for (const frame of await reader.read(Math.ceil(maxBytes / behind.length))) {
        const counts = outcomes.get(frame.tenant) ?? zeroOutcomes();
        addOutcomes(counts, frame.outcomes);
        outcomes.set(frame.tenant, counts);
        this.#lastReceivedMs.set(shard, frame.receivedMs);
        shardRows += frame.rowCount;
        if (frame.kind === frameKinds.quarantine) rejected.push(frame);
        if (frame.kind !== frameKinds.logs || frame.rowCount === 0) continue;
        blocks.push(frame.payload);
        rowCount += frame.rowCount;
      }
      if (rejected.length > 0) this.#quarantine.take(rejected);
      this.#position.set(shard, reader.nextSequence);
      this.#noteRows(shard, shardRows, reader.nextSequence);
    }
    const byteCount = blocks.reduce((sum, block) => sum + block.length, 0);
    return { blocks, rowCount, byteCount, end: new Map(this.#position), outcomes };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.close()));
    this.#readers.clear();
  }

  #noteRows(shard: number, rows: number, nextSequence: number): void {
    const end = this.#log.shards().find((status) => status.shard === shard)?.end;
    const caughtUp = end !== undefined && end.sequence === nextSequence;
    this.#rowsRead.set(shard, caughtUp ? end.rows : (this.#rowsRead.get(shard) ?? 0) + rows);
  }

  async #reader(shard: number): Promise<LogReader> {
    let reader = this.#readers.get(shard);
    if (reader === undefined) {
      const from = this.#position.get(shard) ?? 0;
      reader = await this.#log.openReader(shard, from);
      this.#readers.set(shard, reader);
    }
    return reader;
  }
}
