/** The API over a true in-memory store, for tests: real HTTP, real query service, a clock that stands still. */
import type { TestContext } from 'node:test';
import { createAccess } from '#access/access.ts';
import type { ApiKeyConfig } from '#access/config.ts';
import { AppError } from '#base/errors.ts';
import type { ServiceMetricsReads } from '#consumers/service-figures.ts';
import type { LineJourneys } from '#consumers/line-journeys.ts';
import type { Quarantine } from '#consumers/quarantined-records.ts';
import { RuleBook } from '#ingest/rule-book.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import type { Logger } from '#platform/logger.ts';
import { searchConfig } from '#search/config.ts';
import type { SearchConfig } from '#search/config.ts';
import { ExportJobs } from '#search/export-jobs.ts';
import type { ExportJobsOptions } from '#search/export-jobs.ts';
import { exportsConfig } from '#search/export-jobs-config.ts';
import type { ExportsConfig } from '#search/export-jobs-config.ts';
import { FakeLogStore } from '#search/log-store.fake.ts';
import { ManualClock } from '#search/manual-clock.fake.ts';
import { SavedViews } from '#search/saved-views.ts';
import { lokiReadingConfig } from '#loki/config.ts';
import type { LokiReadingConfig } from '#loki/config.ts';
import { LokiParts } from '#loki/loki-parts.ts';
import type { StreamReads } from '#store/stream-reads.ts';
import { SearchService } from '#search/search-service.ts';
import type { SearchServiceOptions } from '#search/search-service.ts';
import type { PatternReads } from '#store/pattern-reads.ts';
import type { SourceReads } from '#store/source-reads.ts';
import type { StorageReads } from '#store/storage-reads.ts';
import { apiConfig } from './config.ts';
import type { ApiConfig } from './config.ts';
import { createApi } from './create-api.ts';
import type { ApiOptions } from './create-api.ts';
import type { WebInterface } from './interface-files.ts';
import type { RuleRouteOptions } from './rule-routes.ts';
import type { Operations } from './operation-routes.ts';

export const nowMs = Date.UTC(2025, 6, 15, 11);

function defaultsOf(properties: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]));
}

/** A store whose lines have no patterns. */
const noPatterns: PatternReads = {
  patternCounts: async () => ({ patterns: [], totalLines: 0, totalPatterns: 0, complete: true, scannedRows: 0 }),
  patternDetails: async () => ({ details: [], complete: true, scannedRows: 0 }),
  patternExamples: async () => [],
};

/** A store that was never written to. */
const noStorage: StorageReads = {
  columnSizes: async () => ({ columns: [], indexBytes: 0 }),
  textSizes: async () => ({ sampledLines: 0, bytes: 0, services: [], fields: [], complete: true, scannedRows: 0 }),
};

const noSources: SourceReads = {
  sourceActivity: async () => ({ sources: [], truncated: false, complete: true, scannedRows: 0 }),
};

export interface ApiFakeOptions {
  readonly keys?: readonly Partial<ApiKeyConfig>[];
  readonly search?: Partial<SearchConfig>;
  readonly api?: Partial<ApiConfig>;
  readonly operations?: Partial<Operations>;
  readonly quarantine?: Quarantine;
  readonly rules?: RuleRouteOptions;
  readonly alertRules?: ApiOptions['alertRules'];
  readonly incidents?: ApiOptions['incidents'];
  readonly notifications?: ApiOptions['notifications'];
  readonly serviceMetrics?: ServiceMetricsReads;
  readonly service?: Partial<SearchServiceOptions>;
  /** Makes the exports in the background; without it there are none, and nowhere to write them. */
  readonly createExports?: (parts: Pick<ExportJobsOptions, 'runner' | 'logger'>) => ExportJobs;
  readonly journeys?: LineJourneys;
  readonly web?: WebInterface;
  readonly sources?: SourceReads;
}

