/**
 * The query service: requests of people and programs → questions to the store → answers that say how complete they are.
 *
 * Invariants: the tenant of every question to the store is the caller's and comes from nowhere else; every question has
 * limits and a signal that ends it in the engine when the client goes or the time is up; every answer gives its time
 * range, its cost and whether it is complete. Called by `api/`, which knows the shapes on the wire.
 */
import { AppError, toAppError } from '#base/errors.ts';
import { parseLineId } from '#base/ids.ts';
import type { QueryNode } from '#language/ast.ts';
import { defaultQueryConfig } from '#language/config.ts';
import type { QueryConfig } from '#language/config.ts';
import { allOf, parseFilters } from '#language/filters.ts';
import { parseQuery } from '#language/parser.ts';
import { isLookup } from '#language/selectivity.ts';
import type { LogLine } from '#model/log-line.ts';
import type { Clock } from '#platform/clock.ts';
import type { AggregateAnswer, Bucket, CountAnswer, LineQuery, LinesAnswer, LogStore, ReadOptions, TimeRange } from '#store/log-store.ts';
import { SearchAdmission } from './admission.ts';
import { checkAggregate } from './aggregate-plan.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';
import { withDeadline } from './deadline.ts';
import { nextPageKey } from './next-page.ts';
import { checkWidth, resolveTimeRange } from './time-range.ts';
import type { ResolvedRange, TimeRangeSpec } from './time-range.ts';

/** Whose lines are asked for. */
export interface Searcher {
  readonly tenant: string;
}

interface Selection {
  /** Query language; empty or absent: all lines. */
  readonly query?: string;
  /** Field → value or list of values. */
  readonly filters?: unknown;
  readonly timeRange?: TimeRangeSpec;
  readonly allowWideRange?: boolean;
}

export interface SearchRequest extends Selection {
  /** By event time; newest first when absent. */
  readonly order?: 'desc' | 'asc';
  readonly limit?: number;
  /** Lines to pass over, for paging by number; not together with a cursor. */
  readonly offset?: number;
  readonly cursor?: string;
}

interface Answer {
  /** What was searched. */
  readonly range: ResolvedRange;
  readonly tookMs: number;
  /** Lines read, not lines found. */
  readonly scannedRows: number;
  readonly complete: boolean;
  readonly reason?: string;
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

/** What happened to a request, for metrics; `outcome` is `ok`, `incomplete` or an error code. */
export interface SearchEvent {
  readonly kind: 'search' | 'aggregate' | 'line';
  readonly outcome: string;
  readonly tookMs: number;
  readonly scannedRows: number;
}

export interface SearchServiceOptions {
  readonly store: LogStore;
  readonly config: SearchConfig;
  readonly queryConfig?: QueryConfig;
  readonly clock: Clock;
  /** First and last event time of a tenant's lines; asked only for ranges over the bound. */
  readonly dataExtent?: (tenant: string) => Promise<TimeRange | undefined>;
  readonly observe?: (event: SearchEvent) => void;
}

export class SearchService {
  readonly #options: SearchServiceOptions;
  readonly #admission: SearchAdmission;

  constructor(options: SearchServiceOptions) {
    this.#options = options;
    this.#admission = new SearchAdmission(options.config, options.clock);
  }

