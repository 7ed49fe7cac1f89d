/**
 * Bytes of a connection that were received and not taken yet, in one piece, so that a decoder sees whole messages however
 * the network cut them. Used by receivers of streams, one per connection.
 *
 * Positions are valid until the next `append`; what lies before `start` is gone after it.
 */

/** Memory kept while nothing is waiting. */
const retainBytes = 64 * 1024;
const noBytes = new Uint8Array(0);

export class ReceiveBuffer {
  bytes: Uint8Array = noBytes;
  view: DataView = new DataView(noBytes.buffer);
  /** First byte not taken yet. */
  start = 0;
  /** Behind the last byte received. */
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Adds a piece, whose memory is the buffer's from now on. */
  append(piece: Uint8Array): void {
    if (this.start === this.end) {
      this.#use(piece, 0, piece.length);
      return;
    }
    const needed = this.length + piece.length;
    if (this.end + piece.length > this.bytes.length) {
      // a buffer that is mostly waiting bytes grows, so that a long message is not copied for each of its pieces
      const target = needed * 2 > this.bytes.length ? new Uint8Array(needed * 2) : this.bytes;
      target.set(this.bytes.subarray(this.start, this.end));
      this.#use(target, 0, this.length);
    }
    this.bytes.set(piece, this.end);
    this.end += piece.length;
  }

  /** Everything before `at` has been taken. */
  take(at: number): void {
    this.start = at;
    if (at === this.end && this.bytes.length > retainBytes) this.#use(noBytes, 0, 0);
  }

  #use(bytes: Uint8Array, start: number, end: number): void {
    // always a plain Uint8Array: mixing it with Buffer would make every access polymorphic
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.start = start;
    this.end = end;
  }
}
