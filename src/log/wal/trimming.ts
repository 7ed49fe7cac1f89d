/**
 * Which segments may go: docs/specs/durable-log.md, "Consumers and trimming". Decides; deletes nothing itself.
 */
import type { LogConfig } from '../config.ts';
import type { Segment } from './shard-segments.ts';
import type { WalShard } from './wal-shard.ts';

export interface TrimChoice {
  readonly shard: WalShard;
  readonly segment: Segment;
}

/** Marks the segments that every holder has passed with the time since when. */
export function markPassed(shard: WalShard, heldFrom: number, nowMs: number): void {
  for (const segment of shard.segments.all) {
    const passed = shard.segments.limitOf(segment) <= heldFrom;
    if (!passed) segment.passedAtMs = undefined;
    else segment.passedAtMs ??= nowMs;
  }
}

/** Bytes of a shard that may not be trimmed, in whole segments; nothing when the holders have passed its end. */
export function heldBytesOf(shard: WalShard, heldFrom: number): number {
  if (heldFrom >= shard.end.sequence) return 0;
  return shard.bytesFrom(shard.segments.holding(heldFrom) ?? shard.segments.all.at(-1));
}

/** The disk is nearly full from here on: a little before batches are refused, so that they need not be. */
export const isShortOfSpace = (freeBytes: number, { min_free_bytes: minFreeBytes }: LogConfig): boolean => freeBytes < 1.25 * minFreeBytes;

/**
 * The next segment to remove: the oldest one that has been passed for long enough or, when the log is over its size or the
 * disk nearly full, the oldest one that has been passed at all. A shard's newest segment stays: it says where the shard ends.
 */
export function nextToTrim(shards: Iterable<WalShard>, config: LogConfig, nowMs: number, freeBytes: number): TrimChoice | undefined {
  let keptBytes = 0;
  let oldest: TrimChoice | undefined;
  for (const shard of shards) {
    keptBytes += shard.keptBytes;
    const [segment] = shard.segments.all;
    if (segment === undefined || segment.passedAtMs === undefined || shard.segments.after(segment) === undefined) continue;
    if (nowMs - segment.passedAtMs >= config.keep_after_index) return { shard, segment };
    if (oldest === undefined || ageOf(segment) < ageOf(oldest.segment)) oldest = { shard, segment };
  }
  return keptBytes > config.max_bytes || isShortOfSpace(freeBytes, config) ? oldest : undefined;
}

/** When the segment began, wall clock. */
function ageOf(segment: Segment): number {
  return segment.header?.createdMs ?? segment.firstReceivedMs ?? 0;
}