  /** Searches that run and wait now. */
  status(): { readonly running: number; readonly waiting: number } {
    return { running: this.#admission.running, waiting: this.#admission.waiting };
  }

  /**
   * One page of lines and the total. AppError: query_syntax, query_unsupported, invalid_time_range, invalid_cursor,
   * limit_exceeded, search_overloaded, search_unavailable, query_timeout, query_too_expensive, cancelled.
   */
  search(request: SearchRequest, searcher: Searcher, signal: AbortSignal): Promise<SearchAnswer> {
    return this.#measured('search', async (startedMs) => {
      const { query, identity, range } = await this.#planSearch(request, searcher);
      const page = await this.#admitted(searcher, signal, (readSignal) => this.#readPage(query, readSignal));
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
        tookMs: this.#elapsedMs(startedMs),
      };
    });
  }

  /** Values by time and fields. AppError as `search`, and bad_request for a metric or field that cannot be read. */
  aggregate(request: AggregateRequest, searcher: Searcher, signal: AbortSignal): Promise<AggregateResult> {
    return this.#measured('aggregate', async (startedMs) => {
      const { config, store } = this.#options;
      const where = this.#parseSelection(request);
      const range = await this.#resolveRange(request, 'now', searcher);
      const plan = checkAggregate(request, range, config);
      const question = { tenant: searcher.tenant, where, range: plainRange(range), maxBuckets: config.max_buckets, ...plan };
      const answer: AggregateAnswer = await this.#admitted(searcher, signal, (readSignal) =>
        store.aggregate(question, this.#readOptions(readSignal)),
      );
      return {
        ...completenessOf(answer),
        groupBy: plan.groupBy,
        buckets: answer.buckets,
        extrapolated: answer.extrapolated,
        range,
        scannedRows: answer.scannedRows,
        tookMs: this.#elapsedMs(startedMs),
      };
    });
  }

  /** The line with this id; AppError `not_found`, also where another tenant has it. */
  lineById(id: string, searcher: Searcher, signal: AbortSignal): Promise<LogLine> {
    return this.#measured('line', async () => {
      const isOurs = id.length <= 64 && parseLineId(id) !== undefined;
      const read = (readSignal: AbortSignal) =>
        this.#options.store.lineById(searcher.tenant, id.toLowerCase(), this.#readOptions(readSignal));
      const line = isOurs ? await this.#admitted(searcher, signal, read) : undefined;
      if (line === undefined)
        throw new AppError('not_found', isOurs ? `there is no line with the id "${id}"` : 'this is not the id of a line');
      return line;
    });
  }

  async #planSearch(
    request: SearchRequest,
    searcher: Searcher,
  ): Promise<{ query: LineQuery; identity: SearchIdentity; range: ResolvedRange }> {
    const { config } = this.#options;
    const { order = 'desc', limit = Math.min(config.default_limit, config.max_limit), offset = 0, cursor } = request;
    if (limit > config.max_limit) throw overBound('limit', limit, config.max_limit, 'max_limit', 'ask for further pages with next_cursor');
    if (offset > config.max_offset)
      throw overBound('offset', offset, config.max_offset, 'max_offset', 'go on with the cursor from next_cursor, which has no such bound');
    if (offset > 0 && cursor !== undefined)
      throw new AppError('bad_request', 'offset and cursor exclude each other', { details: { field: 'offset' } });
    const where = this.#parseSelection(request);
    const identity = { tenant: searcher.tenant, where, order, askedRange: request.timeRange };
    const position = cursor === undefined ? undefined : decodeCursor(cursor, identity);
    const range = await this.#resolveRange(request, 'future-allowance', searcher, position?.range);
    const page = { limit, ...(position ? { after: position.after } : {}), ...(offset > 0 ? { offset } : {}) };
    return { query: { tenant: searcher.tenant, where, range: plainRange(range), order, ...page }, identity, range };
  }

  #parseSelection({ query = '', filters }: Selection): QueryNode {
    const { queryConfig = defaultQueryConfig } = this.#options;
    return allOf([parseQuery(query, queryConfig), parseFilters(filters, queryConfig)]);
  }

  /** A later page keeps the first page's range; its width is checked all the same, for a cursor can be forged. */
  async #resolveRange(
    { timeRange, allowWideRange = false }: Selection,
    openEnd: 'now' | 'future-allowance',
    { tenant }: Searcher,
    frozen?: TimeRange,
  ): Promise<ResolvedRange> {
    const { clock, config, dataExtent } = this.#options;
    const range = frozen
      ? { ...frozen, byDefault: timeRange === undefined }
      : resolveTimeRange(timeRange, { nowMs: clock.nowMs(), openEnd }, config);
    await checkWidth(range, allowWideRange, config, dataExtent && (() => dataExtent(tenant)));
    return range;
  }

  /**
   * Reads the page and, unless it shows all lines there are, counts. The two run side by side where a count is likely to be
   * needed; for an id it seldom is, and one begun in vain would have to be killed.
   */
  async #readPage(query: LineQuery, signal: AbortSignal): Promise<LinesAnswer & Total> {
    const counting = isLookup(query.where) ? undefined : this.#beginCount(query, signal);
    try {
      const page = await this.#options.store.findLines(query, this.#readOptions(signal));
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
    const { store, clock, config } = this.#options;
    const { tenant, where, range } = query;
    const timeoutMs = Math.min(config.count_timeout, config.timeout);
    const expired = (): AppError => new AppError('query_timeout', 'the count ran out of its time');
    try {
      const count = (countSignal: AbortSignal) => store.countLines({ tenant, where, range }, this.#readOptions(countSignal, timeoutMs));
      return await withDeadline(clock, { afterMs: timeoutMs, signal, expired }, count);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'query_timeout' || error.code === 'query_too_expensive') return undefined;
      throw error;
    }
  }

  /** Waits for a turn, then runs the question within its time. */
  #admitted<T>({ tenant }: Searcher, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, config } = this.#options;
    const expired = (): AppError => timedOut(config.timeout);
    return this.#admission.run(tenant, signal, () => withDeadline(clock, { afterMs: config.timeout + graceMs, signal, expired }, ask));
  }

  #readOptions(signal: AbortSignal, timeoutMs = this.#options.config.timeout): ReadOptions {
    const { max_memory: maxMemoryBytes, max_scanned_rows: maxScannedRows } = this.#options.config;
    return { limits: { timeoutMs, maxMemoryBytes, maxScannedRows }, signal };
  }

  /** Runs a request, turns what it throws into an AppError that names its setting, and tells the observer. */
  async #measured<T extends object>(kind: SearchEvent['kind'], run: (startedMs: number) => Promise<T>): Promise<T> {
    const startedMs = this.#options.clock.monotonicMs();
    const tell = (outcome: string, scannedRows: number): void =>
      this.#options.observe?.({ kind, outcome, scannedRows, tookMs: this.#elapsedMs(startedMs) });
    try {
      const answer = await run(startedMs);
      const { complete = true, scannedRows = 0 } = answer as Partial<Answer>;
      tell(complete ? 'ok' : 'incomplete', scannedRows);
      return answer;
    } catch (thrown) {
      const error = this.#withSetting(toAppError(thrown));
      tell(error.code, 0);
      throw error;
    }
  }

  #withSetting(error: AppError): AppError {
    if (error.details['setting'] !== undefined) return error;
    return error.code === 'query_timeout' ? timedOut(this.#options.config.timeout, error) : error;
  }

  #elapsedMs(startedMs: number): number {
    return Math.round(this.#options.clock.monotonicMs() - startedMs);
  }
}

