/** The product's API as a scenario uses it, over one connection. */
import { HttpConnection } from './http-connection.ts';
import type { HttpAnswer } from './http-connection.ts';

export interface SearchAnswer {
  readonly hits: readonly {
    readonly id: string;
    readonly timestamp: string;
    readonly level: string;
    readonly service: string;
    readonly trace_id?: string;
    readonly message: string;
  }[];
  readonly total: number;
  readonly total_relation?: string;
  readonly took_ms: number;
  readonly complete: boolean;
}

interface PatternsAnswer {
  readonly patterns: readonly { readonly text: string | null; readonly count: number }[];
  readonly total_lines: number;
  readonly total_patterns: number;
}

export interface AggregateAnswer {
  readonly buckets: readonly { readonly time?: string; readonly group: Readonly<Record<string, string>>; readonly value: number | null }[];
  readonly took_ms: number;
  readonly complete: boolean;
}

/** Event times, milliseconds, half open. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SearchRequest {
  readonly query?: string;
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly range: Range;
  readonly limit?: number;
}

export interface AggregateRequest extends Omit<SearchRequest, 'limit'> {
  readonly groupBy?: readonly string[];
  readonly interval?: string;
  readonly metric?: string;
}

/** What `/v1/status` says of indexing. */
export interface StoreState {
  readonly memtableRows: number;
  readonly flushing: boolean;
  /** Text indexes that a flush left out are still missing or being built. */
  readonly indexesMissing: boolean;
  readonly lagSeconds: number;
  readonly lagLines: number;
}

const jsonHeaders = { 'content-type': 'application/json' };
const ingestHeaders = { 'content-type': 'application/json', 'content-encoding': 'zstd' };
const maxRetries = 200;

export class ApiClient {
  readonly connection: HttpConnection;
  /** Answers 429 and 503 that an ingest got before it was taken. */
  backpressure = 0;

  constructor(port: number) {
    this.connection = new HttpConnection(port);
  }

  close(): void {
    this.connection.close();
  }

  /** Posts a body until it is taken; resolves to the milliseconds of the request that was. */
  async ingest(body: Uint8Array, lineCount: number): Promise<number> {
    for (let attempt = 0; attempt < maxRetries; attempt++) {
      const answer = await this.connection.request('POST', '/v1/logs/ingest', ingestHeaders, body);
      if (answer.status === 202) {
        const { ingested, failed } = parse<{ ingested: number; failed: number }>(answer);
        if (ingested !== lineCount || failed !== 0) throw new Error(`of ${lineCount} lines ${ingested} were taken and ${failed} failed`);
        return answer.tookMs;
      }
      if (answer.status !== 429 && answer.status !== 503)
        throw new Error(`ingest answers ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
      this.backpressure++;
      const pauseS = Number(answer.headers.get('retry-after') ?? 0.1);
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, Math.max(20, pauseS * 1000))));
    }
    throw new Error(`a batch was refused ${maxRetries} times`);
  }

  async search({ query = '', filters = {}, range, limit = 100 }: SearchRequest): Promise<SearchAnswer & { readonly tookMs: number }> {
    return this.#post<SearchAnswer>('/v1/logs/search', {
      query,
      filters: { ...filters, time_range: timeRange(range) },
      sort: 'timestamp:desc',
      limit,
    });
  }

  async aggregate({
    query = '',
    filters = {},
    range,
    groupBy = [],
    interval,
    metric = 'count',
  }: AggregateRequest): Promise<AggregateAnswer & { readonly tookMs: number }> {
    const body = {
      query,
      filters: { ...filters, time_range: timeRange(range) },
      group_by: groupBy,
      metric,
      ...(interval === undefined ? {} : { interval }),
    };
    return this.#post<AggregateAnswer>('/v1/logs/aggregate', body);
  }

  /** The most frequent patterns. */
  async patterns(range: Range): Promise<PatternsAnswer & { readonly tookMs: number }> {
    return this.#post<PatternsAnswer>('/v1/patterns', { time_range: timeRange(range) });
  }

  /** How many lines match. An incomplete answer is an error here: the oracle asks for the truth. */
  async count(request: Omit<AggregateRequest, 'groupBy' | 'interval' | 'metric'>): Promise<number> {
    const { buckets, complete } = await this.aggregate(request);
    if (!complete) throw new Error('the count is incomplete');
    return buckets[0]?.value ?? 0;
  }

  async status(): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.connection.request('GET', '/v1/status');
    if (answer.status !== 200) throw new Error(`/v1/status answers ${answer.status}`);
    return parse(answer);
  }

  async storeState(): Promise<StoreState> {
    const { store, consumers } = (await this.status()) as {
      store?: { memtable_rows?: number; flushing?: boolean; unindexed?: boolean; building_text_indexes?: boolean };
      consumers?: { indexer?: { lag_lines: number; lag_seconds: number } };
    };
    const indexer = consumers?.indexer;
    if (store?.memtable_rows === undefined || store.flushing === undefined || indexer === undefined) {
      throw new Error('/v1/status lacks store.memtable_rows, store.flushing or consumers.indexer');
    }
    return {
      memtableRows: store.memtable_rows,
      flushing: store.flushing,
      indexesMissing: (store.unindexed ?? false) || (store.building_text_indexes ?? false),
      lagSeconds: indexer.lag_seconds,
      lagLines: indexer.lag_lines,
    };
  }

  /** Has the memtable written to disk now; resolves when it is. */
  async flush(): Promise<void> {
    const answer = await this.connection.request('POST', '/v1/admin/flush', jsonHeaders, Buffer.from('{}'));
    if (answer.status >= 300) throw new Error(`/v1/admin/flush answers ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
  }

  async #post<T extends object>(path: string, body: unknown): Promise<T & { readonly tookMs: number }> {
    const answer = await this.connection.request('POST', path, jsonHeaders, Buffer.from(JSON.stringify(body)));
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
    return { ...parse<T>(answer), tookMs: answer.tookMs };
  }
}

function parse<T>(answer: HttpAnswer): T {
  return JSON.parse(answer.body.toString()) as T;
}

function timeRange({ fromMs, toMs }: Range): { from: string; to: string } {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}
