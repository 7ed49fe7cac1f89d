/**
 * One shard as the main thread knows it: its durable end, its files, and the readers that are open on it.
 */
import type { ShardEnd, ShardStatus } from '../durable-log.ts';
import type { Segment, ShardSegments } from './shard-segments.ts';

/** An open reader, as the shard knows it. */
export interface ShardReader {
  /** Closes a file that was trimmed, so that its space is free. */
  releaseTrimmed(): void;
}

export class WalShard {
  readonly segments: ShardSegments;
  readonly readers = new Set<ShardReader>();
  #end: ShardEnd;
  /** What the end said when the files were last listed. */
  #listedAt: ShardEnd | undefined;

  constructor(segments: ShardSegments, end: ShardEnd) {
    this.segments = segments;
    this.#end = end;
  }

  get end(): ShardEnd {
    return this.#end;
  }

  /** True when the end moved. An end that was overtaken by a later one is ignored. */
  advance(end: ShardEnd): boolean {
    if (end.sequence <= this.#end.sequence) return false;
    this.#end = end;
    return true;
  }

  /** The files are known up to the end that was current at the call. */
  async list(): Promise<void> {
    const end = this.#end;
    const listed = this.#listedAt;
    const sameSegment = end.segment !== undefined && end.segment === listed?.segment;
    if (end === listed || sameSegment) return;
    await this.segments.refresh(end.segment ?? end.sequence);
    this.#listedAt = end;
  }

  /** Oldest sequence still kept. */
  get first(): number {
    return this.segments.all[0]?.firstSequence ?? this.#end.sequence;
  }

  /** Frame bytes from the start of this segment to the end of the shard. */
  bytesFrom(segment: Segment | undefined): number {
    if (segment === undefined) return 0;
    return this.#end.bytes - this.#bytesBefore(segment);
  }

  /** Frame bytes of one segment, as far as its successor is known. */
  bytesOf(segment: Segment): number {
    const successor = this.segments.after(segment);
    return this.bytesFrom(segment) - (successor === undefined ? 0 : this.bytesFrom(successor));
  }

  get keptBytes(): number {
    return this.bytesFrom(this.segments.all[0]);
  }

  status(): ShardStatus {
    return {
      shard: this.#end.shard,
      first: this.first,
      end: this.#end,
      keptBytes: this.keptBytes,
      oldestReceivedMs: this.segments.all.find(({ firstReceivedMs }) => firstReceivedMs !== undefined)?.firstReceivedMs,
    };
  }

  /** A damaged header does not say it; the nearest earlier one that does is used, which counts too much rather than too little. */
  #bytesBefore(segment: Segment): number {
    const { all } = this.segments;
    for (let index = all.indexOf(segment); index >= 0; index -= 1) {
      const { header } = all[index];
      if (header !== undefined) return header.bytesBefore;
    }
    return 0;
  }
}
