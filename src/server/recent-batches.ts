/** What the gateway is told of the end of the log before it begins. */
import type { WalLog } from '#log/wal.ts';
import type { Config } from './config.ts';
import type { RecentBatch } from './gateway.ts';

/** How far back the log is read for batch ids at the start, from its newest frame. */
const recentBatchesMs = 60_000;
const readBytes = 4 * 2 ** 20;

/**
 * Ids of the batches that came last: their senders may not have had an answer when the process ended. Bounded in time, for
 * all of the log in between is read.
 */
export async function recentBatches(log: WalLog, { batch_window: windowMs }: Config['policies']): Promise<RecentBatch[]> {
  const found: RecentBatch[] = [];
  const newestMs = await newestReceivedMs(log);
  const from = await log.positionAt(newestMs - Math.min(windowMs, recentBatchesMs));
  for (const [shard, sequence] of from) {
    const reader = await log.openReader(shard, sequence);
    for (let frames = await reader.read(readBytes); frames.length > 0; frames = await reader.read(readBytes)) {
      for (const { tenant, batchId, receivedMs } of frames) if (batchId !== undefined) found.push({ tenant, id: batchId, receivedMs });
    }
    await reader.close();
  }
  return found;
}

/** Receive time of the newest frame, 0 in an empty log: receive times go on rising even where the clock was set back. */
export async function newestReceivedMs(log: WalLog): Promise<number> {
  let newestMs = 0;
  for (const { shard, end } of log.shards()) {
    const reader = await log.openReader(shard, Math.max(0, end.sequence - 1));
    for (const { receivedMs } of await reader.read(1)) newestMs = Math.max(newestMs, receivedMs);
    await reader.close();
  }
  return newestMs;
}
