/**
 * Messages in the bytes of a connection, each ended by a delimiter: lines (syslog), texts ended by NUL (GELF).
 *
 * A message over the bound becomes several frames and is counted: what is kept in memory of a connection stays bounded,
 * and nothing of what was sent is lost. One instance per connection.
 */
import type { ReceiveBuffer } from './receive-buffer.ts';

/** How a protocol finds its messages; framed-connection.ts feeds it. */
export interface Frames {
  /** What `next` or `rest` found: the range `start .. end` of `bytes`, which stays until the next `append` to the buffer. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Finds the next message in the buffer and takes it; false: there is none yet. */
  next(buffer: ReceiveBuffer): boolean;
  /** Takes what is left when the connection ends: a message without its end. */
  rest(buffer: ReceiveBuffer): boolean;
  /** What happened since the last call and must be counted: names of events and how often. */
  takeEvents(): readonly (readonly [event: string, amount: number])[];
}

const nothing: readonly (readonly [string, number])[] = [];

export class DelimitedFrames implements Frames {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  readonly #delimiter: number;
  readonly #maxBytes: number;
  /** Before this place, counted from the buffer's start, there is no delimiter. */
  #scanned = 0;
  #splitCount = 0;

  constructor(delimiter: number, maxBytes: number) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
  }

  /** Empty messages are passed over. */
  next(buffer: ReceiveBuffer): boolean {
    for (;;) {
      const { bytes, start, end } = buffer;
      const at = bytes.indexOf(this.#delimiter, start + this.#scanned);
      const isFound = at >= 0 && at < end;
      if ((isFound ? at : end) - start > this.#maxBytes) {
        this.#splitCount++;
        return this.take(buffer, start + this.#maxBytes, start + this.#maxBytes);
      }
      if (!isFound) {
        this.#scanned = end - start;
        return false;
      }
      if (at > start) return this.take(buffer, at, at + 1);
      this.#scanned = 0;
      buffer.take(at + 1);
    }
  }

  rest(buffer: ReceiveBuffer): boolean {
    return buffer.length > 0 && this.take(buffer, buffer.end, buffer.end);
  }

  takeEvents(): readonly (readonly [string, number])[] {
    if (this.#splitCount === 0) return nothing;
    const count = this.#splitCount;
    this.#splitCount = 0;
    return [['messages_split', count]];
  }

  /** Makes a frame of the buffer's bytes up to `end`; the next begins at `behind`. */
  take(buffer: ReceiveBuffer, end: number, behind: number): true {
    this.bytes = buffer.bytes;
    this.start = buffer.start;
    this.end = end;
    this.#scanned = 0;
    buffer.take(behind);
    return true;
  }
}
