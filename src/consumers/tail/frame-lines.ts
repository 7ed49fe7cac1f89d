/** From a frame of the log to the lines that a query's readers get; a line is made once, however many readers it has. */
import type { Frame } from '#log/durable-log.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { LogLine } from '#model/log-line.ts';
import { encodeCursor } from './cursor.ts';
import type { TailPosition } from './cursor.ts';
import type { RowMatcher } from './query-groups.ts';
import type { BufferedLine } from './subscriber.ts';

/** How frames are read; the model's functions, passed in so that the tail's own logic is tested without bytes. */
export interface FrameDecoder {
  readBlock(payload: Buffer): BatchView;
  lineOfRow(view: BatchView, row: number): LogLine;
}

export interface MatchedLines {
  readonly lines: readonly BufferedLine[];
  /** Matched before the first of `lines`, and not made because no buffer would hold them. */
  readonly lost: number;
}

/** Rough memory of a line besides its texts. */
const lineOverheadBytes = 400;

function estimateBytes(line: LogLine): number {
  let characters = line.message.length + line.raw.length;
  for (const value of line.attributes.values) characters += value.length + 16;
  return lineOverheadBytes + characters;
}

export class FrameLines {
  readonly #view: BatchView;
  readonly #made = new Map<number, BufferedLine>();
  readonly #frame: Pick<Frame, 'shard' | 'sequence'>;
  readonly #decoder: FrameDecoder;
  readonly #incarnation: number;
  readonly #before: TailPosition;

  /** `before` is the reader's position when it began this frame; it is kept, so it must not change. */
  constructor(frame: Frame, decoder: FrameDecoder, incarnation: number, before: TailPosition) {
    this.#view = decoder.readBlock(frame.payload);
    this.#frame = { shard: frame.shard, sequence: frame.sequence };
    this.#decoder = decoder;
    this.#incarnation = incarnation;
    this.#before = before;
  }

  /** All matching rows from `fromRow` on, ascending; a copy. */
  rows(match: RowMatcher, fromRow: number): number[] {
    const matched = match(this.#view);
    const rows: number[] = [];
    for (let i = 0; i < matched.length; i += 1) if (matched[i] >= fromRow) rows.push(matched[i]);
    return rows;
  }

  /** The newest `maxLines` of the matching rows. */
  newest(match: RowMatcher, maxLines: number): MatchedLines {
    const matched = match(this.#view);
    const first = Math.max(0, matched.length - maxLines);
    const lines: BufferedLine[] = [];
    for (let i = first; i < matched.length; i += 1) lines.push(this.line(matched[i]));
    return { lines, lost: first };
  }

  line(row: number): BufferedLine {
    const known = this.#made.get(row);
    if (known !== undefined) return known;
    const line = this.#decoder.lineOfRow(this.#view, row);
    const made: BufferedLine = { line, bytes: estimateBytes(line), cursor: cursorBehind(this.#incarnation, this.#before, this.#frame, row) };
    this.#made.set(row, made);
    return made;
  }
}

/** Holds positions only, never the frame: the buffer outlives the log's borrowed bytes. */
function cursorBehind(incarnation: number, before: TailPosition, { shard, sequence }: Pick<Frame, 'shard' | 'sequence'>, row: number): () => string {
  return () => encodeCursor(incarnation, new Map(before).set(shard, { sequence, row: row + 1 }));
}
