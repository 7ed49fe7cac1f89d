/**
 * The segment files of one shard as the main thread sees them: their order, and up to which sequence each counts.
 *
 * Invariants: sorted by first sequence; a segment's limit is the lowest `previousEnd` of all later ones (the void rule of
 * docs/specs/wal-format.md). The newest one known may be the writer's active segment, which has no limit here. Of several with
 * the same first sequence those without frames are left out: they are attempts that failed or a start without an append.
 */
import { AppError } from '#base/errors.ts';
import type { Files } from '#platform/files.ts';
import { decodeFrameHeader, maxFrameHeaderBytes } from './frame-codec.ts';
import type { FrameSeal } from './frame-codec.ts';
import { decodeSegmentHeader, parseSegmentName, segmentHeaderRegion } from './segment-header.ts';
import type { SegmentHeader } from './segment-header.ts';

export interface Segment {
  readonly path: string;
  readonly firstSequence: number;
  readonly seal: FrameSeal;
  /** Undefined where both copies are damaged; the name then has to do. */
  readonly header: SegmentHeader | undefined;
  /** Frames of earlier segments at or beyond it are void: the lowest that its header, or a twin's, says. */
  previousEnd: number;
  /** False when there was nothing behind the header when it was read. */
  readonly hasFrames: boolean;
  /** Receive time of its first frame; undefined while unknown. */
  readonly firstReceivedMs: number | undefined;
  /** Monotonic time since which every holder is past it; undefined while one is not. */
  passedAtMs: number | undefined;
}

export interface ShardPlace {
  readonly directory: string;
  readonly shard: number;
  readonly incarnation: number;
}

export class ShardSegments {
  readonly place: ShardPlace;
  readonly #files: Files;
  readonly #origin: number;
  #segments: Segment[] = [];
  #limits: number[] = [];
  /** Limit of the segment that was the newest when the log was opened. */
  #recoveredLimit: { readonly path: string; readonly limit: number } | undefined;
  /** Twins without frames; they must go before their twin does, or they would stand in its place. */
  #leftOut: Segment[] = [];
  #working: Promise<void> = Promise.resolve();

  constructor(files: Files, place: ShardPlace, origin: number) {
    this.#files = files;
    this.place = place;
    this.#origin = origin;
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  /** Frames of the segment at or beyond this sequence do not count; infinite for the newest. */
  limitOf(segment: Segment): number {
    return this.#limits[this.#segments.indexOf(segment)] ?? segment.firstSequence;
  }

  after(segment: Segment): Segment | undefined {
    const index = this.#segments.indexOf(segment);
    return index < 0 ? undefined : this.#segments[index + 1];
  }

  /** The segment in which frames from the sequence on are to be looked for. */
  holding(sequence: number): Segment | undefined {
    return this.#segments.find((_, index) => this.#limits[index] > sequence);
  }

  /** The newest segment gets no more frames: its writer is gone. */
  endNewestAt(limit: number): void {
    const newest = this.#segments.at(-1);
    if (newest !== undefined) this.#recoveredLimit = { path: newest.path, limit };
    this.#set(this.#segments);
  }

  /** Reads the directory again; segments that begin beyond `newest` are not yet durable and are left out. */
  refresh(newest: number): Promise<void> {
    return this.#inTurn(() => this.#refresh(newest));
  }

  /** Deletes the files of attempts without frames, unless their headers are needed; only while no writer is open. */
  async removeLeftOut(): Promise<void> {
    for (const { path, firstSequence } of this.#leftOut.splice(0)) {
      const twin = this.#segments.find((segment) => segment.firstSequence === firstSequence);
      if (twin?.header !== undefined) await this.#files.remove(path);
    }
  }

  /** Deletes the segment's file, and only then forgets it: one that stays must not be passed over, or it would leave a hole. */
  remove(segment: Segment): Promise<void> {
    return this.#inTurn(async () => {
      for (const { path, firstSequence } of this.#leftOut) if (firstSequence === segment.firstSequence) await this.#files.remove(path);
      await this.#files.remove(segment.path);
      this.#set(this.#segments.filter((other) => other !== segment));
    });
  }

