/**
 * One search whose lines come bit by bit, page after page: what it has found, how far it has come, and what is missing.
 * Outside of React, so that a hundred arriving handfuls are one render a frame. A new query is a new LineSearch.
 */
import type { LogLine } from './line-fields.ts';

export interface SearchProgress {
  /** Up to here all lines were given. */
  readonly searchedTo: string;
  /** Of the time in which there can be lines, 0 to 1. */
  readonly share: number;
  readonly scanned: number;
}

export interface SearchSnapshot {
  readonly lines: readonly LogLine[];
  /** `partial`: the server has ended it early, `stopped`: the person has. */
  readonly status: 'running' | 'done' | 'partial' | 'stopped' | 'failed';
  readonly progress: SearchProgress | undefined;
  /** Why lines are missing. */
  readonly reason: string | undefined;
  readonly error: unknown;
  /** There are further lines to ask for. */
  readonly hasMore: boolean;
  /** Of all pages so far. */
  readonly tookMs: number;
  readonly scanned: number;
  /** How far back (or on) the lines reach; undefined before the first page has ended. */
  readonly covered: { readonly from: string; readonly to: string } | undefined;
}

/** A page, as the address of the streamed search answers it. */
export type SearchRecord =
  | LogLine
  | { readonly progress: { readonly searched_to: string; readonly share: number; readonly found: number; readonly scanned: number } }
  | { readonly end: SearchEnd };

interface SearchEnd {
  readonly complete: boolean;
  readonly reason?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly next_cursor: string | null;
  readonly covered_range: { readonly from: string; readonly to: string };
  readonly took_ms: number;
  readonly scanned: number;
}

export type OpenPage = (cursor: string | undefined, signal: AbortSignal) => AsyncIterable<readonly SearchRecord[]>;

const nothingYet: SearchSnapshot = {
  lines: [],
  status: 'running',
  progress: undefined,
  reason: undefined,
  error: undefined,
  hasMore: false,
  tookMs: 0,
  scanned: 0,
  covered: undefined,
};

export class LineSearch {
  readonly #open: OpenPage;
  readonly #schedule: (run: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #snapshot: SearchSnapshot = nothingYet;
  /** What is told of it: its parts are of one moment, so that no page is over before its lines are there. */
  #shown: SearchSnapshot = nothingYet;
  #waiting: LogLine[] = [];
  #cursor: string | undefined;
  #abort: AbortController | undefined;
  #isScheduled = false;
  /** Lines of the pages that have ended; a page that did not is asked again from its beginning. */
  #endedCount = 0;

  /** `schedule` puts a render off to the next frame. */
  constructor(open: OpenPage, schedule: (run: () => void) => void) {
    this.#open = open;
    this.#schedule = schedule;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly snapshot = (): SearchSnapshot => this.#shown;

  /** Asks for the first page, or the next. Does nothing while a page is under way, or where there is no further one. */
  readonly more = (): void => {
    if (this.#abort !== undefined) return;
    const isFirst = this.#snapshot.covered === undefined && this.#cursor === undefined;
    if (!isFirst && this.#cursor === undefined) return;
    void this.#readPage();
  };

  /** Keeps what came. */
  readonly stop = (): void => {
    if (this.#abort === undefined) return;
    this.#abort.abort();
    this.#abort = undefined;
    this.#change({ status: 'stopped', hasMore: this.#cursor !== undefined });
  };

  async #readPage(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    const lines = this.#snapshot.lines.slice(0, this.#endedCount);
    this.#waiting = [];
    this.#change({
      status: 'running',
      error: undefined,
      progress: undefined,
      ...(lines.length < this.#snapshot.lines.length ? { lines } : {}),
    });
    try {
      for await (const records of this.#open(this.#cursor, abort.signal)) {
        if (abort.signal.aborted) return;
        for (const record of records) this.#take(record);
      }
      if (this.#abort === abort) this.#fail(new Error('the answer broke off'));
    } catch (error) {
      if (this.#abort === abort) this.#fail(error);
    }
  }

  #take(record: SearchRecord): void {
    if ('end' in record) return this.#end(record.end);
    if (!('progress' in record)) {
      this.#waiting.push(record);
      return this.#change({});
    }
    const { searched_to: searchedTo, share, scanned } = record.progress;
    this.#change({ progress: { searchedTo, share, scanned } });
  }

  #end({ complete, reason, error, next_cursor: cursor, covered_range: covered, took_ms: tookMs, scanned }: SearchEnd): void {
    this.#abort = undefined;
    this.#cursor = cursor ?? undefined;
    this.#takeIn();
    const before = this.#snapshot;
    this.#endedCount = before.lines.length;
    this.#change({
      status: complete ? 'done' : 'partial',
      reason: complete ? undefined : (error?.message ?? reason),
      hasMore: cursor !== null,
      progress: undefined,
      tookMs: before.tookMs + tookMs,
      scanned: before.scanned + scanned,
      covered: before.covered === undefined ? covered : widest(before.covered, covered),
    });
  }

  #fail(error: unknown): void {
    this.#abort = undefined;
    this.#change({ status: 'failed', error, hasMore: this.#cursor !== undefined });
  }

  #takeIn(): void {
    if (this.#waiting.length === 0) return;
    this.#snapshot = { ...this.#snapshot, lines: this.#snapshot.lines.concat(this.#waiting) };
    this.#waiting = [];
  }

  #change(changes: Partial<SearchSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changes };
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#takeIn();
      this.#shown = this.#snapshot;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

function widest(a: { from: string; to: string }, b: { from: string; to: string }): { from: string; to: string } {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}
