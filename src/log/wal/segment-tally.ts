/**
 * Counts, frame by frame, what recovery finds in a segment: where it ends, and what is missing in it. Pure.
 *
 * A missing frame is damage only if it is proven that it was acknowledged: by a frame of a later commit group, or by a later
 * segment. In the last group it may as well be a torn write.
 */
import type { RecoveryReport } from '../durable-log.ts';
import { segmentHeaderRegion } from './segment-header.ts';
import type { ScannedFrame } from './segment-scanner.ts';
import type { Segment } from './shard-segments.ts';

export interface SegmentEnd {
  readonly durableEnd: number;
  readonly rows: number;
  /** Behind the last whole frame. */
  readonly offset: number;
  /** Where the last commit group begins: what stands before was synced. */
  readonly groupOffset: number;
}

interface Gap {
  readonly before: number;
  readonly frames: number;
  readonly rows: number;
  readonly bytes: number;
}

export class SegmentTally {
  end: SegmentEnd;
  readonly #segment: Segment;
  readonly #hasSuccessor: boolean;
  readonly #rowsBefore: number | undefined;
  #expected: number;
  #groupBegin: number;
  #unproven: Gap | undefined;
  #damagedFrames = 0;
  #lostRows = 0;

  /** `rowsSoFar` serves where the segment's header is damaged. */
  constructor(segment: Segment, hasSuccessor: boolean, rowsSoFar: number | undefined) {
    const { header, firstSequence, previousEnd } = segment;
    this.#segment = segment;
    this.#hasSuccessor = hasSuccessor;
    this.#rowsBefore = header?.rowsBefore ?? rowsSoFar;
    this.#expected = firstSequence;
    this.#groupBegin = firstSequence;
    this.end = {
      durableEnd: previousEnd,
      rows: this.#rowsBefore ?? 0,
      offset: segmentHeaderRegion,
      groupOffset: 0,
    };
  }

  /** The next whole frame. */
  take(frame: ScannedFrame): void {
    const acknowledgedBelow = frame.sequence - frame.groupIndex;
    if (this.#unproven !== undefined && acknowledgedBelow >= this.#unproven.before) this.#prove(this.#unproven);
    if (frame.sequence > this.#expected) this.#takeGap(frame, acknowledgedBelow);
    this.#expected = frame.sequence + 1;
    const beginsGroup = acknowledgedBelow > this.#groupBegin && this.end.offset > segmentHeaderRegion;
    this.#groupBegin = Math.max(this.#groupBegin, acknowledgedBelow);
    this.end = {
      durableEnd: this.#expected,
      rows: frame.rowsBefore + frame.rowCount,
      offset: frame.offset + frame.length,
      groupOffset: beginsGroup ? this.end.offset : this.end.groupOffset,
    };
  }

  /** What is missing, where the frames below the limit should have been there. */
  finish(limit: number, successorRowsBefore: number | undefined): Omit<RecoveryReport, 'shard'> {
    if (limit !== Number.POSITIVE_INFINITY && limit > this.#expected) {
      this.#damagedFrames += limit - this.#expected;
      this.#lostRows += Math.max(0, (successorRowsBefore ?? this.end.rows) - this.end.rows);
    }
    return { tornBytes: this.#unproven?.bytes ?? 0, damagedFrames: this.#damagedFrames, lostRows: this.#lostRows };
  }

  #takeGap(frame: ScannedFrame, acknowledgedBelow: number): void {
    const rowsKnown = this.#rowsBefore !== undefined || this.#expected > this.#segment.firstSequence;
    const gap = {
      before: frame.sequence,
      frames: (this.#unproven?.frames ?? 0) + frame.sequence - this.#expected,
      rows: (this.#unproven?.rows ?? 0) + (rowsKnown ? Math.max(0, frame.rowsBefore - this.end.rows) : 0),
      bytes: (this.#unproven?.bytes ?? 0) + frame.offset - this.end.offset,
    };
    if (this.#hasSuccessor || acknowledgedBelow > this.#expected) this.#prove(gap);
    else this.#unproven = gap;
  }

  #prove(gap: Gap): void {
    this.#damagedFrames += gap.frames;
    this.#lostRows += gap.rows;
    this.#unproven = undefined;
  }
}
