/**
 * Head sampling: which lines of a share are kept.
 *
 * Decided by a hash of the trace id where there is one, so that a trace is kept whole on every gateway and after a
 * restart; else by chance.
 */
import type { TextColumn } from '#model/batch-view.ts';

/** FNV-1a of the bytes, mixed at the end: the share of ids below a bound is the bound. Fixed for ever: other gateways use it too. */
export function traceHash({ bytes, starts, ends }: TextColumn, row: number): number {
  let hash = 0x811c9dc5;
  for (let at = starts[row]; at < ends[row]; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether the row is in the share `rate`. `random` is below 1. */
export function isInSample(traceIds: TextColumn, row: number, rate: number, random: () => number): boolean {
  const hasTrace = traceIds.ends[row] > traceIds.starts[row];
  return hasTrace ? traceHash(traceIds, row) < rate * 4_294_967_296 : random() < rate;
}
