/**
 * A search whose lines come as they are found: lines, how far it is, and at the end what it covers. It is one question
 * with one turn and one time limit; when the time is up, or the client stops, what came stays, and the end says up to
 * where it is whole. The store is asked for the next step only when the client has taken the last one.
 */
import { toAppError } from '#base/errors.ts';
import type { AppError } from '#base/errors.ts';
import type { LogLine } from '#model/log-line.ts';
import type { CountAnswer, LineKey, LinesStep, TimeRange } from '#store/log-store.ts';
import { encodeCursor } from './cursor.ts';
import { Handoff } from './handoff.ts';
import { countWithinBudget, totalOf } from './line-count.ts';
import type { Total } from './line-count.ts';
import { nextPageKey } from './next-page.ts';
import type { Answer, QueryRunner, Searcher, SignalledRead } from './query-runner.ts';
import { planSearch } from './search-plan.ts';
import type { SearchPlan, SearchRequest } from './search-plan.ts';

export interface StreamRequest extends Omit<SearchRequest, 'offset'> {
  /** Whether all matching lines shall be counted beside it. */
  readonly withTotal?: boolean;
}

export interface StreamProgress {
  /** In the order of the search, everything before it was searched. */
  readonly searchedToNs: bigint;
  /** Share of the time in which there can be lines. */
  readonly share: number;
  readonly found: number;
  readonly scannedRows: number;
}

export interface StreamEnd extends Answer {
  readonly found: number;
  readonly total?: Total;
  /** Where the search goes on: behind the limit, or behind what the time sufficed for. */
  readonly nextCursor?: string;
  /** The part of the range that was searched. */
  readonly covered: TimeRange;
  /** What ended it, where that was an error. */
  readonly error?: AppError;
}

export type StreamRecord =
  | { readonly kind: 'lines'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'progress'; readonly progress: StreamProgress }
  | { readonly kind: 'end'; readonly end: StreamEnd };

/**
 * Begins the search; resolves when its first lines are there, so that what is wrong with it is still an error. The records
 * must be iterated to their end, or `return`ed, or the signal aborted. AppError as a search.
 */
export async function openStream(
  runner: QueryRunner,
  request: StreamRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<AsyncGenerator<StreamRecord>> {
  const startedMs = runner.clock.monotonicMs();
  const plan = await planSearch(runner, request, searcher);
  const search = new StreamedSearch(runner, plan, request.withTotal === true, searcher, signal);
  const first = await search.begin();
  return search.records(first, startedMs);
}

class StreamedSearch {
  readonly #runner: QueryRunner;
  readonly #plan: SearchPlan;
  readonly #withTotal: boolean;
  readonly #steps = new Handoff<LinesStep>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<Ended>;
  #count: CountAnswer | undefined;
  #found = 0;
  #last: LinesStep | undefined;
  #lastKey: LineKey | undefined;

  constructor(runner: QueryRunner, plan: SearchPlan, withTotal: boolean, searcher: Searcher, signal: AbortSignal) {
    this.#runner = runner;
    this.#plan = plan;
    this.#withTotal = withTotal;
    const stop = AbortSignal.any([signal, this.#stopping.signal]);
    this.#running = runner
      .measured('stream', () =>
        runner.admitted(searcher, stop, (_, options) => this.#run(options), {
          kind: 'search',
          where: plan.query.where,
          range: plan.query.range,
        }),
      )
      .catch((thrown: unknown) => ({ error: toAppError(thrown) }))
      .finally(() => this.#steps.end());
  }

  /** The first step; AppError where there is none because of an error. One that only took too long has an end like any other. */
  async begin(): Promise<LinesStep | undefined> {
    const first = await this.#steps.take();
    if (first !== undefined) return first;
    const { error } = await this.#running;
    if (error !== undefined && error.code !== 'query_timeout') throw error;
    return undefined;
  }

  async *records(first: LinesStep | undefined, startedMs: number): AsyncGenerator<StreamRecord> {
    try {
      for (let step = first; step !== undefined; step = await this.#steps.take()) {
        this.#note(step);
        if (step.lines.length > 0) yield { kind: 'lines', lines: step.lines };
        const { searchedToNs, share, scannedRows } = step;
        yield { kind: 'progress', progress: { searchedToNs, share, scannedRows, found: this.#found } };
      }
      yield { kind: 'end', end: await this.#end(startedMs) };
    } finally {
      this.#stopping.abort();
    }
  }

  /** Lines and count side by side; the turn is given back after both. */
  async #run(options: SignalledRead): Promise<Ended> {
    const counting = this.#withTotal ? this.#countLines(options).catch(() => undefined) : undefined;
    const ended = await this.#feed(options);
    this.#count = await counting;
    return ended;
  }

  #countLines(options: SignalledRead): Promise<CountAnswer | undefined> {
    const { store } = this.#runner;
    return countWithinBudget(this.#runner, options, (countOptions) => store.countLines(this.#plan.query, countOptions));
  }

  async #feed(options: SignalledRead): Promise<Ended> {
    let last: LinesStep | undefined;
    for await (const step of this.#runner.store.streamLines(this.#plan.query, options)) {
      last = step;
      await this.#steps.push(step, options.signal);
      if (options.signal.aborted) break;
    }
    return { scannedRows: last?.scannedRows ?? 0, complete: last?.reason === undefined };
  }

  #note(step: LinesStep): void {
    this.#found += step.lines.length;
    this.#last = step;
    this.#lastKey = step.lastKey ?? this.#lastKey;
  }

  async #end(startedMs: number): Promise<StreamEnd> {
    const { query, identity, range } = this.#plan;
    const { error } = await this.#running;
    const reason = error?.code === 'internal' ? 'an internal error' : (error?.message ?? this.#last?.reason);
    const next = this.#nextKey();
    return {
      range,
      found: this.#found,
      ...(this.#withTotal ? { total: totalOf(this.#count, this.#found) } : {}),
      ...(next ? { nextCursor: encodeCursor(identity, query.range, next) } : {}),
      covered: this.#covered(),
      complete: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(error ? { error } : {}),
      scannedRows: this.#last?.scannedRows ?? 0,
      tookMs: this.#runner.elapsedMs(startedMs),
    };
  }

  /** Behind the last line where more of the searched part is to come, else the border of what was searched. */
  #nextKey(): LineKey | undefined {
    const { query } = this.#plan;
    if (this.#last === undefined) return undefined;
    const { hasMore, searchedToNs } = this.#last;
    const isWhole = !hasMore && searchedToNs === (query.order === 'desc' ? query.range.fromNs : query.range.toNs);
    if (isWhole) return undefined;
    return nextPageKey({ hasMore, searchedToNs, ...(this.#lastKey ? { lastKey: this.#lastKey } : {}) }, query);
  }

  #covered(): TimeRange {
    const { range, order, after } = this.#plan.query;
    const begin = order === 'desc' ? (after === undefined ? range.toNs : after.tsNs + 1n) : (after?.tsNs ?? range.fromNs);
    const end = this.#last?.searchedToNs ?? begin;
    return order === 'desc' ? { fromNs: end, toNs: begin } : { fromNs: begin, toNs: end };
  }
}

/** What became of the reading. */
interface Ended {
  readonly error?: AppError;
  readonly complete?: boolean;
  readonly scannedRows?: number;
}
