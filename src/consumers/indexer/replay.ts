/**
 * Processes lines again that the log still holds, and puts the result in the place of what the store has of them (L5):
 * after a fix of a parser, or after damage to the store. One replay runs at a time, beside normal indexing.
 */
import { AppError } from '#base/errors.ts';
import { originOf } from '#base/ids.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { DurableLog, Frame, LogPosition } from '#log/durable-log.ts';
import type { Logger } from '#platform/logger.ts';

/** The store's part: rows in the place of all committed rows of a range of one shard. */
export interface LineReplacer {
  replace(
    batch: { readonly blocks: readonly Uint8Array[] },
    range: { origin: number; fromSequence: number; toSequence: number },
  ): Promise<void>;
}

/** Shards that are not named in `positions` are not replayed. */
export type ReplayStart = ({ readonly receivedMs: number } | { readonly positions: LogPosition }) & {
  /** Lines that were text are parsed again, by the rules of now. */
  readonly reparse?: boolean;
};

export interface ReplayOptions {
  readonly log: DurableLog;
  readonly replacer: LineReplacer;
  /** Up to where lines are committed; later ones are being indexed for the first time. */
  readonly committed: () => LogPosition;
  readonly portionRows: number;
  readonly portionBytes: number;
  /** Parses a block's lines again. */
  readonly reparse: (block: Uint8Array) => Uint8Array;
  readonly logger: Logger;
}

export interface ReplayStatus {
  readonly running: boolean;
  readonly replayed_lines: number;
  readonly total_frames: number;
  readonly replayed_frames: number;
  readonly error?: string;
}

/**
 * Frames that follow each other without a gap. A frame that the log no longer has, trimmed or damaged, is in no
 * portion: its lines in the store stay, for nothing could take their place.
 */
interface Portion {
  blocks: Uint8Array[];
  rowCount: number;
  byteCount: number;
  fromSequence: number;
  toSequence: number;
}

export class Replay {
  readonly #options: ReplayOptions;
  #running: Promise<void> | undefined;
  #stopping = false;
  #lines = 0;
  #frames = 0;
  #totalFrames = 0;
  #keptFrames = 0;
  #error: string | undefined;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  status(): ReplayStatus {
    return {
      running: this.#running !== undefined,
      replayed_lines: this.#lines,
      replayed_frames: this.#frames,
      total_frames: this.#totalFrames,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  /** Starts from a receive time or from positions of shards; throws AppError conflict while another replay runs. Progress is in `status`. */
  start(from: ReplayStart): void {
    if (this.#running !== undefined) throw new AppError('conflict', 'a replay is running already; its progress is in /v1/status');
    this.#lines = 0;
    this.#frames = 0;
    this.#totalFrames = 0;
    this.#keptFrames = 0;
    this.#error = undefined;
    this.#running = this.#run(from)
      .catch((error: unknown) => {
        this.#error = String(error);
        this.#options.logger.error({ error: String(error) }, 'a replay failed; each line is there once, in its old or its new version');
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Ends after the portion under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(start: ReplayStart): Promise<void> {
    const from = 'positions' in start ? start.positions : await this.#options.log.positionAt(start.receivedMs);
    const to = this.#options.committed();
    const ranges = [...from]
      .map(([shard, sequence]) => ({ shard, sequence, end: to.get(shard) ?? 0 }))
      .filter(({ sequence, end }) => sequence < end);
    this.#totalFrames = ranges.reduce((sum, { sequence, end }) => sum + end - sequence, 0);
    const transform = start.reparse === true ? this.#options.reparse : copied;
    for (const { shard, sequence, end } of ranges) await this.#replayShard(shard, sequence, end, transform);
    this.#options.logger.info({ lines: this.#lines, frames_not_in_the_log: this.#keptFrames }, 'a replay is done');
  }

  async #replayShard(shard: number, from: number, end: number, transform: (block: Uint8Array) => Uint8Array): Promise<void> {
    const framesBefore = this.#frames;
    const reader = await this.#options.log.openReader(shard, from);
    try {
      let portion = emptyPortion(from);
      while (!this.#stopping && reader.nextSequence < end) {
        for (const frame of await reader.read(readBytes)) {
          if (frame.sequence >= end) break;
          if (this.#isFull(portion) || portion.toSequence !== frame.sequence) {
            await this.#replacePortion(shard, portion);
            this.#frames = framesBefore + portion.toSequence - from;
            portion = emptyPortion(frame.sequence);
          }
          addFrame(portion, frame, transform);
        }
      }
      await this.#replacePortion(shard, portion);
      this.#frames = framesBefore + Math.min(reader.nextSequence, end) - from;
    } finally {
      this.#keptFrames += reader.skippedFrames + reader.damagedFrames;
      await reader.close();
    }
  }

  #isFull({ rowCount, byteCount }: Portion): boolean {
    return rowCount >= this.#options.portionRows || byteCount >= this.#options.portionBytes;
  }

  async #replacePortion(shard: number, { fromSequence, toSequence, blocks, rowCount }: Portion): Promise<void> {
    if (rowCount === 0) return;
    await this.#options.replacer.replace({ blocks }, { origin: originOf(this.#options.log.incarnation, shard), fromSequence, toSequence });
    this.#lines += rowCount;
  }
}

const readBytes = 16 * 2 ** 20;

const copied = (block: Uint8Array): Uint8Array => block;

const emptyPortion = (fromSequence: number): Portion => ({ blocks: [], rowCount: 0, byteCount: 0, fromSequence, toSequence: fromSequence });

/** Frames are borrowed from the reader and a portion spans several reads: its blocks are copies. */
function addFrame(portion: Portion, frame: Frame, transform: (block: Uint8Array) => Uint8Array): void {
  portion.toSequence = frame.sequence + 1;
  if (frame.kind !== frameKinds.logs || frame.rowCount === 0) return;
  portion.blocks.push(transform(Uint8Array.from(frame.payload)));
  portion.rowCount += frame.rowCount;
  portion.byteCount += frame.payload.length;
}
