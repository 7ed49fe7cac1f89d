/**
 * The durable log port in memory: for simulations and for tests of consumers. A frame is durable in the microtask after its
 * append. What survives a restart is the `MemoryLogStorage` that is passed in.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type {
  DurableLog,
  Frame,
  FrameHeader,
  LogPosition,
  LogReader,
  LogWriter,
  RecoveryReport,
  ShardEnd,
  ShardStatus,
} from '../durable-log.ts';

interface StoredShard {
  frames: Frame[];
  rows: number;
  bytes: number;
  nextSequence: number;
}

/** Stands for the disk. */
export class MemoryLogStorage {
  readonly incarnation: number;
  readonly shards = new Map<number, StoredShard>();
  readonly positions = new Map<string, LogPosition>();

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }

  shard(shard: number): StoredShard {
    let stored = this.shards.get(shard);
    if (stored === undefined) {
      stored = { frames: [], rows: 0, bytes: 0, nextSequence: 0 };
      this.shards.set(shard, stored);
    }
    return stored;
  }
}

export interface MemoryLogOptions {
  readonly storage: MemoryLogStorage;
  readonly clock: Clock;
  readonly holders: readonly string[];
  /** Frames that every holder has passed are kept at least so long, counted from their receive time. */
  readonly keepAfterIndexMs: number;
}

export class MemoryLog implements DurableLog {
  readonly incarnation: number;
  readonly recovery: readonly RecoveryReport[] = [];
  readonly #options: MemoryLogOptions;
  readonly #waiters = new Set<() => void>();

  constructor(options: MemoryLogOptions) {
    this.#options = options;
    this.incarnation = options.storage.incarnation;
  }

  openWriter(shard: number): LogWriter {
    return new MemoryWriter(this.#options.storage, shard, (end) => this.advance(end));
  }

  shards(): readonly ShardStatus[] {
    return [...this.#options.storage.shards].map(([shard, stored]) => ({
      shard,
      first: stored.frames[0]?.sequence ?? stored.nextSequence,
      end: endOf(shard, stored),
      keptBytes: stored.frames.reduce((sum, { payload }) => sum + payload.length, 0),
      oldestReceivedMs: stored.frames[0]?.receivedMs,
    }));
  }

  advance(_end: ShardEnd): void {
    for (const wake of [...this.#waiters]) wake();
  }

  waitBeyond(position: LogPosition, signal: AbortSignal): Promise<void> {
    const done = (): boolean => signal.aborted || this.shards().some(({ shard, end }) => (position.get(shard) ?? 0) !== end.sequence);
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!done()) return;
        this.#waiters.delete(check);
        signal.removeEventListener('abort', check);
        resolve();
      };
      this.#waiters.add(check);
      signal.addEventListener('abort', check);
    });
  }

  openReader(shard: number, fromSequence: number): Promise<LogReader> {
    return Promise.resolve(new MemoryReader(this.#options.storage.shard(shard), shard, fromSequence));
  }

  positionAt(receivedMs: number): Promise<LogPosition> {
    const position = new Map<number, number>();
    for (const [shard, { frames, nextSequence }] of this.#options.storage.shards) {
      position.set(shard, frames.find((frame) => frame.receivedMs >= receivedMs)?.sequence ?? nextSequence);
    }
    return Promise.resolve(position);
  }

  commit(consumer: string, position: LogPosition): Promise<void> {
    this.#options.storage.positions.set(consumer, new Map(position));
    return Promise.resolve();
  }

  committed(consumer: string): LogPosition {
    return this.#options.storage.positions.get(consumer) ?? new Map();
  }

  trim(): Promise<number> {
    const { storage, holders, keepAfterIndexMs, clock } = this.#options;
    let freedBytes = 0;
    for (const [shard, stored] of storage.shards) {
      const held = Math.min(...holders.map((holder) => this.committed(holder).get(shard) ?? 0));
      const goes = (frame: Frame): boolean => frame.sequence < held && clock.nowMs() - frame.receivedMs >= keepAfterIndexMs;
      const kept = stored.frames.findIndex((frame) => !goes(frame));
      const gone = stored.frames.splice(0, kept < 0 ? stored.frames.length : kept);
      freedBytes += gone.reduce((sum, { payload }) => sum + payload.length, 0);
    }
    return Promise.resolve(freedBytes);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function endOf(shard: number, { nextSequence, rows, bytes }: StoredShard): ShardEnd {
  return { shard, sequence: nextSequence, rows, bytes };
}

class MemoryWriter implements LogWriter {
  readonly shard: number;
  readonly incarnation: number;
  nextSequence: number;
  readonly #stored: StoredShard;
  readonly #onCommitted: (end: ShardEnd) => void;
  #closed = false;

  constructor(storage: MemoryLogStorage, shard: number, onCommitted: (end: ShardEnd) => void) {
    this.shard = shard;
    this.incarnation = storage.incarnation;
    this.#stored = storage.shard(shard);
    this.nextSequence = this.#stored.nextSequence;
    this.#onCommitted = onCommitted;
  }

  async append(header: FrameHeader, payload: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) throw new AppError('shutting_down', 'the log is closing');
    const stored = this.#stored;
    const frame: Frame = { ...header, shard: this.shard, sequence: this.nextSequence, payload: Buffer.concat(payload) };
    this.nextSequence += 1;
    await Promise.resolve();
    stored.frames.push(frame);
    stored.nextSequence = frame.sequence + 1;
    stored.rows += frame.rowCount;
    stored.bytes += frame.payload.length;
    this.#onCommitted(endOf(this.shard, stored));
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}

class MemoryReader implements LogReader {
  readonly shard: number;
  nextSequence: number;
  skippedFrames = 0;
  readonly damagedFrames = 0;
  readonly lostRows = 0;
  readonly #stored: StoredShard;

  constructor(stored: StoredShard, shard: number, fromSequence: number) {
    this.shard = shard;
    this.#stored = stored;
    this.nextSequence = fromSequence;
    this.#skipTrimmed();
  }

  read(maxBytes: number): Promise<readonly Frame[]> {
    this.#skipTrimmed();
    const frames: Frame[] = [];
    let takenBytes = 0;
    for (const frame of this.#stored.frames) {
      if (frame.sequence < this.nextSequence) continue;
      if (frames.length > 0 && takenBytes + frame.payload.length > maxBytes) break;
      frames.push(frame);
      takenBytes += frame.payload.length;
    }
    this.nextSequence = (frames.at(-1)?.sequence ?? this.nextSequence - 1) + 1;
    return Promise.resolve(frames);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #skipTrimmed(): void {
    const first = this.#stored.frames[0]?.sequence ?? this.#stored.nextSequence;
    if (first <= this.nextSequence) return;
    this.skippedFrames += first - this.nextSequence;
    this.nextSequence = first;
  }
}
