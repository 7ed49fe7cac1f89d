/**
 * One reader's buffer: bounded in lines and bytes, the oldest go first, losses are counted until they are told.
 */
import type { TailDelivery, TailLine, TailRequest, TailSubscription } from '#consumers/live-tail.ts';
import type { QueryGroup } from './query-groups.ts';

/** A line as the buffer holds it; shared by all readers of a query. */
export interface BufferedLine extends TailLine {
  /** Estimated memory. */
  readonly bytes: number;
}

export interface BufferBounds {
  readonly maxLines: number;
  readonly maxBytes: number;
}

export interface SubscriberOptions {
  readonly request: TailRequest;
  readonly bounds: BufferBounds;
  /** Cursor behind everything looked at so far; asked for when the buffer is empty. */
  readonly positionCursor: (subscriber: TailSubscriber) => string;
  readonly onClosed: (subscriber: TailSubscriber) => void;
}

export class TailSubscriber implements TailSubscription {
  readonly request: TailRequest;
  /** Where it stands once it follows the pump; kept by QueryGroups. */
  group: QueryGroup | undefined;
  readonly #options: SubscriberOptions;
  #lines: BufferedLine[] = [];
  /** Lines before this index have been taken or dropped; the array is cut when half of it is dead. */
  #first = 0;
  #bytes = 0;
  #dropped = 0;
  #skipped = 0;
  #missedBatches = 0;
  #told = false;
  #closed = false;
  #wakeWaiting: (() => void) | undefined;

  constructor(options: SubscriberOptions) {
    this.request = options.request;
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many lines fit before one is dropped; 0 also when the bytes are used up. */
  get roomLines(): number {
    return this.#bytes >= this.#options.bounds.maxBytes ? 0 : this.#options.bounds.maxLines - this.#buffered;
  }

  get #buffered(): number {
    return this.#lines.length - this.#first;
  }

  /** Adds lines, oldest first; `lostBefore` more matched before them and were not even made. Returns how many were lost. */
  offer(lines: readonly BufferedLine[], lostBefore: number): number {
    if (this.#closed) return 0;
    const { maxLines, maxBytes } = this.#options.bounds;
    for (const line of lines) {
      this.#lines.push(line);
      this.#bytes += line.bytes;
    }
    let lost = lostBefore;
    while (this.#buffered > maxLines || (this.#bytes > maxBytes && this.#buffered > 1)) {
      this.#forgetFirst();
      lost += 1;
    }
    this.#dropped += lost;
    this.#compact();
    this.#tell();
    return lost;
  }

  /** Lines that were not looked at for it; told with its next lines, or by `tellLosses`. */
  skip(lineCount: number): void {
    this.#skipped += lineCount;
  }

  /** Has losses delivered that no line came after. */
  tellLosses(): void {
    if (this.#skipped > 0) this.#tell();
  }

  miss(batchCount: number): void {
    this.#missedBatches += batchCount;
    this.#tell();
  }

  /** Resolves when lines have been taken or the reader has gone. */
  waitForTake(): Promise<void> {
    return new Promise((resolve) => (this.#wakeWaiting = resolve));
  }

  take(maxLines: number): TailDelivery {
    const count = Math.min(maxLines, this.#buffered);
    const lines = this.#lines.slice(this.#first, this.#first + count);
    for (let i = 0; i < count; i += 1) this.#forgetFirst();
    this.#compact();
    const drained = this.#buffered === 0;
    const cursor = drained || lines.length === 0 ? this.#options.positionCursor(this) : lines[lines.length - 1].cursor();
    const delivery = { lines, cursor, dropped: this.#dropped + this.#skipped, skipped: this.#skipped, missedBatches: this.#missedBatches };
    this.#dropped = this.#skipped = this.#missedBatches = 0;
    this.#told = false;
    if (!drained) this.#tell();
    this.#wake();
    return delivery;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lines = [];
    this.#first = this.#bytes = 0;
    this.#wake();
    this.#options.onClosed(this);
  }

  #forgetFirst(): void {
    this.#bytes -= this.#lines[this.#first].bytes;
    this.#first += 1;
  }

  #compact(): void {
    if (this.#first * 2 < this.#lines.length) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }

  #tell(): void {
    if (this.#told || this.#closed) return;
    this.#told = true;
    this.request.onReady();
  }

  #wake(): void {
    this.#wakeWaiting?.();
    this.#wakeWaiting = undefined;
  }
}
