/** From a frame of the log to the lines that readers get; a line is made once, however many readers it has. */
import type { Frame } from '#log/durable-log.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { LogLine } from '#model/log-line.ts';
import { encodeCursor } from './cursor.ts';
import type { TailPosition } from './cursor.ts';
import type { BufferedLine } from './subscriber.ts';

/** How frames are read; the model's functions, passed in so that the tail's own logic is tested without bytes. */
export interface FrameDecoder {
  readBlock(payload: Buffer): BatchView;
  lineOfRow(view: BatchView, row: number): LogLine;
}

/** Rough memory of a line besides its texts. */
const lineOverheadBytes = 400;
const attributeOverheadBytes = 32;

function estimateBytes(line: LogLine): number {
  let bytes = lineOverheadBytes + line.message.length + line.raw.length;
  for (const value of line.attributes.values) bytes += value.length + attributeOverheadBytes;
  return bytes;
}

export class FrameLines {
  readonly view: BatchView;
  readonly #made = new Map<number, BufferedLine>();
  readonly #frame: Pick<Frame, 'shard' | 'sequence'>;
  readonly #decoder: FrameDecoder;
  readonly #incarnation: number;
  readonly #before: TailPosition;

  /** `before` is the reader's position when it began this frame; it is kept, so it must not change. */
  constructor(frame: Frame, decoder: FrameDecoder, incarnation: number, before: TailPosition) {
    this.view = decoder.readBlock(frame.payload);
    this.#frame = { shard: frame.shard, sequence: frame.sequence };
    this.#decoder = decoder;
    this.#incarnation = incarnation;
    this.#before = before;
  }

  /** The line with its cursor; holds nothing of the frame's borrowed bytes. */
  line(row: number): BufferedLine {
    const known = this.#made.get(row);
    if (known !== undefined) return known;
    const line = this.#decoder.lineOfRow(this.view, row);
    const made: BufferedLine = {
      line,
      bytes: estimateBytes(line),
      cursor: cursorBehind(this.#incarnation, this.#before, this.#frame, row),
    };
    this.#made.set(row, made);
    return made;
  }

  /** The last `maxLines` of the rows, oldest first. */
  newest(rows: Uint32Array, maxLines: number): BufferedLine[] {
    return Array.from(rows.subarray(Math.max(0, rows.length - maxLines)), (row) => this.line(row));
  }
}

function cursorBehind(
  incarnation: number,
  before: TailPosition,
  { shard, sequence }: Pick<Frame, 'shard' | 'sequence'>,
  row: number,
): () => string {
  return () => encodeCursor(incarnation, new Map(before).set(shard, { sequence, row: row + 1 }));
}
