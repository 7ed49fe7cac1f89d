/**
 * Reads the log in the portions of ticks: of every shard, in the order of their numbers, the frames that were received until a
 * time, or those before a recorded position. The order is what makes a replay find what the first run found.
 */
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, LogReader } from '#log/durable-log.ts';

/** What is needed of a log to follow it. */
export type FollowedLog = Pick<DurableLog, 'incarnation' | 'shards' | 'openReader' | 'positionAt'>;

/** Gets each frame of lines; its payload is borrowed during the call. */
export type TakeFrame = (frame: Frame) => void;

/** A clock of the same machine, read a moment later. */
const maxAheadMs = 1000;

interface OpenShard {
  readonly reader: LogReader;
  /** Read and not yet taken. */
  frames: readonly Frame[];
  taken: number;
  /** Behind the last frame that was taken or passed over. */
  next: number;
  toldLost: number;
}

export class TickReader {
  /** Frames that were trimmed or damaged before they could be read. */
  missedFrames = 0;
  /** Rows that were taken. */
  rows = 0;
  readonly #log: FollowedLog;
  readonly #readBytes: number;
  readonly #open = new Map<number, OpenShard>();
  readonly #start: ReadonlyMap<number, number>;

  constructor(log: FollowedLog, readBytes: number, start: ReadonlyMap<number, number>) {
    this.#log = log;
    this.#readBytes = readBytes;
    this.#start = start;
  }

  /** Next sequence of every shard; what is read ahead does not count. */
  get position(): Map<number, number> {
    const position = new Map(this.#start);
    for (const [shard, { next }] of this.#open) position.set(shard, next);
    return position;
  }

  /**
   * Takes what was received until the time and is durable now; nothing at or beyond `before`. What is said to be received
   * after `nowMs` is taken too: the clock was ahead when it came, and what follows it in its shard must not wait for that time.
   */
  async takeUntil(
    receivedMs: number,
    take: TakeFrame,
    before?: ReadonlyMap<number, number>,
    nowMs = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const isDue = (frame: Frame): boolean => frame.receivedMs <= receivedMs || frame.receivedMs > nowMs + maxAheadMs;
    for (const { shard, end } of this.#log.shards()) {
      const limit = before === undefined ? end.sequence : Math.min(end.sequence, before.get(shard) ?? 0);
      await this.#take(shard, limit, isDue, take);
    }
  }

  /** Takes exactly what lies before the position, as a recorded tick did. */
  async takeBefore(position: Readonly<Record<number, number>>, take: TakeFrame): Promise<void> {
    const shards = Object.keys(position)
      .map(Number)
      .sort((a, b) => a - b);
    for (const shard of shards) await this.#take(shard, position[shard], () => true, take);
  }

  /** Receive time of the earliest frame that is not taken; undefined where all is. */
  async nextReceivedMs(): Promise<number | undefined> {
    let earliest: number | undefined;
    for (const { shard, end } of this.#log.shards()) {
      const frame = await this.#peek(await this.#shard(shard), end.sequence);
      if (frame !== undefined && (earliest === undefined || frame.receivedMs < earliest)) earliest = frame.receivedMs;
    }
    return earliest;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(({ reader }) => reader.close()));
  }

  async #take(shard: number, end: number, isDue: (frame: Frame) => boolean, take: TakeFrame): Promise<void> {
    if ((this.#open.get(shard)?.next ?? this.#start.get(shard) ?? 0) >= end) return;
    const open = await this.#shard(shard);
    for (;;) {
      const frame = await this.#peek(open, end);
      if (frame === undefined || !isDue(frame)) return;
      open.taken += 1;
      open.next = frame.sequence + 1;
      if (frame.kind !== frameKinds.logs || frame.rowCount === 0) continue;
      this.rows += frame.rowCount;
      take(frame);
    }
  }

  /** The next frame before the end; reads on where nothing is held. */
  async #peek(open: OpenShard, end: number): Promise<Frame | undefined> {
    while (open.taken >= open.frames.length) {
      if (open.next >= end) return undefined;
      open.frames = await open.reader.read(this.#readBytes);
      open.taken = 0;
      this.#countLost(open);
      if (open.frames.length > 0) break;
      // Numbers that hold no frame: given up, or trimmed.
      const passed = open.reader.nextSequence;
      if (passed <= open.next) return undefined;
      open.next = passed;
    }
    const frame = open.frames[open.taken];
    return frame.sequence < end ? frame : undefined;
  }

  #countLost(open: OpenShard): void {
    const lost = open.reader.skippedFrames + open.reader.damagedFrames;
    this.missedFrames += lost - open.toldLost;
    open.toldLost = lost;
  }

  async #shard(shard: number): Promise<OpenShard> {
    let open = this.#open.get(shard);
    if (open === undefined) {
      const next = this.#start.get(shard) ?? 0;
      open = { reader: await this.#log.openReader(shard, next), frames: [], taken: 0, next, toldLost: 0 };
      this.#countLost(open);
      this.#open.set(shard, open);
    }
    return open;
  }
}
