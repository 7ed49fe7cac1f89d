/**
 * Messages of a TCP or TLS connection (RFC 6587): counted, `LENGTH SP MESSAGE`, or ended by a line feed. Which of both is
 * seen from the first byte of the connection and stays. A count that cannot be read where one must be means that the
 * sender lost its place: from there on lines are taken, so that it all arrives, if only as text.
 */
import { DelimitedFrames } from '#receivers/frames.ts';
import type { Frames } from '#receivers/frames.ts';
import type { ReceiveBuffer } from '#receivers/receive-buffer.ts';

const space = 0x20;
const lineFeed = 0x0a;
/** A count has at most so many digits. */
const maxCountDigits = 9;

export class SyslogFrames implements Frames {
  readonly #lines: DelimitedFrames;
  readonly #maxBytes: number;
  #framing: 'unknown' | 'counted' | 'lines' = 'unknown';
  /** Bytes to come of a counted message; one over the bound is handed out in parts. */
  #countedRest = 0;
  #splitCount = 0;
  #lostCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#lines = new DelimitedFrames(lineFeed, maxBytes);
  }

  get bytes(): Uint8Array {
    return this.#lines.bytes;
  }

  get start(): number {
    return this.#lines.start;
  }

  get end(): number {
    return this.#lines.end;
  }

  next(buffer: ReceiveBuffer): boolean {
    for (;;) {
      if (buffer.length === 0) return false;
      if (this.#framing === 'unknown') this.#framing = isDigit(buffer.bytes[buffer.start]) ? 'counted' : 'lines';
      if (this.#framing === 'lines') return this.#lines.next(buffer);
      if (this.#countedRest > 0) return this.#counted(buffer);
      if (!this.#count(buffer)) return false;
    }
  }

  rest(buffer: ReceiveBuffer): boolean {
    return this.#lines.rest(buffer);
  }

  takeEvents(): readonly (readonly [string, number])[] {
    const events = [...this.#lines.takeEvents()];
    if (this.#splitCount > 0) events.push(['messages_split', this.#splitCount]);
    if (this.#lostCount > 0) events.push(['framing_lost', this.#lostCount]);
    this.#splitCount = 0;
    this.#lostCount = 0;
    return events;
  }

  /** Reads `LENGTH SP`; false where it is not there yet. */
  #count(buffer: ReceiveBuffer): boolean {
    const { bytes, start, end } = buffer;
    let at = start;
    // some senders put a line feed behind a counted message all the same
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
      this.#lostCount++;
      return true;
    }
    buffer.take(at + 1);
    this.#countedRest = count;
    if (count > this.#maxBytes) this.#splitCount++;
    return true;
  }

  #counted(buffer: ReceiveBuffer): boolean {
    const wanted = Math.min(this.#countedRest, this.#maxBytes);
    if (buffer.length < wanted) return false;
    this.#countedRest -= wanted;
    const end = buffer.start + wanted;
    return this.#lines.take(buffer, end, end);
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
