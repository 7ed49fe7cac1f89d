/** Counting what became of every record: the arithmetic of the ledger (architecture.md, part 1). */
import type { OutcomeCounts } from './durable-log.ts';

export type Outcome = keyof OutcomeCounts;

/** In the order in which documents and metrics list them. */
export const outcomeNames = ['accepted', 'sampled', 'dropped', 'duplicate', 'quarantined', 'refused'] as const satisfies readonly Outcome[];

export type MutableOutcomeCounts = { -readonly [K in Outcome]: number };

export function zeroOutcomes(): MutableOutcomeCounts {
  return { accepted: 0, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
}

export function addOutcomes(total: MutableOutcomeCounts, counts: OutcomeCounts): void {
  for (const name of outcomeNames) total[name] += counts[name];
}

/** All records of the batch, whatever became of them. */
export function receivedCount(counts: OutcomeCounts): number {
  let sum = 0;
  for (const name of outcomeNames) sum += counts[name];
  return sum;
}
