/** Open readers of the log, at most one a shard, each where it was last needed. */
import type { DurableLog, LogReader } from '#log/durable-log.ts';

export type ShardReaders = Map<number, LogReader>;

/** The shard's reader at the sequence; one that stands elsewhere is replaced. */
export async function readerAt(log: DurableLog, readers: ShardReaders, shard: number, sequence: number): Promise<LogReader> {
  const open = readers.get(shard);
  if (open !== undefined && open.nextSequence === sequence) return open;
  readers.delete(shard);
  await open?.close();
  const reader = await log.openReader(shard, sequence);
  readers.set(shard, reader);
  return reader;
}

export async function closeAll(readers: ShardReaders): Promise<void> {
  const open = [...readers.values()];
  readers.clear();
  await Promise.allSettled(open.map((reader) => reader.close()));
}
