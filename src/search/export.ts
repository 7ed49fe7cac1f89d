/**
 * All lines of a search, however many: page after page at priority p2, so that exports share turns of their own, hold no
 * snapshot for long, and read only as fast as the client takes. The range is frozen at the
 * start; the end has a cursor behind the last line given, also where something broke, and a client whose connection broke
 * goes on behind the last line that it has.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey, LineQuery } from '#store/log-store.ts';
import { encodeCursor } from './cursor.ts';
import { lineKeyOf } from './line-key.ts';
import { nextPageKey } from './next-page.ts';
import { completenessOf } from './query-runner.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { readLine } from './read-line.ts';
import { planSearch } from './search-plan.ts';
import type { SearchPlan, SearchRequest } from './search-plan.ts';
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

/**
 * Lines of a page: few at first, then as many as make some bytes, for the store holds a page in memory. Where one fails all
 * the same, because its lines are longer than those before, it is tried with fewer.
 */
const firstPageLines = 400;
const leastPageLines = 40;
const pageBytes = 16 * 2 ** 20;
const shrinkage = 10;

/** How often a page waits for a turn again, and how long before each; an export is in no hurry. */
const maxAttempts = 60;
const retryMs = 1000;

/** Begins the export; resolves when its first lines are there. AppError as a search. */
export async function openExport(runner: QueryRunner, request: ExportRequest, searcher: Searcher, signal: AbortSignal): Promise<Export> {
  const patient: Searcher = { ...searcher, priority: 'p2' };
  const plan = await planSearch(runner, await resumed(runner, request, patient, signal), patient);
  const pages = new ExportPages(runner, plan, request.maxLines ?? Number.POSITIVE_INFINITY, signal);
  const first = await pages.read(patient);
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
  readonly #plan: SearchPlan;
  readonly #maxLines: number;
  readonly #signal: AbortSignal;
  readonly #startedMs: number;
  #pageLines = firstPageLines;
  #lineCount = 0;
  /** Behind what was read; undefined at the beginning. */
  #after: LineKey | undefined;
  #hasMore = true;
  #reason: string | undefined;

  constructor(runner: QueryRunner, plan: SearchPlan, maxLines: number, signal: AbortSignal) {
    this.#runner = runner;
    this.#plan = plan;
    this.#maxLines = maxLines;
    this.#signal = signal;
    this.#startedMs = runner.clock.monotonicMs();
    this.#after = plan.query.after;
  }

  /** The next lines; the turn is given back before they are handed on, so a slow client holds none. */
  async read(searcher: Searcher): Promise<readonly LogLine[]> {
    const { config, store } = this.#runner;
    const limit = Math.min(this.#pageLines, config.max_limit, this.#maxLines - this.#lineCount);
    const query: LineQuery = { ...this.#plan.query, limit, ...(this.#after ? { after: this.#after } : {}) };
    const read = () => this.#runner.admitted(searcher, this.#signal, (_, options) => store.bulkLines(query, options));
    const page = await this.#runner.measured('export', read);
    const next = nextPageKey(page, query);
    this.#hasMore = next !== undefined;
    this.#after = next ?? page.lastKey ?? this.#after;
    this.#reason ??= page.reason;
    this.#lineCount += page.lines.length;
    this.#pageLines = fittingLines(page.lines, this.#pageLines);
    return page.lines;
  }

  async *records(first: readonly LogLine[], searcher: Searcher): AsyncGenerator<ExportRecord> {
    for (let lines: readonly LogLine[] | undefined = first; lines !== undefined; ) {
      if (lines.length > 0) yield { kind: 'lines', lines };
      lines = this.#hasMore && this.#lineCount < this.#maxLines ? await this.#readWhenPossible(searcher) : undefined;
    }
    yield { kind: 'end', end: this.#end() };
  }

  /**
   * A further page is no further question of the key, so it takes none of its rate; it waits for a turn like any other.
   * Undefined where an error ends the export.
   */
  async #readWhenPossible({ tenant, priority }: Searcher): Promise<readonly LogLine[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.read({ tenant, priority });
      } catch (thrown) {
        const { code, message, retryAfterMs = retryMs } = toAppError(thrown);
        if (code === 'search_overloaded' && attempt < maxAttempts) await this.#runner.clock.sleep(retryAfterMs, this.#signal);
        else if (code !== 'cancelled' && this.#pageLines > leastPageLines) this.#pageLines = Math.ceil(this.#pageLines / shrinkage);
        else {
          this.#reason = message;
          return undefined;
        }
      }
    }
  }

  #end(): ExportEnd {
    const { identity, query } = this.#plan;
    const reason = this.#reason;
    return {
      lineCount: this.#lineCount,
      ...completenessOf({ complete: reason === undefined, ...(reason === undefined ? {} : { reason }) }),
      ...(this.#hasMore && this.#after ? { cursor: encodeCursor(identity, query.range, this.#after) } : {}),
      tookMs: this.#runner.elapsedMs(this.#startedMs),
    };
  }
}

/** Lines of the next page, told from those of the last. */
function fittingLines(lines: readonly LogLine[], before: number): number {
  if (lines.length === 0) return before;
  const bytes = lines.reduce((sum, { message, raw, attributes }) => sum + message.length + raw.length + attributes.values.join().length, 0);
  return Math.max(leastPageLines, Math.floor(pageBytes / Math.max(64, bytes / lines.length)));
}
