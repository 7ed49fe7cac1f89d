/**
 * The query service: requests of people and programs → questions to the store → answers that say how complete they are.
 *
 * Invariants: the tenant of every question to the store is the caller's and comes from nowhere else; every question has
 * limits and a signal that ends it in the engine when the client goes or the time is up; every answer gives its time
 * range, its cost and whether it is complete. Called by `api/`, which knows the shapes on the wire.
 */
import { AppError, toAppError } from '#base/errors.ts';
import { parseLineId } from '#base/ids.ts';
import { isLookup } from '#language/selectivity.ts';
import type { LogLine } from '#model/log-line.ts';
import type { AggregateAnswer, Bucket, CountAnswer, LineQuery, LinesAnswer, TimeRange } from '#store/log-store.ts';
import { checkAggregate } from './aggregate-plan.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';
import { withDeadline } from './deadline.ts';
import { nextPageKey } from './next-page.ts';
import { QueryRunner, completenessOf, overBound, plainRange } from './query-runner.ts';
import type { Answer, QueryRunnerOptions, SearchEvent, Searcher, Selection } from './query-runner.ts';
import type { ResolvedRange } from './time-range.ts';

export type { SearchEvent, Searcher };
export type SearchServiceOptions = QueryRunnerOptions;

export interface SearchRequest extends Selection {
  /** By event time; newest first when absent. */
  readonly order?: 'desc' | 'asc';
  readonly limit?: number;
  /** Lines to pass over, for paging by number; not together with a cursor. */
  readonly offset?: number;
  readonly cursor?: string;
}

export interface SearchAnswer extends Answer {
  readonly lines: readonly LogLine[];
  /** All lines that match, or at least so many where the relation is `gte`. */
  readonly total: number;
  readonly totalRelation: 'eq' | 'gte';
  readonly nextCursor?: string;
  /** The part of the range that this page has searched, where it stopped early. */
  readonly covered?: TimeRange;
}

export interface AggregateRequest extends Selection {
  readonly groupBy?: readonly string[];
  /** A duration such as `1m`. */
  readonly interval?: string;
  readonly metric: string;
}

export interface AggregateResult extends Answer {
  readonly groupBy: readonly string[];
  readonly buckets: readonly Bucket[];
  readonly extrapolated: boolean;
}

export class SearchService {
  /** For the other services over the same store: all share the turns of one admission. */
  readonly runner: QueryRunner;

  constructor(options: SearchServiceOptions) {
    this.runner = new QueryRunner(options);
  }

  /** Searches that run and wait now. */
  status(): { readonly running: number; readonly waiting: number } {
    return this.runner.status();
  }

  /**
   * One page of lines and the total. AppError: query_syntax, query_unsupported, invalid_time_range, invalid_cursor,
   * limit_exceeded, search_overloaded, search_unavailable, query_timeout, query_too_expensive, cancelled.
   */
  search(request: SearchRequest, searcher: Searcher, signal: AbortSignal): Promise<SearchAnswer> {
    return this.runner.measured('search', async (startedMs) => {
      const { query, identity, range } = await this.#planSearch(request, searcher);
      const page = await this.runner.admitted(searcher, signal, (readSignal) => this.#readPage(query, readSignal));
      const nextKey = nextPageKey(page, query);
      const covered = page.searchedToNs === undefined ? undefined : coveredRange(query, page.searchedToNs);
      return {
        ...completenessOf(page),
        lines: page.lines,
        total: page.total,
        totalRelation: page.totalRelation,
        ...(nextKey ? { nextCursor: encodeCursor(identity, query.range, nextKey) } : {}),
        ...(covered ? { covered } : {}),
        range,
        scannedRows: page.scannedRows,
        tookMs: this.runner.elapsedMs(startedMs),
      };
    });
  }

  /** Values by time and fields. AppError as `search`, and bad_request for a metric or field that cannot be read. */
  aggregate(request: AggregateRequest, searcher: Searcher, signal: AbortSignal): Promise<AggregateResult> {
    return this.runner.measured('aggregate', async (startedMs) => {
      const { config, store } = this.runner;
      const where = this.runner.parseSelection(request);
      const range = await this.runner.resolveRange(request, 'now', searcher);
      const plan = checkAggregate(request, range, config);
      const question = { tenant: searcher.tenant, where, range: plainRange(range), maxBuckets: config.max_buckets, ...plan };
      const answer: AggregateAnswer = await this.runner.admitted(searcher, signal, (readSignal) =>
        store.aggregate(question, this.runner.readOptions(readSignal)),
      );
      return {
        ...completenessOf(answer),
        groupBy: plan.groupBy,
        buckets: answer.buckets,
        extrapolated: answer.extrapolated,
        range,
        scannedRows: answer.scannedRows,
        tookMs: this.runner.elapsedMs(startedMs),
      };
    });
  }

  /** The line with this id; AppError `not_found`, also where another tenant has it. */
  lineById(id: string, searcher: Searcher, signal: AbortSignal): Promise<LogLine> {
    return this.runner.measured('line', async () => {
      const isOurs = id.length <= 64 && parseLineId(id) !== undefined;
      const read = (readSignal: AbortSignal) =>
        this.runner.store.lineById(searcher.tenant, id.toLowerCase(), this.runner.readOptions(readSignal));
      const line = isOurs ? await this.runner.admitted(searcher, signal, read) : undefined;
      if (line === undefined)
        throw new AppError('not_found', isOurs ? `there is no line with the id "${id}"` : 'this is not the id of a line');
      return line;
    });
  }

  async #planSearch(
    request: SearchRequest,
    searcher: Searcher,
  ): Promise<{ query: LineQuery; identity: SearchIdentity; range: ResolvedRange }> {
    const { config } = this.runner;
    const { order = 'desc', limit = Math.min(config.default_limit, config.max_limit), offset = 0, cursor } = request;
    if (limit > config.max_limit) throw overBound('limit', limit, config.max_limit, 'max_limit', 'ask for further pages with next_cursor');
    if (offset > config.max_offset)
      throw overBound('offset', offset, config.max_offset, 'max_offset', 'go on with the cursor from next_cursor, which has no such bound');
    if (offset > 0 && cursor !== undefined)
      throw new AppError('bad_request', 'offset and cursor exclude each other', { details: { field: 'offset' } });
    const where = this.runner.parseSelection(request);
    const identity = { tenant: searcher.tenant, where, order, askedRange: request.timeRange };
    const position = cursor === undefined ? undefined : decodeCursor(cursor, identity);
    const range = await this.runner.resolveRange(request, 'future-allowance', searcher, position?.range);
    const page = { limit, ...(position ? { after: position.after } : {}), ...(offset > 0 ? { offset } : {}) };
    return { query: { tenant: searcher.tenant, where, range: plainRange(range), order, ...page }, identity, range };
  }