/** The store has the limit too and stops first; this bound is for a store that does not answer at all. */
const graceMs = 2000;

type Total = Pick<SearchAnswer, 'total' | 'totalRelation'>;

/** The page and the count come from two moments: a total is never less than what the page shows. */
function totalOf(count: CountAnswer | undefined, atLeast: number): Total {
  if (count === undefined) return { total: atLeast, totalRelation: 'gte' };
  return { total: Math.max(count.total, atLeast), totalRelation: count.complete ? 'eq' : 'gte' };
}

function completenessOf({ complete, reason }: { readonly complete: boolean; readonly reason?: string }): {
  complete: boolean;
  reason?: string;
} {
  return complete ? { complete } : { complete, reason: reason ?? 'unknown' };
}

function coveredRange({ range, order, after }: LineQuery, searchedToNs: bigint): TimeRange {
  if (order === 'desc') return { fromNs: searchedToNs, toNs: after === undefined ? range.toNs : after.tsNs + 1n };
  return { fromNs: after?.tsNs ?? range.fromNs, toNs: searchedToNs };
}

function plainRange({ fromNs, toNs }: TimeRange): TimeRange {
  return { fromNs, toNs };
}

function overBound(name: string, value: number, bound: number, setting: keyof SearchConfig, advice: string): AppError {
  return new AppError('limit_exceeded', `${name} ${value} is over the bound of ${bound}; ${advice}`, {
    details: { setting: settingPath(setting), max: bound },
  });
}

function timedOut(timeoutMs: number, cause?: AppError): AppError {
  return new AppError('query_timeout', `the query took longer than ${timeoutMs} ms; narrow its time range or add filters`, {
    details: { setting: settingPath('timeout'), max_ms: timeoutMs },
    cause,
  });
}
