/**
 * All lines of a search, however many, as bytes that the engine rendered: window after window at priority p2, so that
 * exports share turns of their own, hold no snapshot for long, and read only as fast as the client takes. The range is
 * frozen at the start; the end has a cursor behind the last line given, also where something broke, and a client whose
 * connection broke goes on behind the last line that it has.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { BulkEnd, LineFormat, RenderedLines } from '#store/bulk-reads.ts';
import type { LineKey } from '#store/log-store.ts';
import { encodeCursor } from './cursor.ts';
import { lineKeyOf } from './line-key.ts';
import { nextPageKey } from './next-page.ts';
import { completenessOf } from './query-runner.ts';
import type { QueryRunner, Searcher, SignalledRead } from './query-runner.ts';
import { ReadAhead } from './read-ahead.ts';
import { readLine } from './read-line.ts';
import { planSearch } from './search-plan.ts';
import type { SearchPlan, SearchRequest } from './search-plan.ts';
import type { ResolvedRange } from './time-range.ts';

export interface ExportRequest extends Omit<SearchRequest, 'limit' | 'offset'> {
  readonly format: LineFormat;
  /** Absent: all. */
  readonly maxLines?: number;
  /** Id of the last line that the client has; in place of a cursor. */
  readonly resumeAfter?: string;
}

export interface ExportEnd {
  readonly lineCount: number;
  readonly complete: boolean;
  readonly reason?: string;
  /** Behind the last line given, where there may be more. */
  readonly cursor?: string;
  readonly tookMs: number;
}

export interface Export {
  readonly range: ResolvedRange;
  /** To be iterated to their end, or `return`ed, or the signal aborted. */
  readonly lines: AsyncGenerator<RenderedLines>;
  /** To be asked when the lines have ended. */
  end(): ExportEnd;
  /** Lines from the beginning among which none is missing: those of windows that the store read as a whole. */
  wholeLines(): number;
  /** A cursor behind a line that was given. */
  cursorBehind(key: LineKey): string;
}

/**
 * Lines of a window: few at first, then as many as make some bytes, for the engine sorts a window in memory. Where one
 * fails all the same, because its lines are longer than those before, it is tried with fewer.
 */
const firstWindowLines = 16_384;
const leastWindowLines = 64;
const windowBytes = 64 * 2 ** 20;
const growth = 4;
/** Of the lines that came within its turn, where the client was too slow for more. */
const shrinkage = 4;

/** How often a window waits for a turn again, and how long before each; an export is in no hurry. */
const maxAttempts = 60;
const retryMs = 1000;
const passingCodes: ReadonlySet<string> = new Set(['search_overloaded', 'search_unavailable']);

/** Begins the export; resolves when its first lines are there. AppError as a search. */
export async function openExport(runner: QueryRunner, request: ExportRequest, searcher: Searcher, signal: AbortSignal): Promise<Export> {
  const patient: Searcher = { ...searcher, priority: 'p2' };
  const plan = await planSearch(runner, await resumed(runner, request, patient, signal), patient);
  const reader = new ExportReader(runner, plan, request, signal);
  await reader.begin(patient);
  return {
    range: plan.range,
    lines: reader.lines(),
    end: () => reader.end(),
    wholeLines: () => reader.wholeLines,
    cursorBehind: (key) => encodeCursor(plan.identity, plan.query.range, key),
  };
}

/** The request with the cursor that stands for its `resumeAfter`. */
async function resumed(runner: QueryRunner, request: ExportRequest, searcher: Searcher, signal: AbortSignal): Promise<ExportRequest> {
  const { resumeAfter, cursor } = request;
  if (resumeAfter === undefined) return request;
  if (cursor !== undefined)
    throw new AppError('bad_request', 'cursor and resume_after exclude each other', { details: { field: 'resume_after' } });
  const line = await runner.admitted(searcher, signal, (_, options) => readLine(runner, resumeAfter, searcher, options));
  const { identity, query } = await planSearch(runner, request, searcher);
  return { ...request, cursor: encodeCursor(identity, query.range, lineKeyOf(line)) };
}

class ExportReader {
  readonly #runner: QueryRunner;
  readonly #plan: SearchPlan;
  readonly #format: LineFormat;
  readonly #maxLines: number;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  readonly #ahead: ReadAhead<RenderedLines>;
  readonly #first = Promise.withResolvers<void>();
  #windowLines = firstWindowLines;
  #lineCount = 0;
  #byteCount = 0;
  /** Behind what was read; undefined at the beginning. */
  #after: LineKey | undefined;
  #hasMore = true;
  #reason: string | undefined;
  #hasFailed = false;
  wholeLines = 0;

  constructor(runner: QueryRunner, plan: SearchPlan, { format, maxLines = Number.POSITIVE_INFINITY }: ExportRequest, signal: AbortSignal) {
    this.#runner = runner;
    this.#plan = plan;
    this.#format = format;
    this.#maxLines = maxLines;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#startedMs = runner.clock.monotonicMs();
    this.#ahead = new ReadAhead(runner.config.export_read_ahead);
    this.#after = plan.query.after;
  }

