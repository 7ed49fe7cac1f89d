/**
 * Bringing a reader with a cursor from where it left to where the pump is, and handing it over without a line missing
 * or twice.
 *
 * It re-reads the log for this one reader, one frame at a time, only while the reader's buffer has room, so nothing is
 * dropped here and a slow reader costs no memory. The hand-over is one synchronous check: when every shard's next row
 * is the pump's next row, the reader joins the pump's groups.
 */
import { setImmediate } from 'node:timers/promises';
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { CpuBudget } from './cpu-budget.ts';
import { encodeCursor } from './cursor.ts';
import type { ShardPoint, TailPosition } from './cursor.ts';
import { FrameLines } from './frame-lines.ts';
import type { FrameDecoder } from './frame-lines.ts';
import type { TailPump } from './pump.ts';
import type { RowMatcher } from './query-groups.ts';
import { closeAll, readerAt } from './shard-readers.ts';
import type { ShardReaders } from './shard-readers.ts';
import type { TailSubscriber } from './subscriber.ts';
import type { TurnTaker } from './turn-taker.ts';

export interface CatchUpOptions {
  readonly log: DurableLog;
  readonly pump: TailPump;
  readonly decoder: FrameDecoder;
  readonly budget: CpuBudget;
  readonly clock: Clock;
  readonly turns: TurnTaker;
  readonly subscriber: TailSubscriber;
  readonly match: RowMatcher;
  readonly from: TailPosition;
  /** Called in the moment in which the reader is level with the pump; adds it to the pump's groups. */
  readonly join: () => void;
}

/** Pause while the tail's CPU share is used up. */
const budgetPauseMs = 20;

export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #readers: ShardReaders = new Map();
  #position: TailPosition;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#position = options.from;
  }

  cursor(): string {
    return encodeCursor(this.#options.log.incarnation, this.#position);
  }

  /** Resolves when the reader has joined or gone. Rejects where the log cannot be read; then `abandon` is due. */
  async run(signal: AbortSignal): Promise<void> {
    const { subscriber, turns, clock, budget, join } = this.#options;
    try {
      while (!subscriber.closed && !signal.aborted) {
        const shard = this.#shardBehind();
        if (shard === undefined) return join();
        if (subscriber.roomLines <= 0) await subscriber.waitForTake();
        else if (!budget.hasRoom) await clock.sleep(budgetPauseMs, signal);
        else await turns.run(() => this.#step(shard));
      }
    } finally {
      await closeAll(this.#readers);
    }
  }

  /** Gives up what lies between: counts it as missed and joins the pump. */
  abandon(): void {
    const { log, pump, subscriber, join } = this.#options;
    if (subscriber.closed) return;
    let missed = 0;
    for (const { shard } of log.shards()) missed += Math.max(0, pump.nextSequence(shard) - this.#pointOf(shard).sequence);
    if (missed > 0) subscriber.miss(missed);
    join();
  }

  #pointOf(shard: number): ShardPoint {
    return this.#position.get(shard) ?? { sequence: 0, row: 0 };
  }

  #shardBehind(): number | undefined {
    for (const { shard } of this.#options.log.shards()) {
      if (this.#pointOf(shard).sequence < this.#options.pump.nextSequence(shard)) return shard;
    }
    return undefined;
  }

  async #step(shard: number): Promise<void> {
    const { log, pump, budget } = this.#options;
    const at = this.#pointOf(shard);
    const reader = await readerAt(log, this.#readers, shard, at.sequence);
    const [frame] = await reader.read(1);
    if (frame === undefined) return void (await setImmediate());
    // The pump has not come so far: it will hand this frame out itself.
    if (frame.sequence >= pump.nextSequence(shard)) return this.#passMissing(shard, at, pump.nextSequence(shard));
    if (frame.sequence > at.sequence) this.#passMissing(shard, at, frame.sequence);
    budget.charge(() => this.#handOut(frame));
  }

  #passMissing(shard: number, at: ShardPoint, sequence: number): void {
    this.#options.subscriber.miss(sequence - at.sequence);
    this.#moveTo(shard, { sequence, row: 0 });
  }

  /** Hands out as many matching rows of the frame as the buffer has room for, and stands behind the last of them. */
  #handOut(frame: Frame): void {
    const { subscriber, match, decoder, log } = this.#options;
    const next: ShardPoint = { sequence: frame.sequence + 1, row: 0 };
    if (frame.kind !== frameKinds.logs || frame.rowCount === 0 || frame.tenant !== subscriber.request.tenant) return this.#moveTo(frame.shard, next);
    const lines = new FrameLines(frame, decoder, log.incarnation, this.#position);
    for (const row of lines.rows(match, this.#pointOf(frame.shard).row)) {
      if (subscriber.roomLines <= 0) return this.#moveTo(frame.shard, { sequence: frame.sequence, row });
      subscriber.offer([lines.line(row)], 0);
    }
    this.#moveTo(frame.shard, next);
  }

  #moveTo(shard: number, point: ShardPoint): void {
    this.#position = new Map(this.#position).set(shard, point);
  }
}
