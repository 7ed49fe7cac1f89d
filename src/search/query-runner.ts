/**
 * What every question to the store goes through, whoever asks it: the selection is read, its range bounded, a turn is
 * awaited, the question runs within its limits and ends when the client goes, and the observer hears what became of it.
 *
 * The services of this folder (search, context, traces, fields, exports) are written on it, so none can forget a bound.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { QueryNode } from '#language/ast.ts';
import { defaultQueryConfig } from '#language/config.ts';
import type { QueryConfig } from '#language/config.ts';
import { allOf, parseFilters } from '#language/filters.ts';
import { parseQuery } from '#language/parser.ts';
import { parsePipeline } from '#language/pipes.ts';
import type { Pipeline } from '#language/pipes.ts';
import { timeRangeOf, withFixedTimes } from '#language/query-times.ts';
import type { Clock } from '#platform/clock.ts';
import type { LogStore, QueryLimits, ReadOptions, TimeRange } from '#store/log-store.ts';
import { settingPath } from './config.ts';
import type { SearchConfig } from './config.ts';
import { withDeadline } from './deadline.ts';
import { Protection } from './protection.ts';
import type { ProtectionStatus, Question, Searcher } from './protection.ts';
import { checkWidth, resolveTimeRange } from './time-range.ts';
import type { ResolvedRange, TimeRangeSpec } from './time-range.ts';

export type { Question, Searcher };

/** Which lines are asked for. */
export interface Selection {
  /** Query language; empty or absent: all lines. */
  readonly query?: string;
  /** Field → value or list of values. */
  readonly filters?: unknown;
  readonly timeRange?: TimeRangeSpec;
  readonly allowWideRange?: boolean;
}

/** Options of a read that ends with its signal. */
export type SignalledRead = ReadOptions & { readonly signal: AbortSignal };

/** What every answer says about itself. */
export interface Answer {
  /** What was searched. */
  readonly range: ResolvedRange;
  readonly tookMs: number;
  /** Lines read, not lines found. */
  readonly scannedRows: number;
  readonly complete: boolean;
  readonly reason?: string;
  /** It, or the larger part of it, was kept from an earlier question. */
  readonly cached?: boolean;
}

/** What happened to a request, for metrics; `outcome` is `ok`, `incomplete` or an error code. */
export interface SearchEvent {
  readonly kind: 'search' | 'stream' | 'aggregate' | 'pipes' | 'line' | 'context' | 'trace' | 'fields' | 'explain' | 'export' | 'journey';
  readonly outcome: string;
  readonly cached: boolean;
  readonly tookMs: number;
  readonly scannedRows: number;
}

export interface QueryRunnerOptions {
  readonly store: LogStore;
  readonly config: SearchConfig;
  readonly queryConfig?: QueryConfig;
  readonly clock: Clock;
  /** First and last event time of a tenant's lines; asked only for ranges over the bound. */
  readonly dataExtent?: (tenant: string) => Promise<TimeRange | undefined>;
  readonly observe?: (event: SearchEvent) => void;
  /** Puts a query into other words that mean the same, such as all ids of a pattern. */
  readonly rewrite?: (node: QueryNode) => QueryNode;
}

/** The store has the limit too and stops first; this bound is for a store that does not answer at all. */
const graceMs = 2000;

export class QueryRunner {
  readonly store: LogStore;
  readonly config: SearchConfig;
  readonly clock: Clock;
  readonly #options: QueryRunnerOptions;
  readonly #protection: Protection;

  constructor(options: QueryRunnerOptions) {
    this.#options = options;
    this.store = options.store;
    this.config = options.config;
    this.clock = options.clock;
    const { config, clock, store } = options;
    this.#protection = new Protection({
      config,
      clock,
      estimate: ({ tenant }, question) => store.estimateLines({ tenant, ...question }, { limits: this.#limits(config.timeout) }),
    });
  }

  /** Questions that run and wait now, and what keeps others out. */
  status(): ProtectionStatus {
    return this.#protection.status();
  }

  /**
   * The lines that pass the query and the filters, times relative to now as moments. AppError query_syntax,
   * query_unsupported, bad_request, limit_exceeded.
   */
  parseSelection(selection: Selection): QueryNode {
    return withFixedTimes(this.parseAsWritten(selection), this.clock.nowMs());
  }

