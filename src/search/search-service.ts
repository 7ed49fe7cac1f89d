/**
 * The query service: requests of people and programs → questions to the store → answers that say how complete they are.
 *
 * Invariants: the tenant of every question to the store is the caller's and comes from nowhere else; every question has
 * limits and a signal that ends it in the engine when the client goes or the time is up; every answer gives its time
 * range, its cost and whether it is complete. Called by `api/`, which knows the shapes on the wire.
 */
import { isLookup } from '#language/selectivity.ts';
import type { LogLine } from '#model/log-line.ts';
import type { AggregateAnswer, AggregateQuery, Bucket, CountAnswer, LineKey, LineQuery, LinesAnswer, TimeRange } from '#store/log-store.ts';
import { AnswerCache } from './answer-cache.ts';
import type { CacheStatus } from './answer-cache.ts';
import { answerBySteps, sizeOfBuckets } from './bucket-cache.ts';
import { checkAggregate } from './aggregate-plan.ts';
import { encodeCursor } from './cursor.ts';
import { countWithinBudget, totalOf } from './line-count.ts';
import type { Total } from './line-count.ts';
import { nextPageKey } from './next-page.ts';
import { QueryRunner, completenessOf, plainRange } from './query-runner.ts';
import type { Answer, SignalledRead, QueryRunnerOptions, SearchEvent, Searcher, Selection } from './query-runner.ts';
import { isLineId, readLine } from './read-line.ts';
import type { ProtectionStatus } from './protection.ts';
import { planSearch } from './search-plan.ts';
import type { SearchPlan, SearchRequest } from './search-plan.ts';

export type { SearchEvent, SearchRequest, Searcher };
export type SearchServiceOptions = QueryRunnerOptions;

export interface SearchAnswer extends Answer, Total {
  readonly lines: readonly LogLine[];
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

/** An answer before it is known how long it took. */
type Untimed<T> = Omit<T, 'tookMs'>;

/** A page for whoever asks for it: its cursor is made for each. */
type PageAnswer = Omit<Untimed<SearchAnswer>, 'nextCursor'> & { readonly nextKey?: LineKey };

export class SearchService {
  /** For the other services over the same store: all share the turns of one admission. */
  readonly runner: QueryRunner;

  /** Answers of all questions that are kept. */
  readonly cache: AnswerCache;

  constructor(options: SearchServiceOptions) {
    this.runner = new QueryRunner(options);
    this.cache = new AnswerCache(options.store, options.config.cache_bytes);
  }

  /** Searches that run and wait now, and what keeps others out. */
  status(): ProtectionStatus & { readonly cache: CacheStatus } {
    return { ...this.runner.status(), cache: this.cache.status() };
  }

  /**
   * One page of lines and the total. AppError: query_syntax, query_unsupported, invalid_time_range, invalid_cursor,
   * limit_exceeded, search_overloaded, search_unavailable, query_timeout, query_too_expensive, cancelled.
   */
  search(request: SearchRequest, searcher: Searcher, signal: AbortSignal): Promise<SearchAnswer> {
    return this.runner.measured('search', async (startedMs) => {
      const plan = await planSearch(this.runner, request, searcher);
      const { where, order, limit, offset, after, range } = plan.query;
      const question = {
        tenant: searcher.tenant,
        range,
        shape: { kind: 'page', where, order, limit, offset, after },
        askedRange: request.timeRange ?? 'default',
        // A total that could not be counted in time may be better the next time.
        sizeOf: ({ complete, totalRelation, lines }: PageAnswer) => (complete && totalRelation === 'eq' ? sizeOfLines(lines) : undefined),
      };
      const ask = (shared: AbortSignal) => this.#answerPage(plan, searcher, shared);
      const { nextKey, ...answer } = this.#timed(await this.cache.answer(question, signal, ask), startedMs);
      const searched = { ...answer.range, byDefault: plan.range.byDefault };
      // What is kept is the answer of whoever asked first; a cursor belongs to the range as this request gives it.
      return { ...answer, range: searched, ...(nextKey ? { nextCursor: encodeCursor(plan.identity, plainRange(searched), nextKey) } : {}) };
    });
  }

  /** Values by time and fields. AppError as `search`, and bad_request for a metric or field that cannot be read. */
  aggregate(request: AggregateRequest, searcher: Searcher, signal: AbortSignal): Promise<AggregateResult> {
    return this.runner.measured('aggregate', async (startedMs) => {
      const { config } = this.runner;
      const where = this.runner.parseSelection(request);
      const range = await this.runner.resolveRange(request, 'now', searcher);
      const plan = checkAggregate(request, range, config);
      const query = { tenant: searcher.tenant, where, range: plainRange(range), maxBuckets: config.max_buckets, ...plan };
      const question = {
        tenant: searcher.tenant,
        range: query.range,
        shape: { kind: 'buckets', where, ...plan },
        askedRange: request.timeRange ?? 'default',
        // What is kept of an answer by steps are its steps.
        sizeOf: ({ complete, buckets }: Untimed<AggregateResult>) =>
          complete && plan.intervalMs === undefined ? sizeOfBuckets(buckets) : undefined,
      };
      const ask = async (shared: AbortSignal): Promise<Untimed<AggregateResult>> => {
        const { cached, ...answer } = await this.#readBuckets(query, searcher, shared);
        return { ...answer, ...completenessOf(answer), ...(cached ? { cached } : {}), groupBy: plan.groupBy, range };
      };
      const answer = this.#timed(await this.cache.answer(question, signal, ask), startedMs);
      return { ...answer, range: { ...answer.range, byDefault: range.byDefault } };
    });
  }

