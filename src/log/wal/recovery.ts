/**
 * Brings one shard into a state that a reader can trust, before any writer opens: docs/specs/wal-format.md, "Recovery".
 */
import type { Files } from '#platform/files.ts';
import type { RecoveryReport } from '../durable-log.ts';
import { frameHeaderBytes } from './frame-codec.ts';
import { maxSequence } from '#base/ids.ts';
import { segmentHeaderRegion } from './segment-header.ts';
import { createScanWindow, SegmentScanner } from './segment-scanner.ts';
import type { ScanWindow } from './segment-scanner.ts';
import { SegmentTally } from './segment-tally.ts';
import type { SegmentEnd } from './segment-tally.ts';
import type { Segment, ShardSegments } from './shard-segments.ts';

/** What a writer needs to go on in a shard; plain data, so that it can be posted to a worker thread. */
export interface WriterStart {
  /** Sequence of its first frame. */
  readonly sequence: number;
  /** Sequence behind the last frame in the shard; the numbers in between are a gap. */
  readonly durableEnd: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface RecoveredShard {
  readonly start: WriterStart;
  /**
   * Where the shard ends for its consumers. It may lie before the writer's first sequence: numbers that only a cut tail used
   * up are forgotten by the next recovery, and a consumer that had committed beyond them would miss the frames that get them then.
   */
  readonly end: number;
  readonly report: RecoveryReport;
}

export interface RecoveryInput {
  readonly files: Files;
  /** Freshly read. */
  readonly segments: ShardSegments;
  /** Frames from here on are verified. */
  readonly verifyFrom: number;
  /** No sequence below this one may be used again. */
  readonly floor: number;
  readonly bufferBytes: number;
}

const readAtOnceBytes = 2 ** 24;

/** Cuts, verifies and syncs; rejects when the disk fails. */
export async function recoverShard({ files, segments, verifyFrom, floor, bufferBytes }: RecoveryInput): Promise<RecoveredShard> {
  const window = createScanWindow(bufferBytes);
  let tornBytes = await removeUnfinished(files, segments, window);
  await segments.removeLeftOut();
  let damagedFrames = 0;
  let lostRows = 0;
  let end: SegmentEnd = { durableEnd: 0, rows: 0, offset: segmentHeaderRegion, groupOffset: 0 };
  let rows: number | undefined;
  const newest = segments.all.at(-1);
  for (const segment of segments.all) {
    if (segment !== newest && segments.limitOf(segment) <= verifyFrom) continue;
    const tally = await tallySegment(files, segments, segment, window, rows);
    rows = tally.end.rows;
    const found = tally.finish(segments.limitOf(segment), segments.after(segment)?.header?.rowsBefore);
    damagedFrames += found.damagedFrames;
    lostRows += found.lostRows;
    tornBytes += found.tornBytes;
    if (segment === newest) end = tally.end;
  }
  const cutBytes = newest === undefined ? 0 : await settle(files, newest, end, window);
  // What was removed, now or by the last process, must not come back either.
  if (await files.exists(segments.place.directory)) await files.syncDirectory(segments.place.directory);
  segments.endNewestAt(end.durableEnd);
  // Frames in the bytes that were cut may have used up sequences: at most so many.
  const afterCut = end.durableEnd + Math.ceil(cutBytes / frameHeaderBytes);
  return {
    start: {
      sequence: Math.max(afterCut, newest?.firstSequence ?? 0, floor),
      durableEnd: end.durableEnd,
      rows: end.rows,
      bytes: (newest?.header?.bytesBefore ?? 0) + end.offset - segmentHeaderRegion,
    },
    end: Math.max(end.durableEnd, newest?.firstSequence ?? 0, floor),
    report: { shard: segments.place.shard, tornBytes: tornBytes + cutBytes, damagedFrames, lostRows },
  };
}

/** Removes newest segments that hold neither a header nor a frame: their writer never acknowledged anything in them. */
async function removeUnfinished(files: Files, segments: ShardSegments, window: ScanWindow): Promise<number> {
  let removedBytes = 0;
  for (let newest = segments.all.at(-1); newest !== undefined && newest.header === undefined; newest = segments.all.at(-1)) {
    const file = await files.open(newest.path, 'read');
    try {
      const frames = await new SegmentScanner(file, window, { seal: newest.seal, sequence: newest.firstSequence }).read(maxSequence + 1, 1);
      if (frames.length > 0) break;
      removedBytes += await file.size();
    } finally {
      await file.close();
    }
    await files.remove(newest.path);
    // An attempt before it with the same first sequence takes its place: its header may void frames.
    await segments.refresh(Number.POSITIVE_INFINITY);
  }
  return removedBytes;
}

async function tallySegment(
  files: Files,
  segments: ShardSegments,
  segment: Segment,
  window: ScanWindow,
  rowsSoFar: number | undefined,
): Promise<SegmentTally> {
  const tally = new SegmentTally(segment, segments.after(segment) !== undefined, rowsSoFar);
  const limit = Math.min(segments.limitOf(segment), maxSequence + 1);
  const file = await files.open(segment.path, 'read');
  try {
    const scanner = new SegmentScanner(file, window, { seal: segment.seal, sequence: segment.firstSequence });
    for (let frames = await scanner.read(limit, readAtOnceBytes); frames.length > 0; frames = await scanner.read(limit, readAtOnceBytes)) {
      for (const frame of frames) tally.take(frame);
    }
  } finally {
    await file.close();
  }
  return tally;
}

/**
 * Cuts the file behind its last whole frame, and makes durable what stays. The last group is written again in place: if its sync
 * failed just before the process died, the page cache may show it as clean although the disk does not have it.
 */
async function settle(files: Files, segment: Segment, { offset, groupOffset }: SegmentEnd, window: ScanWindow): Promise<number> {
  const file = await files.open(segment.path, 'write');
  try {
    const cutBytes = Math.max(0, (await file.size()) - offset);
    if (cutBytes > 0) await file.truncate(offset);
    for (let at = groupOffset; at < offset; ) {
      const count = await file.read(window.bytes.subarray(0, Math.min(window.bytes.length, offset - at)), at);
      if (count === 0) break;
      await file.writev([window.bytes.subarray(0, count)], at);
      at += count;
    }
    await file.datasync();
    return cutBytes;
  } finally {
    await file.close();
  }
}
