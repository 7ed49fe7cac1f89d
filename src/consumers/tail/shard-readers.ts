/** Open readers of the log, at most one a shard, each where it was last needed. */
import type { DurableLog, Frame, LogReader } from '#log/durable-log.ts';

/** A reader, and how many frames it has newly found trimmed away. */
export class CountingReader {
  readonly #reader: LogReader;
  #toldFrames = 0;

  constructor(reader: LogReader) {
    this.#reader = reader;
  }

  get nextSequence(): number {
    return this.#reader.nextSequence;
  }

  read(maxBytes: number): Promise<readonly Frame[]> {
    return this.#reader.read(maxBytes);
  }

  /** Frames lost to this reader, trimmed or damaged, since it was last asked. */
  newlyMissed(): number {
    const lost = this.#reader.skippedFrames + this.#reader.damagedFrames;
    const newly = lost - this.#toldFrames;
    this.#toldFrames = lost;
    return newly;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

export type ShardReaders = Map<number, CountingReader>;

/** The shard's reader at the sequence; one that stands elsewhere is replaced. */
export async function readerAt(log: DurableLog, readers: ShardReaders, shard: number, sequence: number): Promise<CountingReader> {
  const open = readers.get(shard);
  if (open !== undefined && open.nextSequence === sequence) return open;
  readers.delete(shard);
  await open?.close();
  const reader = new CountingReader(await log.openReader(shard, sequence));
  readers.set(shard, reader);
  return reader;
}

export async function closeAll(readers: ShardReaders): Promise<void> {
  const open = [...readers.values()];
  readers.clear();
  await Promise.allSettled(open.map((reader) => reader.close()));
}
