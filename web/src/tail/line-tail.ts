/**
 * Lines as they arrive. While it is paused, by the person or because they are reading, new lines wait and are counted; what the
 * server had to drop is counted too. A connection that breaks is taken up again behind the last line. Outside of React.
 */
import type { LogLine } from '../log-list/line-fields.ts';

export interface TailSnapshot {
  /** Newest first. */
  readonly lines: readonly LogLine[];
  /** Lines that wait until the tail goes on. */
  readonly waiting: number;
  /** Lines that the server did not send, because they were too many. */
  readonly dropped: number;
  readonly state: 'connecting' | 'open' | 'failed' | 'closed';
  readonly error: unknown;
}

export type TailEvent =
  | { readonly kind: 'line'; readonly line: LogLine; readonly cursor: string | undefined }
  | { readonly kind: 'dropped'; readonly count: number };

/** Events behind the cursor, in the handfuls in which they arrive. The first handful may be empty: the connection is there. */
export type OpenTail = (cursor: string | undefined, signal: AbortSignal) => AsyncIterable<readonly TailEvent[]>;

export interface TailOptions {
  readonly open: OpenTail;
  readonly schedule: (run: () => void) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** True for errors that trying again does not help. */
  readonly isFinal: (error: unknown) => boolean;
  /** Older lines are let go. */
  readonly maxLines: number;
}

const firstPauseMs = 300;
const longestPauseMs = 5000;

export class LineTail {
  readonly #options: TailOptions;
  readonly #listeners = new Set<() => void>();
  readonly #abort = new AbortController();
  #snapshot: TailSnapshot = { lines: [], waiting: 0, dropped: 0, state: 'connecting', error: undefined };
  /** Oldest first. */
  #waiting: LogLine[] = [];
  #isPaused = false;
  #isScheduled = false;
  #cursor: string | undefined;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly snapshot = (): TailSnapshot => this.#snapshot;

  readonly pause = (isPaused: boolean): void => {
    this.#isPaused = isPaused;
    this.#change({});
  };

  readonly close = (): void => {
    this.#abort.abort();
    this.#change({ state: 'closed' });
  };

  /** Follows until it is closed. Resolves then. */
  async follow(): Promise<void> {
    const { signal } = this.#abort;
    const { sleep, isFinal } = this.#options;
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
      try {
        for await (const events of this.#options.open(this.#cursor, signal)) {
          pauseMs = firstPauseMs;
          this.#take(events);
        }
        if (signal.aborted) return;
        this.#change({ state: 'connecting' });
      } catch (error) {
        if (signal.aborted) return;
        this.#change({ state: isFinal(error) ? 'failed' : 'connecting', error });
        if (isFinal(error)) return;
      }
      await sleep(pauseMs, signal);
    }
  }

  #take(events: readonly TailEvent[]): void {
    let { dropped } = this.#snapshot;
    for (const event of events) {
      if (event.kind === 'dropped') dropped += event.count;
      else {
        this.#waiting.push(event.line);
        this.#cursor = event.cursor ?? this.#cursor;
      }
    }
    const { maxLines } = this.#options;
    // what waits for a person who is away is bounded too, and what is let go is told
    const excess = this.#waiting.length - maxLines;
    if (excess > 0) this.#waiting.splice(0, excess);
    this.#change({ dropped: dropped + Math.max(0, excess), state: 'open', error: undefined });
  }

  #change(changes: Partial<TailSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changes };
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      this.#deliver();
      for (const listener of [...this.#listeners]) listener();
    });
  }

  #deliver(): void {
    if (this.#isPaused || this.#waiting.length === 0) {
      this.#snapshot = { ...this.#snapshot, waiting: this.#waiting.length };
      return;
    }
    const lines = this.#waiting.toReversed().concat(this.#snapshot.lines).slice(0, this.#options.maxLines);
    this.#waiting = [];
    this.#snapshot = { ...this.#snapshot, lines, waiting: 0 };
  }
}