  /** One look or deletion at a time: a look that began before a deletion must not bring the segment back. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(work, work);
    return this.#working;
  }

  async #refresh(newest: number): Promise<void> {
    const { directory } = this.place;
    const known = new Map(this.#segments.map((segment) => [segment.path, segment]));
    const found: Segment[] = [];
    if (await this.#files.exists(directory)) {
      for (const name of await this.#files.list(directory)) {
        const parts = parseSegmentName(name);
        if (parts === undefined || parts.firstSequence > newest) continue;
        const path = `${directory}/${name}`;
        const cached = known.get(path);
        const segment = cached?.hasFrames ? cached : await this.#load(path, parts);
        if (segment !== undefined) found.push(segment);
      }
    }
    found.sort((a, b) => a.firstSequence - b.firstSequence || (a.path < b.path ? -1 : 1));
    const kept = withoutEmptyTwins(found);
    this.#leftOut = found.filter((segment) => !kept.includes(segment));
    this.#set(kept);
  }

  #set(segments: Segment[]): void {
    this.#segments = segments;
    this.#limits = new Array(segments.length).fill(Number.POSITIVE_INFINITY);
    let limit = Number.POSITIVE_INFINITY;
    let twinsLimit = limit;
    for (let index = segments.length - 1; index >= 0; index -= 1) {
      const { path, firstSequence, previousEnd } = segments[index];
      if (firstSequence !== segments[index + 1]?.firstSequence) twinsLimit = limit;
      this.#limits[index] = path === this.#recoveredLimit?.path ? Math.min(twinsLimit, this.#recoveredLimit.limit) : twinsLimit;
      limit = Math.min(limit, previousEnd);
    }
  }

  async #load(path: string, name: { firstSequence: number; marker: number }): Promise<Segment | undefined> {
    const file = await this.#files.open(path, 'read').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return undefined;
    try {
      const bytes = Buffer.alloc(segmentHeaderRegion + maxFrameHeaderBytes);
      const count = await file.read(bytes, 0);
      const header = decodeSegmentHeader(bytes.subarray(0, Math.min(count, segmentHeaderRegion)), path);
      if (header !== undefined) this.#mustBelongHere(header, path);
      const seal = { marker: header?.marker ?? name.marker, origin: this.#origin };
      const first = count > segmentHeaderRegion ? decodeFrameHeader(bytes, segmentHeaderRegion, count, seal) : undefined;
      return {
        path,
        seal,
        header,
        previousEnd: header?.previousEnd ?? name.firstSequence,
        firstSequence: header?.firstSequence ?? name.firstSequence,
        hasFrames: count > segmentHeaderRegion,
        firstReceivedMs: first?.receivedMs,
        passedAtMs: undefined,
      };
    } finally {
      await file.close();
    }
  }

  #mustBelongHere(header: SegmentHeader, path: string): void {
    const { incarnation, shard } = this.place;
    if (header.incarnation === incarnation && header.shard === shard) return;
    throw new AppError(
      'log_unavailable',
      `"${path}" belongs to incarnation ${header.incarnation}, shard ${header.shard} of a log, and lies in incarnation ${incarnation}, shard ${shard}; ` +
        'move the file out of the log directory, or restore the directory whole; nothing was changed',
      { details: { path } },
    );
  }
}

function withoutEmptyTwins(segments: readonly Segment[]): Segment[] {
  const kept: Segment[] = [];
  for (const segment of segments) {
    const twin = kept.at(-1);
    if (twin?.firstSequence !== segment.firstSequence) {
      kept.push(segment);
      continue;
    }
    const previousEnd = Math.min(twin.previousEnd, segment.previousEnd);
    twin.previousEnd = previousEnd;
    segment.previousEnd = previousEnd;
    if (!twin.hasFrames) kept[kept.length - 1] = segment;
    else if (segment.hasFrames) kept.push(segment);
  }
  return kept;
}