  /** Reads from now on; resolves with the first lines, and rejects with what kept them from coming. */
  begin(searcher: Searcher): Promise<void> {
    void this.#readAll(searcher);
    return this.#first.promise;
  }

  async *lines(): AsyncGenerator<RenderedLines> {
    try {
      yield* this.#ahead.items();
    } finally {
      this.#stop.abort();
    }
  }

  end(): ExportEnd {
    const { identity, query } = this.#plan;
    const reason = this.#reason;
    return {
      lineCount: this.#lineCount,
      ...completenessOf({ complete: reason === undefined, ...(reason === undefined ? {} : { reason }) }),
      ...(this.#hasMore && this.#after ? { cursor: encodeCursor(identity, query.range, this.#after) } : {}),
      tookMs: this.#runner.elapsedMs(this.#startedMs),
    };
  }

  async #readAll(searcher: Searcher): Promise<void> {
    try {
      await this.#readWindow(searcher);
    } catch (thrown) {
      // Before the first line there is still an answer to say it with.
      if (this.#lineCount === 0) this.#first.reject(thrown);
      this.#fail(toAppError(thrown).message);
    }
    this.#first.resolve();
    while (!this.#hasFailed && this.#hasMore && this.#lineCount < this.#maxLines) {
      await this.#ahead.room(this.#signal);
      await this.#readWhenPossible(searcher);
    }
    this.#ahead.close();
  }

  /** A further window is no further question of the key, so it takes none of its rate; it waits for a turn like any other. */
  async #readWhenPossible({ tenant, priority }: Searcher): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readWindow({ tenant, priority });
      } catch (thrown) {
        const { code, message, retryAfterMs = retryMs } = toAppError(thrown);
        if (this.#signal.aborted) return this.#fail('the client went away');
        if (passingCodes.has(code) && attempt < maxAttempts) await this.#runner.clock.sleep(retryAfterMs, this.#signal);
        else if (this.#windowLines > leastWindowLines) this.#windowLines = Math.ceil(this.#windowLines / 10);
        else return this.#fail(message);
      }
    }
  }

  #fail(reason: string): void {
    this.#hasFailed = true;
    this.#reason = reason;
  }

  /** One turn: a window of lines, or as many of them as the client takes meanwhile. */
  async #readWindow(searcher: Searcher): Promise<void> {
    const { config } = this.#runner;
    const limit = Math.min(this.#windowLines, config.export_window_lines, this.#maxLines - this.#lineCount);
    const before = this.#lineCount;
    const end = await this.#runner.measured('export', () =>
      this.#runner.admitted(searcher, this.#signal, (_, options) => this.#readTurn(limit, options)),
    );
    const wanted = end.isCutShort ? Math.ceil((this.#lineCount - before) / shrinkage) : limit * growth;
    this.#windowLines = Math.max(leastWindowLines, Math.min(wanted, this.#fittingLines()));
  }

  async #readTurn(limit: number, options: SignalledRead): Promise<{ readonly isCutShort: boolean }> {
    const { clock, config, store } = this.#runner;
    const turnEndMs = clock.monotonicMs() + config.export_turn;
    const query = { ...this.#plan.query, limit, ...(this.#after ? { after: this.#after } : {}) };
    const reading = store.bulkLines(query, this.#format, options);
    for (let step = await reading.next(); ; step = await reading.next()) {
      if (step.done) {
        this.#noteEnd(step.value, query);
        return { isCutShort: false };
      }
      this.#give(step.value);
      if (this.#ahead.isFull) await this.#untilRoom(turnEndMs, options.signal);
      if (clock.monotonicMs() < turnEndMs) continue;
      await reading.return({ hasMore: true });
      return { isCutShort: true };
    }
  }

  #give(lines: RenderedLines): void {
    this.#after = lines.lastKey;
    this.#lineCount += lines.lineCount;
    this.#byteCount += lines.bytes.length;
    this.#ahead.push(lines);
    this.#first.resolve();
  }

  #noteEnd({ hasMore, searchedToNs, reason }: BulkEnd, query: SearchPlan['query']): void {
    const next = nextPageKey(
      { hasMore, ...(this.#after ? { lastKey: this.#after } : {}), ...(searchedToNs === undefined ? {} : { searchedToNs }) },
      query,
    );
    this.#hasMore = next !== undefined;
    this.#after = next ?? this.#after;
    this.#reason ??= reason;
    if (this.#reason === undefined) this.wholeLines = this.#lineCount;
  }

  /** Until the client has taken some, or the turn is over. */
  async #untilRoom(turnEndMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#runner;
    const isOver = new AbortController();
    const ended = AbortSignal.any([signal, isOver.signal]);
    const roomOrEnd = this.#ahead.room(ended);
    await Promise.race([roomOrEnd, clock.sleep(Math.max(1, turnEndMs - clock.monotonicMs()), ended)]);
    isOver.abort();
  }

  #fittingLines(): number {
    return this.#lineCount === 0 ? firstWindowLines : Math.floor(windowBytes / Math.max(64, this.#byteCount / this.#lineCount));
  }
}
