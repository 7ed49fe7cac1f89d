/** Finds a place in a shard by time. */
import type { LogReader } from '../durable-log.ts';
import type { WalShard } from './wal-shard.ts';

const seekBytes = 2 ** 20;

/** Sequence of the first frame received at or after the time: from the last segment that may begin before it, read on. */
export async function sequenceAt(
  shard: WalShard,
  receivedMs: number,
  openReader: (fromSequence: number) => Promise<LogReader>,
): Promise<number> {
  await shard.list();
  const { all } = shard.segments;
  const later = all.findIndex(({ firstReceivedMs }) => firstReceivedMs !== undefined && firstReceivedMs >= receivedMs);
  const from = all[later < 0 ? all.length - 1 : Math.max(0, later - 1)];
  const reader = await openReader(from?.firstSequence ?? 0);
  try {
    for (;;) {
      const frames = await reader.read(seekBytes);
      const found = frames.find((frame) => frame.receivedMs >= receivedMs);
      if (found !== undefined) return found.sequence;
      if (frames.length === 0) return reader.nextSequence;
    }
  } finally {
    await reader.close();
  }
}
