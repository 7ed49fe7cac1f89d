/**
 * A second reading side of the WAL for a consumer in a thread of its own, such as the evaluation of alerts: it reads the files
 * of the same directory, changes none, and is told the shards' ends by messages of the thread that has the log open.
 *
 * Invariants: reads nothing beyond the ends it was told; holds back no trimming: what was trimmed before it came there is
 * skipped and counted by its readers.
 */
import { originOf } from '#base/ids.ts';
import type { Files } from '#platform/files.ts';
import type { LogPosition, LogReader, ShardEnd, ShardStatus } from '../durable-log.ts';
import { OpenReaders } from './open-readers.ts';
import { sequenceAt } from './seek.ts';
import { formatShardName } from './segment-header.ts';
import { ShardSegments } from './shard-segments.ts';
import { WalShard } from './wal-shard.ts';

export interface WalFollowerOptions {
  readonly directory: string;
  readonly incarnation: number;
  readonly files: Files;
  /** `log.read_buffer_bytes` */
  readonly readBufferBytes: number;
  /** Ends to begin with. */
  readonly ends: readonly ShardEnd[];
}

export class WalFollower {
  readonly incarnation: number;
  readonly #options: WalFollowerOptions;
  readonly #shards = new Map<number, WalShard>();
  readonly #readers: OpenReaders;

  constructor(options: WalFollowerOptions) {
    this.#options = options;
    this.#readers = new OpenReaders(options.files, options.readBufferBytes);
    this.incarnation = options.incarnation;
    for (const end of options.ends) this.advance(end);
  }

  /** Takes an end that the log told; one that was overtaken by a later one is ignored. */
  advance(end: ShardEnd): void {
    this.#shard(end.shard).advance(end);
  }

  shards(): readonly ShardStatus[] {
    return [...this.#shards.values()].map((shard) => shard.status()).sort((a, b) => a.shard - b.shard);
  }

  /** From the sequence, or from the oldest kept frame if that is later. */
  async openReader(shard: number, fromSequence: number): Promise<LogReader> {
    const known = this.#shard(shard);
    // Always anew: segments that it knows may have been trimmed by the log meanwhile.
    await known.segments.refresh(known.end.segment ?? known.end.sequence);
    return this.#readers.open(known, fromSequence);
  }

  /** Sequence of the first frame received at or after the time, per shard. */
  async positionAt(receivedMs: number): Promise<LogPosition> {
    const position = new Map<number, number>();
    for (const [number, shard] of this.#shards) {
      await shard.segments.refresh(shard.end.segment ?? shard.end.sequence);
      position.set(number, await sequenceAt(shard, receivedMs, (sequence) => this.openReader(number, sequence)));
    }
    return position;
  }

  async close(): Promise<void> {
    await this.#readers.closeAll();
  }

  #shard(shard: number): WalShard {
    let known = this.#shards.get(shard);
    if (known === undefined) {
      const { files, directory } = this.#options;
      const place = { directory: `${directory}/${formatShardName(shard)}`, shard, incarnation: this.incarnation };
      known = new WalShard(new ShardSegments(files, place, originOf(this.incarnation, shard)), { shard, sequence: 0, rows: 0, bytes: 0 });
      this.#shards.set(shard, known);
    }
    return known;
  }
}