  /**
   * Reads the page and, unless it shows all lines there are, counts. The two run side by side where a count is likely to be
   * needed; for an id it seldom is, and one begun in vain would have to be killed.
   */
  async #readPage(query: LineQuery, signal: AbortSignal): Promise<LinesAnswer & Total> {
    const counting = isLookup(query.where) ? undefined : this.#beginCount(query, signal);
    try {
      const page = await this.runner.store.findLines(query, this.runner.readOptions(signal));
      const offset = query.offset ?? 0;
      const seen = page.lines.length === 0 ? 0 : offset + page.lines.length;
      const isWhole = page.complete && !page.hasMore && query.after === undefined && (seen > 0 || offset === 0);
      if (isWhole) return { ...page, total: seen, totalRelation: 'eq' };
      const count = await (counting?.count ?? this.#countWithinBudget(query, signal));
      const scannedRows = page.scannedRows + (count?.scannedRows ?? 0);
      return { ...page, scannedRows, ...totalOf(count, seen + (page.hasMore ? 1 : 0)) };
    } finally {
      counting?.giveUp();
    }
  }

  #beginCount(query: LineQuery, signal: AbortSignal): { readonly count: Promise<CountAnswer | undefined>; giveUp(): void } {
    const abort = new AbortController();
    const count = this.#countWithinBudget(query, AbortSignal.any([signal, abort.signal]));
    // Whoever needs the count gets its error; given up, it has no one.
    count.catch(() => undefined);
    return { count, giveUp: () => abort.abort() };
  }

  /** The count, or undefined where it ran out of its own budget. Other errors are the search's. */
  async #countWithinBudget(query: LineQuery, signal: AbortSignal): Promise<CountAnswer | undefined> {
    const { store, clock, config } = this.runner;
    const { tenant, where, range } = query;
    const timeoutMs = Math.min(config.count_timeout, config.timeout);
    const expired = (): AppError => new AppError('query_timeout', 'the count ran out of its time');
    try {
      const count = (countSignal: AbortSignal) =>
        store.countLines({ tenant, where, range }, this.runner.readOptions(countSignal, timeoutMs));
      return await withDeadline(clock, { afterMs: timeoutMs, signal, expired }, count);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'query_timeout' || error.code === 'query_too_expensive') return undefined;
      throw error;
    }
  }
}

type Total = Pick<SearchAnswer, 'total' | 'totalRelation'>;

/** The page and the count come from two moments: a total is never less than what the page shows. */
function totalOf(count: CountAnswer | undefined, atLeast: number): Total {
  if (count === undefined) return { total: atLeast, totalRelation: 'gte' };
  return { total: Math.max(count.total, atLeast), totalRelation: count.complete ? 'eq' : 'gte' };
}

function coveredRange({ range, order, after }: LineQuery, searchedToNs: bigint): TimeRange {
  if (order === 'desc') return { fromNs: searchedToNs, toNs: after === undefined ? range.toNs : after.tsNs + 1n };
  return { fromNs: after?.tsNs ?? range.fromNs, toNs: searchedToNs };
}
