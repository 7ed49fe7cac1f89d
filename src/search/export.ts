/**
 * All lines of a search, however many: page after page of streamed searches at priority p2, so that exports share turns of
 * their own, hold no snapshot for long, and are read only as fast as the client takes them. The range is frozen at the
 * start; the end has a cursor behind the last line given, also where something broke, and a client whose connection broke
 * goes on behind the last line that it has.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { LogLine } from '#model/log-line.ts';
import { encodeCursor } from './cursor.ts';
import { lineKeyOf } from './line-key.ts';
import { completenessOf, plainRange } from './query-runner.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { readLine } from './read-line.ts';
import { planSearch } from './search-plan.ts';
import type { SearchPlan, SearchRequest } from './search-plan.ts';
import { openStream } from './streamed-search.ts';
import type { StreamEnd, StreamRecord } from './streamed-search.ts';
import type { ResolvedRange } from './time-range.ts';

export interface ExportRequest extends Omit<SearchRequest, 'limit' | 'offset'> {
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

export type ExportRecord =
  | { readonly kind: 'lines'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'end'; readonly end: ExportEnd };

export interface Export {
  readonly range: ResolvedRange;
  /** To be iterated to their end, or `return`ed, or the signal aborted. */
  readonly records: AsyncGenerator<ExportRecord>;
}

/** How often a page waits for a turn again, and how long before each; an export is in no hurry. */
const maxAttempts = 60;
const retryMs = 1000;

/** Begins the export; resolves when its first lines are there. AppError as a search. */
export async function openExport(runner: QueryRunner, request: ExportRequest, searcher: Searcher, signal: AbortSignal): Promise<Export> {
  const patient: Searcher = { ...searcher, priority: 'p2' };
  const plan = await planSearch(runner, await resumed(runner, request, patient, signal), patient);
  const pages = new ExportPages(runner, request, plan, signal);
  const first = await pages.open(patient);
  return { range: plan.range, records: pages.records(first, patient) };
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

class ExportPages {
  readonly #runner: QueryRunner;
  readonly #request: ExportRequest;
  readonly #plan: SearchPlan;
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  #lineCount = 0;
  /** Where the next page begins; undefined behind the last. */
  #cursor: string | undefined;
  /** Why the last page ended before its time, where it did. */
  #earlyEnd: string | undefined;
  /** Why lines may be missing. */
  #reason: string | undefined;

  constructor(runner: QueryRunner, request: ExportRequest, plan: SearchPlan, signal: AbortSignal) {
    this.#runner = runner;
    this.#request = request;
    this.#plan = plan;
    this.#signal = signal;
    this.#startedMs = runner.clock.monotonicMs();
    const { query, identity } = plan;
    this.#cursor = query.after === undefined ? undefined : encodeCursor(identity, query.range, query.after);
  }

  open(searcher: Searcher): Promise<AsyncGenerator<StreamRecord>> {
    const { query, filters, order, timeRange, allowWideRange } = this.#request;
    const limit = Math.min(this.#runner.config.max_limit, this.#remaining);
    const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    return openStream(this.#runner, { query, filters, order, timeRange, allowWideRange, limit, ...cursor }, searcher, this.#signal);
  }

  async *records(first: AsyncGenerator<StreamRecord>, searcher: Searcher): AsyncGenerator<ExportRecord> {
    let page: AsyncGenerator<StreamRecord> | undefined = first;
    try {
      while (page !== undefined) {
        const before = this.#cursor;
        for await (const record of page) {
          if (record.kind === 'end') this.#finishPage(record.end);
          if (record.kind !== 'lines') continue;
          this.#note(record.lines);
          yield record;
        }
        const goesOn = this.#cursor !== undefined && this.#cursor !== before && this.#remaining > 0;
        page = goesOn ? await this.#openWhenPossible(searcher) : undefined;
      }
    } catch (thrown) {
      this.#reason = toAppError(thrown).message;
    }
    yield { kind: 'end', end: this.#end() };
  }

  /** A further page is no further question of the key, so it takes none of its rate; it waits for a turn like any other. */
  async #openWhenPossible({ tenant, priority }: Searcher): Promise<AsyncGenerator<StreamRecord>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.open({ tenant, priority });
      } catch (thrown) {
        const { code, retryAfterMs = retryMs } = toAppError(thrown);
        if (code !== 'search_overloaded' || attempt === maxAttempts) throw thrown;
        await this.#runner.clock.sleep(retryAfterMs, this.#signal);
      }
    }
  }

  get #remaining(): number {
    return (this.#request.maxLines ?? Number.POSITIVE_INFINITY) - this.#lineCount;
  }

  #note(lines: readonly LogLine[]): void {
    const { identity, query } = this.#plan;
    this.#lineCount += lines.length;
    this.#cursor = encodeCursor(identity, plainRange(query.range), lineKeyOf(lines[lines.length - 1]));
  }

  /** A page that ended early goes on in the next one and lacks nothing; one with a reason that was read to its end does. */
  #finishPage({ nextCursor, complete, reason }: StreamEnd): void {
    this.#earlyEnd = reason;
    if (!complete && nextCursor === undefined) this.#reason = reason;
    this.#cursor = nextCursor;
  }

  #end(): ExportEnd {
    const stopped = this.#reason === undefined && this.#cursor !== undefined && this.#remaining > 0;
    const reason = stopped ? (this.#earlyEnd ?? 'the search could not go on') : this.#reason;
    return {
      lineCount: this.#lineCount,
      ...completenessOf({ complete: reason === undefined, ...(reason === undefined ? {} : { reason }) }),
      ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
      tookMs: this.#runner.elapsedMs(this.#startedMs),
    };
  }
}
