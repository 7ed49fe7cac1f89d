/**
 * Messages of a TCP or TLS connection (RFC 6587): counted, `LENGTH SP MESSAGE`, or ended by a line feed. Which of both is
 * seen from the first bytes of the connection and stays. A count that cannot be read where one must be means that the
 * sender lost its place: from there on lines are taken, so that it all arrives, if only as text.
 */
import type { ReceiveBuffer } from '#receivers/receive-buffer.ts';

const space = 0x20;
const lineFeed = 0x0a;
/** A count has at most so many digits. */
const maxCountDigits = 9;

export class SyslogFrames {
  /** The frame that `next` found: a range of `bytes`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Messages over the bound, which became several. */
  splitCount = 0;
  /** Times that counting was given up. */
  lostCount = 0;
  readonly #maxBytes: number;
  #framing: 'unknown' | 'counted' | 'lines' = 'unknown';
  /** Bytes to come of a counted frame that is handed out in parts. */
  #countedRest = 0;
  /** In the buffer's waiting bytes no line feed is before this place, counted from its start. */
  #scanned = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Finds the next frame in the buffer and takes it; its bytes stay until the next `append`. False: there is none yet. */
  next(buffer: ReceiveBuffer): boolean {
    for (;;) {
      if (buffer.length === 0) return false;
      if (this.#countedRest > 0) return this.#counted(buffer);
      if (this.#framing === 'unknown') this.#framing = isDigit(buffer.bytes[buffer.start]) ? 'counted' : 'lines';
      if (this.#framing === 'lines') return this.#line(buffer);
      if (!this.#count(buffer)) return false;
    }
  }

  /** What is left when the connection ends: a frame that is not complete. */
  rest(buffer: ReceiveBuffer): boolean {
    if (buffer.length === 0) return false;
    return this.#take(buffer, buffer.end, buffer.end);
  }

  /** Reads `LENGTH SP`; false where it is not there yet. */
  #count(buffer: ReceiveBuffer): boolean {
    const { bytes, start, end } = buffer;
    let at = start;
    // some senders put a line feed behind a counted frame all the same
    while (at < end && bytes[at] === lineFeed) at++;
    const first = at;
    let count = 0;
    while (at < end && at - first < maxCountDigits && isDigit(bytes[at])) count = count * 10 + bytes[at++] - 0x30;
    if (at === end) {
      if (first === end) buffer.take(end);
      return false;
    }
    if (bytes[at] !== space || count === 0) {
      this.#framing = 'lines';
      this.lostCount++;
      return true;
    }
    buffer.take(at + 1);
    this.#countedRest = count;
    if (count > this.#maxBytes) this.splitCount++;
    return true;
  }

  #counted(buffer: ReceiveBuffer): boolean {
    const wanted = Math.min(this.#countedRest, this.#maxBytes);
    if (buffer.length < wanted) return false;
    this.#countedRest -= wanted;
    const end = buffer.start + wanted;
    return this.#take(buffer, end, end);
  }

  #line(buffer: ReceiveBuffer): boolean {
    for (;;) {
      const { bytes, start, end } = buffer;
      const at = bytes.indexOf(lineFeed, start + this.#scanned);
      const isFound = at >= 0 && at < end;
      if ((isFound ? at : end) - start > this.#maxBytes) {
        this.splitCount++;
        const cut = start + this.#maxBytes;
        return this.#take(buffer, cut, cut);
      }
      if (!isFound) {
        this.#scanned = end - start;
        return false;
      }
      this.#scanned = 0;
      if (at > start) return this.#take(buffer, at, at + 1);
      buffer.take(at + 1);
    }
  }

  #take(buffer: ReceiveBuffer, end: number, behind: number): true {
    this.bytes = buffer.bytes;
    this.start = buffer.start;
    this.end = end;
    this.#scanned = 0;
    buffer.take(behind);
    return true;
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
