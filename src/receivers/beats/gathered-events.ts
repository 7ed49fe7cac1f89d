/** Events of a window that have arrived, as the bytes of their frames, and a cursor over them. */

interface Segment {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class GatheredEvents {
  /** Events that have not been decoded yet. */
  count = 0;
  /** Bytes held. */
  byteCount = 0;
  #segments: Segment[] = [];
  #segment = 0;
  #at = 0;

  /** Adds J and D frames, `count` of them, one behind the other; the bytes are kept. */
  add(bytes: Uint8Array, count: number): void {
    if (count === 0) return;
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#segments.push({ bytes: plain, view: new DataView(plain.buffer, plain.byteOffset, plain.length) });
    this.count += count;
    this.byteCount += plain.length;
  }

  /** The cursor, to go back to. */
  mark(): { readonly segment: number; readonly at: number; readonly count: number } {
    return { segment: this.#segment, at: this.#at, count: this.count };
  }

  goBack(mark: ReturnType<GatheredEvents['mark']>): void {
    this.#segment = mark.segment;
    this.#at = mark.at;
    this.count = mark.count;
  }

  /** The frames before the cursor are no longer needed. */
  forget(): void {
    if (this.count > 0) return;
    this.#segments = [];
    this.#segment = 0;
    this.#at = 0;
    this.byteCount = 0;
  }

  /**
   * Hands out frames in order, `maxEvents` at most; `take` is given a segment and where a frame begins in it, and says
   * where the frame ends.
   */
  each(maxEvents: number, take: (bytes: Uint8Array, view: DataView, start: number) => number): void {
    for (let left = Math.min(maxEvents, this.count); left > 0; left--) {
      while (this.#at === this.#segments[this.#segment].bytes.length) {
        this.#segment++;
        this.#at = 0;
      }
      const { bytes, view } = this.#segments[this.#segment];
      this.#at = take(bytes, view, this.#at);
      this.count--;
    }
  }
}