  /** The same with the times as they were written: equal for all pages of a search. */
  parseAsWritten({ query = '', filters }: Selection): QueryNode {
    const { queryConfig = defaultQueryConfig, rewrite } = this.#options;
    const node = allOf([parseQuery(query, queryConfig), parseFilters(filters, queryConfig)]);
    return rewrite === undefined ? node : rewrite(node);
  }

  /** The same of a query with pipes; the filters narrow the lines that it begins with. */
  parsePipeline({ query = '', filters }: Selection): Pipeline {
    const { queryConfig = defaultQueryConfig, rewrite } = this.#options;
    const { query: written, stages } = parsePipeline(query, queryConfig);
    const node = allOf([written, parseFilters(filters, queryConfig)]);
    return { query: rewrite === undefined ? node : rewrite(node), stages };
  }

  /**
   * The absolute range: as the request gives it, else as its query does. A later page keeps the first page's range, `frozen`;
   * its width is checked all the same, for a cursor can be forged.
   */
  async resolveRange(
    selection: Selection,
    openEnd: 'now' | 'future-allowance',
    { tenant }: Searcher,
    frozen?: TimeRange,
  ): Promise<ResolvedRange> {
    const { clock, config, dataExtent } = this.#options;
    const { allowWideRange = false } = selection;
    const nowMs = clock.nowMs();
    const timeRange = selection.timeRange ?? timeRangeOf(this.parseAsWritten(selection), nowMs);
    const range = frozen ? { ...frozen, byDefault: timeRange === undefined } : resolveTimeRange(timeRange, { nowMs, openEnd }, config);
    await checkWidth(range, allowWideRange, config, dataExtent && (() => dataExtent(tenant)));
    return range;
  }

  /**
   * Asks when everything that protects the engine lets it, within the question's time. `ask` gets the signal that ends it
   * and the options to read with. `question` tells what it will cost; without, it counts as cheap.
   */
  admitted<T>(
    searcher: Searcher,
    signal: AbortSignal,
    ask: (signal: AbortSignal, options: SignalledRead) => Promise<T>,
    question?: Question,
  ): Promise<T> {
    const { clock, config } = this.#options;
    const expired = (): AppError => timedOut(config.timeout);
    return this.#protection.run(searcher, question, signal, (workClass) =>
      withDeadline(clock, { afterMs: config.timeout + graceMs, signal, expired }, (readSignal) =>
        ask(readSignal, { ...this.readOptions(readSignal), workClass }),
      ),
    );
  }

  readOptions(signal: AbortSignal, timeoutMs = this.config.timeout): SignalledRead {
    return { limits: this.#limits(timeoutMs), signal };
  }

  #limits(timeoutMs: number): QueryLimits {
    const { max_memory: maxMemoryBytes, max_scanned_rows: maxScannedRows } = this.config;
    return { timeoutMs, maxMemoryBytes, maxScannedRows };
  }

  /** Runs a request, turns what it throws into an AppError that names its setting, and tells the observer. */
  async measured<T extends object>(kind: SearchEvent['kind'], run: (startedMs: number) => Promise<T>): Promise<T> {
    const startedMs = this.clock.monotonicMs();
    const tell = (outcome: string, scannedRows: number, cached = false): void =>
      this.#options.observe?.({ kind, outcome, cached, scannedRows, tookMs: this.elapsedMs(startedMs) });
    try {
      const answer = await run(startedMs);
      const { complete = true, scannedRows = 0, cached } = answer as Partial<Answer>;
      tell(complete ? 'ok' : 'incomplete', scannedRows, cached);
      return answer;
    } catch (thrown) {
      const error = this.#withSetting(toAppError(thrown));
      tell(error.code, 0);
      throw error;
    }
  }

  elapsedMs(startedMs: number): number {
    return Math.round(this.clock.monotonicMs() - startedMs);
  }

  #withSetting(error: AppError): AppError {
    if (error.details['setting'] !== undefined) return error;
    return error.code === 'query_timeout' ? timedOut(this.config.timeout, error) : error;
  }
}

/** `complete`, with its reason where it is false. */
export function completenessOf(...answers: readonly { readonly complete: boolean; readonly reason?: string }[]): {
  complete: boolean;
  reason?: string;
} {
  const incomplete = answers.find(({ complete }) => !complete);
  return incomplete === undefined ? { complete: true } : { complete: false, reason: incomplete.reason ?? 'unknown' };
}

export function plainRange({ fromNs, toNs }: TimeRange): TimeRange {
  return { fromNs, toNs };
}

export function overBound(name: string, value: number, bound: number, setting: keyof SearchConfig, advice: string): AppError {
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