/** Closed at the end of the test. */
export function createTestApi(
  t: TestContext,
  {
    keys = [],
    search: searchSettings,
    api: apiSettings,
    operations,
    quarantine,
    rules,
    alertRules,
    incidents,
    notifications,
    serviceMetrics,
    service,
    web,
    sources,
    createExports = nowhere,
    journeys,
  }: ApiFakeOptions = {},
) {
  const store = new FakeLogStore();
  const clock = new ManualClock(nowMs);
  const logged: string[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const config = { ...defaultsOf(searchConfig.properties), ...searchSettings } as SearchConfig;
  const search = new SearchService({ store, clock, config, ...service });
  const fullKeys = keys.map((key, index) => ({
    name: `key-${index}`,
    key: undefined,
    tenant: 'default',
    may_ingest: true,
    may_read: true,
    may_prioritise: false,
    may_act_for_others: false,
    ...key,
  }));
  const app = createApi({
    search,
    sources: sources ?? noSources,
    storage: noStorage,
    loki: new LokiParts(search.runner, noStreams, defaultsOf(lokiReadingConfig.properties) as LokiReadingConfig),
    patterns: { store: noPatterns, catalogue: { find: () => undefined, aliasesOf: () => new Map() } },
    access: createAccess({ keys: fullKeys as ApiKeyConfig[] }),
    operations: {
      notReadyReasons: () => [],
      status: () => ({
        version: 'test',
        started_at: '2025-07-15T00:00:00Z',
        uptime_seconds: 1,
        ready: true,
        consumers: {},
        log: {},
        store: {},
        engine: {},
        search: { ...search.status(), quarantined: { default: [], other: [{ fingerprint: 'f00d' }] } },
        recovery: [],
        ledger: { default: zeroOutcomes, other: zeroOutcomes },
      }),
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'millrace_up 1\n' }),
      flush: async () => undefined,
      replay: () => undefined,
      audit: async () => ({ consistent: true, tenants: {} }),
      storage: () => ({ lines: store.lines.length, diskBytes: 1_234_567 }),
      ...operations,
    },
    quarantine: quarantine ?? noQuarantine,
    serviceMetrics: serviceMetrics ?? noServiceMetrics,
    rules: rules ?? noRules,
    alertRules,
    incidents,
    notifications,
    views: new SavedViews({ documents, config, randomId: () => 'some-id', clock }),
    exports: createExports({ runner: search.runner, logger }),
    journeys: journeys ?? noJourneys,
    web,
    config: { ...defaultsOf(apiConfig.properties), ...apiSettings } as ApiConfig,
    clock,
    logger,
    version: '0.0.0-test',
  });
  t.after(() => app.close());
  const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const get = (url: string, headers: Readonly<Record<string, string>> = {}) => app.inject({ method: 'GET', url, headers });
  return { app, store, clock, search, logged, post, get };
}

const noStreams: StreamReads = {
  countStreams: async () => ({ counts: [], hasMore: false, complete: true, scannedRows: 0 }),
  async *scanLines() {},
  entryNames: async () => ({ resource: [], attributes: [], complete: true, scannedRows: 0 }),
};

const documents = await openSqliteDocuments(':memory:');

/** Can be asked for its exports, of which there are none. */
const nowhere: NonNullable<ApiFakeOptions['createExports']> = (parts) =>
  new ExportJobs({
    ...parts,
    documents,
    directory: '/nowhere',
    files: nodeFiles,
    config: defaultsOf(exportsConfig.properties) as ExportsConfig,
    randomId: () => 'some-export',
  });

const noJourneys: LineJourneys = {
  ofLine: () => Promise.reject(new AppError('not_found', 'there is no such line')),
  ofBatch: () => Promise.reject(new AppError('not_found', 'there is no such batch')),
};

const noRules: RuleRouteOptions = {
  rules: await RuleBook.open({
    documents,
    checkParser: () => undefined,
    maxRulesPerTenant: 10,
    clock: systemClock,
  }),
  facts: {
    configured: () => [],
    takenOut: async () => ({}),
    fields: async () => [],
    streams: async () => [],
    parserCounts: async () => [],
  },
  testParser: () => [],
};

const noServiceMetrics: ServiceMetricsReads = {
  read: () => ({ services: [], fromMs: nowMs, toMs: nowMs, wholeSinceMs: nowMs }),
  retentionMs: 3_600_000,
};

const noQuarantine: Quarantine = {
  find: () => ({ records: [], total: 0, next: undefined }),
  totals: () => new Map(),
  replay: async () => [],
};

const zeroOutcomes = { received: 0, accepted: 0, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
