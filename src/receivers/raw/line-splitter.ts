/**
 * Cuts a body that comes in pieces into lines: at `\n`, a `\r` before it left out. A line that is longer than the bound is
 * handed over as its first bytes, and the rest of it skipped.
 */

export interface LineBounds {
  readonly maxLineBytes: number;
}

/** Takes a line; its bytes are borrowed until it returns. */
export type TakeLine = (bytes: Uint8Array, start: number, end: number, isTooLong: boolean) => void;

const newline = 0x0a;
const carriageReturn = 0x0d;

export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #take: TakeLine;
  /** The beginning of a line whose end has not come. */
  #part = new Uint8Array(1024);
  #partLength = 0;
  #isSkipping = false;
  #isFirst = true;

  constructor(bounds: LineBounds, take: TakeLine) {
    this.#maxLineBytes = bounds.maxLineBytes;
    this.#take = take;
  }

  /** Takes the next piece of the body. */
  push(piece: Uint8Array): void {
    let start = 0;
    for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, start)) {
      if (this.#isSkipping) this.#isSkipping = false;
      else if (this.#partLength === 0) this.#line(piece, start, at);
      else {
        this.#keep(piece, start, at);
        if (this.#isSkipping) this.#isSkipping = false;
        else this.#endPart();
      }
      start = at + 1;
    }
    if (start < piece.length && !this.#isSkipping) this.#keep(piece, start, piece.length);
  }

  /** The last line, where no line end follows it. */
  end(): void {
    if (this.#partLength > 0) this.#endPart();
  }

  #endPart(): void {
    const length = this.#partLength;
    this.#partLength = 0;
    this.#line(this.#part, 0, length);
  }

  #keep(piece: Uint8Array, start: number, end: number): void {
    const length = this.#partLength + end - start;
    if (length > this.#maxLineBytes + 1) {
      const taken = this.#maxLineBytes - this.#partLength;
      if (taken > 0) this.#append(piece, start, start + taken);
      const partLength = this.#partLength;
      this.#partLength = 0;
      this.#isSkipping = true;
      this.#isFirst = false;
      return this.#take(this.#part, 0, Math.min(partLength, this.#maxLineBytes), true);
    }
    this.#append(piece, start, end);
  }

  #append(piece: Uint8Array, start: number, end: number): void {
    const length = this.#partLength + end - start;
    if (length > this.#part.length) {
      const grown = new Uint8Array(Math.max(length, this.#part.length * 2));
      grown.set(this.#part.subarray(0, this.#partLength));
      this.#part = grown;
    }
    this.#part.set(piece.subarray(start, end), this.#partLength);
    this.#partLength = length;
  }

  #line(bytes: Uint8Array, lineStart: number, lineEnd: number): void {
    const hasMark = this.#isFirst && lineEnd - lineStart >= 3 && bytes[lineStart] === 0xef && bytes[lineStart + 1] === 0xbb;
    const start = hasMark && bytes[lineStart + 2] === 0xbf ? lineStart + 3 : lineStart;
    this.#isFirst = false;
    const end = lineEnd > start && bytes[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    const isTooLong = end - start > this.#maxLineBytes;
    this.#take(bytes, start, isTooLong ? start + this.#maxLineBytes : end, isTooLong);
  }
}
