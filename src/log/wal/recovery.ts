/**
 * Brings one shard into a state that a reader can trust, before any writer opens: docs/specs/wal-format.md, "Recovery".
 */
import type { Files } from '#platform/files.ts';
import type { RecoveryReport } from '../durable-log.ts';
import { frameHeaderBytes } from './frame-codec.ts';
import { maxSequence } from '#base/ids.ts';
import { segmentHeaderRegion } from './segment-header.ts';
import { createScanWindow, SegmentScanner } from './segment-scanner.ts';
import type { ScannedFrame, ScanWindow } from './segment-scanner.ts';
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
  const foundAny = segments.all.length > 0;
  await segments.removeLeftOut();
  let tornBytes = await removeUnfinished(files, segments, window);
  let damagedFrames = 0;
  let lostRows = 0;
  let end: SegmentEnd = { durableEnd: 0, rows: 0, offset: segmentHeaderRegion, groupOffset: 0 };
  let rows: number | undefined;
  const newest = segments.all.at(-1);
  for (const segment of segments.all) {
    if (segment !== newest && segments.limitOf(segment) <= verifyFrom) continue;
    const scan = await scanSegment(files, segments, segment, window, rows);
    rows = scan.end.rows;
    damagedFrames += scan.damagedFrames;
    lostRows += scan.lostRows;
    tornBytes += scan.unprovenBytes;
    if (segment === newest) end = scan.end;
  }
  const cutBytes = newest === undefined ? 0 : await settle(files, newest, end, window);
  if (foundAny) await files.syncDirectory(segments.place.directory);
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
    await segments.remove(newest);
  }
  return removedBytes;
}

interface SegmentEnd {
  readonly durableEnd: number;
  readonly rows: number;
  /** Behind the last whole frame. */
  readonly offset: number;
  /** Where the last commit group begins: what stands before was synced. */
  readonly groupOffset: number;
}

interface SegmentScan {
  damagedFrames: number;
  lostRows: number;
  /** Damage in the last commit group, which cannot be told from a torn write. */
  unprovenBytes: number;
  end: SegmentEnd;
}

interface Gap {
  readonly before: number;
  readonly frames: number;
  readonly rows: number;
  readonly bytes: number;
}

async function scanSegment(
  files: Files,
  segments: ShardSegments,
  segment: Segment,
  window: ScanWindow,
  rowsSoFar: number | undefined,
): Promise<SegmentScan> {
  const limit = segments.limitOf(segment);
  const successor = segments.after(segment);
  const { header } = segment;
  const rowsBefore = header?.rowsBefore ?? rowsSoFar;
  let end: SegmentEnd = {
    durableEnd: header?.previousEnd ?? segment.firstSequence,
    rows: rowsBefore ?? 0,
    offset: segmentHeaderRegion,
    groupOffset: 0,
  };
  let expected = segment.firstSequence;
  let groupBegin = expected;
  const scan: SegmentScan = { damagedFrames: 0, lostRows: 0, unprovenBytes: 0, end };
  let unproven: Gap | undefined;
  const prove = (gap: Gap): void => {
    scan.damagedFrames += gap.frames;
    scan.lostRows += gap.rows;
    unproven = undefined;
  };
  const take = (frame: ScannedFrame): void => {
    const acknowledgedBelow = frame.sequence - frame.groupIndex;
    if (unproven !== undefined && acknowledgedBelow >= unproven.before) prove(unproven);
    if (frame.sequence > expected) {
      const rowsKnown = rowsBefore !== undefined || expected > segment.firstSequence;
      unproven = {
        before: frame.sequence,
        frames: (unproven?.frames ?? 0) + frame.sequence - expected,
        rows: (unproven?.rows ?? 0) + (rowsKnown ? Math.max(0, frame.rowsBefore - end.rows) : 0),
        bytes: (unproven?.bytes ?? 0) + frame.offset - end.offset,
      };
      if (successor !== undefined || acknowledgedBelow > expected) prove(unproven);
    }
    expected = frame.sequence + 1;
    const beginsGroup = acknowledgedBelow > groupBegin && end.offset > segmentHeaderRegion;
    groupBegin = Math.max(groupBegin, acknowledgedBelow);
    end = {
      durableEnd: expected,
      rows: frame.rowsBefore + frame.rowCount,
      offset: frame.offset + frame.length,
      groupOffset: beginsGroup ? end.offset : end.groupOffset,
    };
  };
  const file = await files.open(segment.path, 'read');
  try {
    const scanner = new SegmentScanner(file, window, { seal: segment.seal, sequence: segment.firstSequence });
    for (;;) {
      const frames = await scanner.read(Math.min(limit, maxSequence + 1), readAtOnceBytes);
      if (frames.length === 0) break;
      for (const frame of frames) take(frame);
    }
  } finally {
    await file.close();
  }
  if (unproven !== undefined) scan.unprovenBytes = (unproven as Gap).bytes;
  if (limit !== Number.POSITIVE_INFINITY && limit > expected) {
    scan.damagedFrames += limit - expected;
    scan.lostRows += Math.max(0, (successor?.header?.rowsBefore ?? end.rows) - end.rows);
  }
  scan.end = end;
  return scan;
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