  #timed<T extends object>(
    { value, cached }: { readonly value: T; readonly cached: boolean },
    startedMs: number,
  ): T & Pick<Answer, 'tookMs'> {
    return { ...value, ...(cached ? { cached, scannedRows: 0 } : {}), tookMs: this.runner.elapsedMs(startedMs) };
  }

  async #answerPage({ query, range }: SearchPlan, searcher: Searcher, signal: AbortSignal): Promise<PageAnswer> {
    const question = { kind: 'search', where: query.where, range: query.range } as const;
    const page = await this.runner.admitted(searcher, signal, (_, options) => this.#readPage(query, options), question);
    const nextKey = nextPageKey(page, query);
    const covered = page.searchedToNs === undefined ? undefined : coveredRange(query, page.searchedToNs);
    return {
      ...completenessOf(page),
      lines: page.lines,
      total: page.total,
      totalRelation: page.totalRelation,
      ...(nextKey ? { nextKey } : {}),
      ...(covered ? { covered } : {}),
      range,
      scannedRows: page.scannedRows,
    };
  }

  #readBuckets(query: AggregateQuery, searcher: Searcher, signal: AbortSignal): Promise<AggregateAnswer & { readonly cached?: boolean }> {
    const { store } = this.runner;
    const { intervalMs } = query;
    const ask = (range: TimeRange): Promise<AggregateAnswer> =>
      this.runner.admitted(searcher, signal, (_, options) => store.aggregate({ ...query, range }, options), {
        kind: 'aggregate',
        ...query,
        range,
      });
    return intervalMs === undefined ? ask(query.range) : answerBySteps(this.cache, store, { ...query, intervalMs }, ask);
  }

  /** The line with this id; AppError `not_found`, also where another tenant has it. */
  lineById(id: string, searcher: Searcher, signal: AbortSignal): Promise<LogLine> {
    return this.runner.measured('line', async () => {
      // what has not the form of an id waits for no turn
      if (!isLineId(id)) return readLine(this.runner, id, searcher, this.runner.readOptions(signal));
      return this.runner.admitted(searcher, signal, (_, options) => readLine(this.runner, id, searcher, options));
    });
  }

  /**
   * Reads the page and, unless it shows all lines there are, counts. The two run side by side where a count is likely to be
   * needed; for an id it seldom is, and one begun in vain would have to be killed.
   */
  async #readPage(query: LineQuery, options: SignalledRead): Promise<LinesAnswer & Total> {
    const { store } = this.runner;
    const asked: AskedPage = isLookup(query.where) ? { page: store.findLines(query, options) } : this.#askWithCount(query, options);
    try {
      const page = await asked.page;
      const offset = query.offset ?? 0;
      const seen = page.lines.length === 0 ? 0 : offset + page.lines.length;
      const isWhole = page.complete && !page.hasMore && query.after === undefined && (seen > 0 || offset === 0);
      if (isWhole) return { ...page, total: seen, totalRelation: 'eq' };
      const count = await (asked.count ?? countWithinBudget(this.runner, options, (countOptions) => store.countLines(query, countOptions)));
      const scannedRows = page.scannedRows + (count?.scannedRows ?? 0);
      return { ...page, scannedRows, ...totalOf(count, seen + (page.hasMore ? 1 : 0)) };
    } finally {
      asked.giveUpCount?.();
    }
  }

  #askWithCount(query: LineQuery, options: SignalledRead): AskedPage {
    const abort = new AbortController();
    const page = Promise.withResolvers<LinesAnswer>();
    const signal = AbortSignal.any([options.signal, abort.signal]);
    const count = countWithinBudget(this.runner, { ...options, signal }, (countOptions) => {
      const both = this.runner.store.findCounted(query, options, countOptions);
      page.resolve(both.page);
      return both.count;
    });
    // Whoever needs the count gets its error; given up, it has no one. Without a page there is nothing but its error.
    count.catch(page.reject);
    return { page: page.promise, count, giveUpCount: () => abort.abort() };
  }
}

/** A page that is being read, and the count that is made beside it, if any. */
interface AskedPage {
  readonly page: Promise<LinesAnswer>;
  readonly count?: Promise<CountAnswer | undefined>;
  giveUpCount?(): void;
}

function coveredRange({ range, order, after }: LineQuery, searchedToNs: bigint): TimeRange {
  if (order === 'desc') return { fromNs: searchedToNs, toNs: after === undefined ? range.toNs : after.tsNs + 1n };
  return { fromNs: after?.tsNs ?? range.fromNs, toNs: searchedToNs };
}

/** What the objects of a line take beside its texts. */
const lineBytes = 600;

function sizeOfLines(lines: readonly LogLine[]): number {
  return lines.reduce(
    (sum, { message, raw, attributes }) =>
      sum + lineBytes + 2 * (message.length + raw.length) + attributes.values.reduce((bytes, value) => bytes + 48 + 2 * value.length, 0),
    0,
  );
}
