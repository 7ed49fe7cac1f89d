/**
 * Bringing a reader with a cursor from where it left to where the pump is, and handing it over without a line missing
 * or twice.
 *
 * It re-reads the log for this one reader, one frame at a time, only while the reader's buffer has room, so nothing is
 * dropped here and a slow reader costs no memory. The hand-over is one synchronous check: when every shard's next row
 * is the pump's next row, the reader joins the pump's groups.
 */
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame } from '#log/durable-log.ts';
import type { Clock } from '#platform/clock.ts';
import type { CpuBudget } from './cpu-budget.ts';
import { encodeCursor } from './cursor.ts';
import type { ShardPoint, TailPosition } from './cursor.ts';
import { FrameLines } from './frame-lines.ts';
import type { FrameDecoder } from './frame-lines.ts';
import type { TailPump } from './pump.ts';
import type { QueryHandle, TailMatchers } from './query-groups.ts';
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
  readonly matchers: TailMatchers<QueryHandle>;
  readonly from: TailPosition;
  /** Called in the moment in which the reader is level with the pump; adds it to the pump's groups. */
  readonly join: () => void;
}

/** Pause while the tail's CPU share is used up. */
const budgetPauseMs = 20;
/** How long one reader may keep others waiting for their turn. */
const maxStretchMs = 200;

export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #handle: QueryHandle;
  #position: TailPosition;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#position = options.from;
    this.#handle = options.matchers.add(options.subscriber.request.where);
  }

  cursor(): string {
    return encodeCursor(this.#options.log.incarnation, this.#position);
  }

  /** Resolves when the reader has joined or gone. Rejects where the log cannot be read; then `abandon` is due. */
  async run(signal: AbortSignal): Promise<void> {
    const { subscriber, turns, join } = this.#options;
    while (!subscriber.closed && !signal.aborted) {
      if (this.#shardBehind() === undefined) return join();
      if (subscriber.roomLines <= 0) await subscriber.waitForTake();
      else await turns.run(() => this.#stretch(signal));
    }
  }

  /** Reads until the buffer is full or the reader level; open readers, which hold memory, do not outlive its turn. */
  async #stretch(signal: AbortSignal): Promise<void> {
    const { subscriber, clock, budget } = this.#options;
    const readers: ShardReaders = new Map();
    const startMs = clock.monotonicMs();
    try {
      while (!subscriber.closed && !signal.aborted && subscriber.roomLines > 0 && clock.monotonicMs() - startMs < maxStretchMs) {
        const shard = this.#shardBehind();
        if (shard === undefined) return;
        if (budget.hasRoom) await this.#step(readers, shard);
        else await clock.sleep(budgetPauseMs, signal);
      }
    } finally {
      await closeAll(readers);
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

  async #step(readers: ShardReaders, shard: number): Promise<void> {
    const { log, pump, budget, subscriber } = this.#options;
    const at = this.#pointOf(shard);
    const reader = await readerAt(log, readers, shard, at.sequence);
    const levelBefore = pump.nextSequence(shard);
    const [frame] = await reader.read(1);
    const missed = reader.newlyMissed();
    if (missed > 0) subscriber.miss(missed);
    // Nothing readable lies before the pump: numbers of rejected or trimmed frames.
    if (frame === undefined) return this.#moveTo(shard, { sequence: levelBefore, row: 0 });
    const level = pump.nextSequence(shard);
    // The pump has not come so far: it will hand this frame out itself.
    if (frame.sequence >= level) return this.#moveTo(shard, { sequence: level, row: 0 });
    if (frame.sequence > at.sequence) this.#moveTo(shard, { sequence: frame.sequence, row: 0 });
    budget.charge(() => this.#handOut(frame));
  }

  /** Hands out as many matching rows of the frame as the buffer has room for, and stands behind the last of them. */
  #handOut(frame: Frame): void {
    const { subscriber, matchers, decoder, log } = this.#options;
    const next: ShardPoint = { sequence: frame.sequence + 1, row: 0 };
    if (frame.kind !== frameKinds.logs || frame.rowCount === 0 || frame.tenant !== subscriber.request.tenant)
      return this.#moveTo(frame.shard, next);
    const lines = new FrameLines(frame, decoder, log.incarnation, this.#position);
    const fromRow = this.#pointOf(frame.shard).row;
    for (const row of matchers.match(lines.view)(this.#handle).rows()) {
      if (row < fromRow) continue;
      if (subscriber.roomLines <= 0) return this.#moveTo(frame.shard, { sequence: frame.sequence, row });
      subscriber.offer([lines.line(row)], 0);
    }
    this.#moveTo(frame.shard, next);
  }

  #moveTo(shard: number, point: ShardPoint): void {
    this.#position = new Map(this.#position).set(shard, point);
  }
}
