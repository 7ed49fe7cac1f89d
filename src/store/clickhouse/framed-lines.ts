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

export class FramedLines {
  /** The beginning of a row whose end has not come. */
  #rest: Buffer = Buffer.alloc(0);
  #lines = Buffer.allocUnsafe(bufferBytes);
  #length = 0;
  #lineCount = 0;
  #key: Buffer = Buffer.alloc(keyBytes);

  /** Takes bytes of the stream; gives full buffers of lines. */
  *read(chunk: Buffer): Generator<RenderedLines> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const head = readHead(bytes, at);
      if (head === undefined) break;
      const keyAt = head.lineAt + head.lineBytes;
      if (keyAt + keyBytes > bytes.length) break;
      if (this.#length + head.lineBytes > this.#lines.length) {
        if (this.#lineCount > 0) yield this.#take();
        if (head.lineBytes > this.#lines.length) this.#lines = Buffer.allocUnsafe(head.lineBytes);
      }
      bytes.copy(this.#lines, this.#length, head.lineAt, keyAt);
      this.#length += head.lineBytes;
      this.#lineCount++;
      bytes.copy(this.#key, 0, keyAt, keyAt + keyBytes);
      at = keyAt + keyBytes;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** What has come and was not given; to be called also where the stream broke, for whole lines stay whole. */
  *end(): Generator<RenderedLines> {
    if (this.#lineCount > 0) yield this.#take();
  }

  #take(): RenderedLines {
    const key = this.#key;
    const taken = {
      bytes: this.#lines.subarray(0, this.#length),
      lineCount: this.#lineCount,
      lastKey: {
        tsNs: key.readBigInt64LE(0),
        origin: key.readUInt32LE(8),
        seq: Number(key.readBigUInt64LE(12)),
        rowNo: key.readUInt16LE(20),
      },
    };
    this.#lines = Buffer.allocUnsafe(bufferBytes);
    this.#length = 0;
    this.#lineCount = 0;
    return taken;
  }
}

/** Mark and length (LEB128); undefined where they are not whole. */
function readHead(bytes: Buffer, at: number): { readonly lineAt: number; readonly lineBytes: number } | undefined {
  invariant(bytes[at] === 1, `a row of an export begins with ${bytes[at]}`);
  let lineBytes = 0;
  for (let digit = 1; digit < longestHead && at + digit < bytes.length; digit++) {
    const byte = bytes[at + digit];
    lineBytes += (byte & 0x7f) * 2 ** (7 * (digit - 1));
    if (byte < 0x80) return { lineAt: at + digit + 1, lineBytes };
  }
  return undefined;
}
