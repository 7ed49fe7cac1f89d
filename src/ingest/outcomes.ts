/** What senders are told of the outcomes of their records (api.md). */
import type { OutcomeCounts } from '#log/durable-log.ts';
import { receivedCount } from '#log/outcomes.ts';

/** What the sender is told as failed: quarantined and refused. */
export function failedCount(counts: OutcomeCounts): number {
  return counts.quarantined + counts.refused;
}

/** What the sender is told as taken: the rest, also what was sampled out or recognised as a duplicate. */
export function takenCount(counts: OutcomeCounts): number {
  return receivedCount(counts) - failedCount(counts);
}
