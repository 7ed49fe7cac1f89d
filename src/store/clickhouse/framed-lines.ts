/**
 * Reads lines out of what the engine streams for an export: rows of RowBinary, each a mark, the rendered line, and its key.
 * The lines go on as they are, many in one buffer; what is told of them is their number and the last key.
 */
import { invariant } from '#base/errors.ts';
import type { RenderedLines } from '../bulk-reads.ts';

/** The columns of a row, in this order; `line` is the text. */
export const framedColumns = 'toUInt8(1), line, ts_ns, origin, seq, row_no';
/** Event time, origin, sequence, row: what stands behind the line. */
const keyBytes = 8 + 4 + 8 + 2;
const longestHead = 1 + 5;
const bufferBytes = 256 * 1024;
const firstRowBytes = 4096;
const rowMark = 1;

/**
 * Buffers that lines passed through and that nobody reads any more. Each new one brings the next collection of the whole heap
 * nearer, and an export would need one for every ten thousand lines. Kept are about as many as an export reads ahead.
 */
export class LineBuffers {
  readonly #free: Buffer[] = [];
  readonly #maxFree: number;

  constructor(maxFree = 18) {
    this.#maxFree = maxFree;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
  }

  give(buffer: Buffer): void {
    if (buffer.length === bufferBytes && this.#free.length < this.#maxFree) this.#free.push(buffer);
  }
}

export class FramedLines {
  readonly #buffers: LineBuffers;
  /** A row that began in one chunk and ends in another. */
  #row: Buffer = Buffer.allocUnsafe(firstRowBytes);
  #rowLength = 0;
  #lines: Buffer;
  #length = 0;
  #lineCount = 0;
  readonly #key: Buffer = Buffer.alloc(keyBytes);

  constructor(buffers: LineBuffers) {
    this.#buffers = buffers;
    this.#lines = buffers.take();
  }

  /** Takes bytes of the stream, which must stay as they are until all is read; gives full buffers of lines. */
  *read(chunk: Buffer): Generator<RenderedLines> {
    const from = this.#finishRow(chunk);
    if (this.#rowLength > 0) {
      if (rowLength(this.#row, 0, this.#rowLength) !== this.#rowLength) return;
      yield* this.#readRows(this.#row, 0, this.#rowLength);
      this.#rowLength = 0;
    }
    const at = yield* this.#readRows(chunk, from, chunk.length);
    this.#keepRow(chunk, at, chunk.length);
  }

  /** The whole rows of the bytes; returns where they end. */
  *#readRows(bytes: Buffer, from: number, to: number): Generator<RenderedLines, number> {
    let at = from;
    let keyAt = -1;
    for (let length = rowLength(bytes, at, to); length > 0 && at + length <= to; length = rowLength(bytes, at, to)) {
      const lineAt = lineStart(bytes, at, to);
      const lineBytes = at + length - keyBytes - lineAt;
      if (this.#length + lineBytes > this.#lines.length) {
        if (keyAt >= 0) bytes.copy(this.#key, 0, keyAt, keyAt + keyBytes);
        if (this.#lineCount > 0) yield this.#take();
        if (lineBytes > this.#lines.length) this.#lines = Buffer.allocUnsafe(lineBytes);
      }
      keyAt = lineAt + lineBytes;
      bytes.copy(this.#lines, this.#length, lineAt, keyAt);
      this.#length += lineBytes;
      this.#lineCount++;
      at += length;
    }
    if (keyAt >= 0) bytes.copy(this.#key, 0, keyAt, keyAt + keyBytes);
    return at;
  }

  /** Takes what the row lacks out of the chunk; returns how much that was. */
  #finishRow(chunk: Buffer): number {
    let at = 0;
    while (this.#rowLength > 0 && at < chunk.length) {
      // While its length has not come whole it lacks one byte at least.
      const length = rowLength(this.#row, 0, this.#rowLength) || this.#rowLength + 1;
      if (length === this.#rowLength) break;
      const end = Math.min(chunk.length, at + length - this.#rowLength);
      this.#keepRow(chunk, at, end);
      at = end;
    }
    return at;
  }

  #keepRow(chunk: Buffer, from: number, to: number): void {
    const length = this.#rowLength + to - from;
    if (length > this.#row.length) {
      const row = Buffer.allocUnsafe(length * 2);
      this.#row.copy(row, 0, 0, this.#rowLength);
      this.#row = row;
    }
    chunk.copy(this.#row, this.#rowLength, from, to);
    this.#rowLength = length;
  }

  /** What has come and was not given; to be called also where the stream broke, for whole lines stay whole. */
  *end(): Generator<RenderedLines> {
    if (this.#lineCount > 0) yield this.#take();
  }

  #take(): RenderedLines {
    const [key, buffer] = [this.#key, this.#lines];
    const taken = {
      bytes: buffer.subarray(0, this.#length),
      lineCount: this.#lineCount,
      lastKey: {
        tsNs: key.readBigInt64LE(0),
        origin: key.readUInt32LE(8),
        seq: Number(key.readBigUInt64LE(12)),
        rowNo: key.readUInt16LE(20),
      },
      release: () => this.#buffers.give(buffer),
    };
    this.#lines = this.#buffers.take();
    this.#length = 0;
    this.#lineCount = 0;
    return taken;
  }
}

/** Where the line of the row at `at` begins; 0 where its length is not whole. */
function lineStart(bytes: Buffer, at: number, to: number): number {
  invariant(bytes[at] === rowMark, `a row of an export begins with ${bytes[at]}`);
  const end = Math.min(to, at + longestHead);
  for (let digit = at + 1; digit < end; digit++) if (bytes[digit] < 0x80) return digit + 1;
  return 0;
}

/** Of the row at `at`, which may reach beyond `to`; 0 where it is not known, for its length (LEB128) is not whole. */
function rowLength(bytes: Buffer, at: number, to: number): number {
  if (at >= to) return 0;
  const lineAt = lineStart(bytes, at, to);
  let lineBytes = 0;
  for (let digit = lineAt - 1; digit > at; digit--) lineBytes = lineBytes * 128 + (bytes[digit] & 0x7f);
  return lineAt === 0 ? 0 : lineAt - at + lineBytes + keyBytes;
}
