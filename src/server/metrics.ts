/** The metrics of the whole server, declared as data and read at scrape from the parts that count. */
import type { QuarantineTotals } from '#consumers/quarantined-records.ts';
import type { Metrics, MetricSpec, Sample } from '#platform/metrics.ts';
import type { SearchEvent } from '#search/search-service.ts';
import { ackBoundsMs, parserCounts } from './gateway/counters.ts';
import type { GatewayCounts } from './gateway/counters.ts';
import type { ListenerStatus, StreamFacts } from './gateway.ts';

export const ingestRequests = {
  name: 'millrace_ingest_requests_total',
  kind: 'counter',
  help: 'Requests to the ingest endpoints.',
  labels: ['path', 'status'],
} satisfies MetricSpec;
export const ingestRecords = {
  name: 'millrace_ingest_records_total',
  kind: 'counter',
  help: 'Records received since the start, by what became of them.',
  labels: ['tenant', 'outcome'],
} satisfies MetricSpec;
export const ingestBodyBytes = {
  name: 'millrace_ingest_body_bytes_total',
  kind: 'counter',
  help: 'Bytes of request bodies as sent.',
} satisfies MetricSpec;
export const ingestDecompressedBytes = {
  name: 'millrace_ingest_decompressed_bytes_total',
  kind: 'counter',
  help: 'Bytes of request bodies after decompression.',
} satisfies MetricSpec;
export const receiverEvents = {
  name: 'millrace_receiver_events_total',
  kind: 'counter',
  help: 'What receivers met beside records: refused networks, lost datagrams, broken frames …',
  labels: ['receiver', 'event'],
} satisfies MetricSpec;
export const policyLines = {
  name: 'millrace_policy_lines_total',
  kind: 'counter',
  help: 'Lines that a policy took out: sampled, dropped, throttled or recognised as duplicates.',
  labels: ['rule'],
} satisfies MetricSpec;
export const parsedLines = {
  name: 'millrace_parser_lines_total',
  kind: 'counter',
  help: 'Lines by parser, service and result: parsed; failed (kept whole with `parse_error`); over_budget (kept raw for a while).',
  labels: ['parser', 'service', 'result'],
} satisfies MetricSpec;
export const attributeNames = {
  name: 'millrace_attribute_names',
  kind: 'gauge',
  help: 'Attribute names of the services that have the most, those in `overflow` included.',
  labels: ['tenant', 'service'],
} satisfies MetricSpec;
export const listenerUp = {
  name: 'millrace_listener_up',
  kind: 'gauge',
  help: 'Whether a receiver listens on its own port.',
  labels: ['listener'],
} satisfies MetricSpec;
export const quarantineRecords = {
  name: 'millrace_quarantine_records',
  kind: 'gauge',
  help: 'Quarantined records by state; expired ones were removed over quarantine.max_age or quarantine.max_bytes.',
  labels: ['tenant', 'state'],
} satisfies MetricSpec;
export const ingestAck = {
  name: 'millrace_ingest_ack_seconds',
  kind: 'histogram',
  help: 'Time from the last byte of a request to its acknowledgement.',
  buckets: ackBoundsMs.map((boundMs) => boundMs / 1000),
} satisfies MetricSpec;
export const ledgerRecords = {
  name: 'millrace_ledger_records_total',
  kind: 'counter',
  help: 'Records ever received, by outcome: the durable ledger.',
  labels: ['tenant', 'outcome'],
} satisfies MetricSpec;
export const consumerLagLines = {
  name: 'millrace_consumer_lag_lines',
  kind: 'gauge',
  help: 'Durable lines that a consumer has not processed yet.',
  labels: ['consumer'],
} satisfies MetricSpec;
export const consumerLagSeconds = {
  name: 'millrace_consumer_lag_seconds',
  kind: 'gauge',
  help: 'Age of the oldest line that a consumer has not processed yet; the signal to scale by.',
  labels: ['consumer'],
} satisfies MetricSpec;
export const logKeptBytes = {
  name: 'millrace_log_kept_bytes',
  kind: 'gauge',
  help: 'Size of the durable log on disk.',
} satisfies MetricSpec;
export const logHeldBytes = {
  name: 'millrace_log_held_bytes',
  kind: 'gauge',
  help: 'Part of the durable log that is not indexed yet and may not be trimmed.',
} satisfies MetricSpec;
export const logFillRatio = {
  name: 'millrace_log_fill_ratio',
  kind: 'gauge',
  help: 'Held bytes as a share of log.max_bytes; at log.refuse_ratio batches are refused.',
} satisfies MetricSpec;
export const storeMemtableLines = {
  name: 'millrace_store_memtable_lines',
  kind: 'gauge',
  help: 'Lines in memtables, found by search but not yet written with indexes.',
} satisfies MetricSpec;
export const storeMemtableBytes = {
  name: 'millrace_store_memtable_bytes',
  kind: 'gauge',
  help: 'Size of the memtables.',
} satisfies MetricSpec;
export const storeFlushes = {
  name: 'millrace_store_flushes_total',
  kind: 'counter',
  help: 'Flushes of a memtable, by result.',
  labels: ['result'],
} satisfies MetricSpec;
export const storeFlushedLines = {
  name: 'millrace_store_flushed_lines_total',
  kind: 'counter',
  help: 'Lines flushed since the start.',
} satisfies MetricSpec;
export const engineUp = { name: 'millrace_engine_up', kind: 'gauge', help: '1 while the storage engine answers.' } satisfies MetricSpec;
export const engineRestarts = {
  name: 'millrace_engine_restarts_total',
  kind: 'counter',
  help: 'Restarts of the storage engine since the start.',
} satisfies MetricSpec;
export const tailSubscribers = { name: 'millrace_tail_subscribers_count', kind: 'gauge', help: 'Open live tails.' } satisfies MetricSpec;
export const tailDropped = {
  name: 'millrace_tail_dropped_lines_total',
  kind: 'counter',
  help: 'Lines that slow tail readers did not get, and were told of.',
} satisfies MetricSpec;
export const searchRequests = {
  name: 'millrace_search_requests_total',
  kind: 'counter',
  help: 'Searches, aggregations and reads of one line, by outcome.',
  labels: ['kind', 'outcome'],
} satisfies MetricSpec;
export const searchDuration = {
  name: 'millrace_search_duration_seconds',
  kind: 'histogram',
  help: 'Time of searches and aggregations.',
  labels: ['kind'],
  buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
} satisfies MetricSpec;
export const searchScanned = {
  name: 'millrace_search_scanned_lines_total',
  kind: 'counter',
  help: 'Lines that searches read.',
} satisfies MetricSpec;

export const searchRunning = {
  name: 'millrace_search_running',
  kind: 'gauge',
  help: 'Searches and aggregations that run now, by pool.',
  labels: ['pool'],
} satisfies MetricSpec;
export const searchWaiting = {
  name: 'millrace_search_waiting',
  kind: 'gauge',
  help: 'Searches and aggregations that wait for a turn.',
} satisfies MetricSpec;
export const searchCircuit = {
  name: 'millrace_search_circuit_open',
  kind: 'gauge',
  help: '1 while searches are refused because most of the latest failed.',
} satisfies MetricSpec;
export const searchQuarantined = {
  name: 'millrace_search_quarantined_queries',
  kind: 'gauge',
  help: 'Queries that are kept out for a while because they ran into bounds of time or memory repeatedly.',
} satisfies MetricSpec;

export const searchCached = {
  name: 'millrace_search_cached_total',
  kind: 'counter',
  help: 'Searches and aggregations that were answered, wholly or for the larger part, from kept answers.',
  labels: ['kind'],
} satisfies MetricSpec;
export const searchCacheBytes = {
  name: 'millrace_search_cache_bytes',
  kind: 'gauge',
  help: 'Memory of kept answers, about.',
} satisfies MetricSpec;

/** The numbers behind the metrics, read when `/metrics` is asked. */
export interface MetricSources {
  gatewayCounts(): GatewayCounts;
  listeners(): readonly ListenerStatus[];
  /** As of the last time that they were asked for. */
  streams(): readonly StreamFacts[];
  quarantine(): ReadonlyMap<string, QuarantineTotals>;
  /** The report of /v1/status. */
  status(): Readonly<Record<string, unknown>>;
  /** Tenant → outcomes of all records ever received. */
  ledger(): Readonly<Record<string, object>>;
}

type Part = Readonly<Record<string, unknown>>;

/** Registers everything that is read at scrape. */
export function registerServerMetrics(metrics: Metrics, sources: MetricSources): void {
  metrics.addProcessMetrics();
  registerGatewayMetrics(metrics, sources);
  const status = oncePerTurn(() => sources.status());
  const part = (name: string): Part => (status()[name] ?? {}) as Part;
  const single = (spec: MetricSpec, read: () => unknown): void => metrics.readAtScrape(spec, () => [{ value: Number(read() ?? 0) }]);
  metrics.readAtScrape(ledgerRecords, () => outcomeSamples(sources.ledger()));
  const lag = (field: string) => (): Sample[] =>
    Object.entries(part('consumers') as Readonly<Record<string, Part>>).map(([consumer, facts]) => ({
      value: Number(facts[field]),
      labels: { consumer },
    }));
  metrics.readAtScrape(consumerLagLines, lag('lag_lines'));
  metrics.readAtScrape(consumerLagSeconds, lag('lag_seconds'));
  metrics.readAtScrape(quarantineRecords, () =>
    [...sources.quarantine()].flatMap(([tenant, { waiting, replaying, replayed, expired }]) =>
      Object.entries({ waiting, replaying, replayed, expired }).map(([state, value]) => ({ value, labels: { tenant, state } })),
    ),
  );
  single(logKeptBytes, () => part('log').kept_bytes);
  single(logHeldBytes, () => part('log').held_bytes);
  single(logFillRatio, () => part('log').fill_ratio);
  single(storeMemtableLines, () => part('store').memtable_rows);
  single(storeMemtableBytes, () => part('store').memtable_bytes);
  single(storeFlushedLines, () => part('store').flushed_rows);
  metrics.readAtScrape(storeFlushes, () => {
    const store = part('store');
    const [all, unindexed, failed] = [Number(store.flushes), Number(store.unindexed_flushes), Number(store.failed_flushes)];
    return [
      { value: all - unindexed, labels: { result: 'indexed' } },
      { value: unindexed, labels: { result: 'unindexed' } },
      { value: failed, labels: { result: 'failed' } },
    ];
  });
  single(engineUp, () => (part('engine').status === 'ready' ? 1 : 0));
  single(engineRestarts, () => part('engine').restarts);
  metrics.readAtScrape(searchRunning, () =>
    Object.entries((part('search').pools ?? {}) as Readonly<Record<string, number>>).map(([pool, value]) => ({ value, labels: { pool } })),
  );
  single(searchWaiting, () => part('search').waiting);
  single(searchCacheBytes, () => (part('search').cache as Part | undefined)?.bytes);
  single(searchCircuit, () => (part('search').circuit === 'closed' ? 0 : 1));
  single(searchQuarantined, () => Object.values((part('search').quarantined ?? {}) as Readonly<Record<string, unknown[]>>).flat().length);
  single(tailSubscribers, () => part('tail').subscribers);
  single(tailDropped, () => part('tail').dropped_lines);
}

/** One reading for all metrics of a scrape: made anew in each turn of the event loop. */
function oncePerTurn<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    if (known === undefined) {
      known = { value: read() };
      setImmediate(() => (known = undefined));
    }
    return known.value;
  };
}

function registerGatewayMetrics(metrics: Metrics, { gatewayCounts, listeners, streams }: MetricSources): void {
  metrics.readAtScrape(listenerUp, () =>
    listeners().map(({ name, problem }) => ({ value: problem === undefined ? 1 : 0, labels: { listener: name } })),
  );
  metrics.readAtScrape(ingestRequests, () =>
    Object.entries(gatewayCounts().requests).map(([key, value]) => {
      const [path, status] = key.split(' ');
      return { value, labels: { path, status } };
    }),
  );
  metrics.readAtScrape(receiverEvents, () =>
    Object.entries(gatewayCounts().events).map(([key, value]) => {
      const [receiver, event] = key.split(' ');
      return { value, labels: { receiver, event } };
    }),
  );
  metrics.readAtScrape(attributeNames, () =>
    streams().flatMap(({ fields }) =>
      fields.flatMap(({ tenant, streams: services }) =>
        services.map(({ service, names, overflowing }) => ({ value: names + overflowing, labels: { tenant, service } })),
      ),
    ),
  );
  metrics.readAtScrape(policyLines, () => Object.entries(gatewayCounts().policies).map(([rule, value]) => ({ value, labels: { rule } })));
  metrics.readAtScrape(parsedLines, () =>
    parserCounts(gatewayCounts()).flatMap(({ parser, service, parsed, failed, overBudget }) =>
      Object.entries({ parsed, failed, over_budget: overBudget }).map(([result, value]) => ({
        value,
        labels: { parser, service, result },
      })),
    ),
  );
  metrics.readAtScrape(ingestRecords, () => outcomeSamples(gatewayCounts().outcomesByTenant));
  metrics.readAtScrape(ingestBodyBytes, () => [{ value: gatewayCounts().bodyBytes }]);
  metrics.readAtScrape(ingestDecompressedBytes, () => [{ value: gatewayCounts().decompressedBytes }]);
  metrics.readHistogramAtScrape(ingestAck, () => {
    const { ackCounts, ackSumMs } = gatewayCounts();
    return [{ counts: ackCounts, sum: ackSumMs / 1000 }];
  });
}

function outcomeSamples(byTenant: Readonly<Record<string, object>>): Sample[] {
  return Object.entries(byTenant).flatMap(([tenant, counts]) =>
    Object.entries(counts as Readonly<Record<string, number>>).map(([outcome, value]) => ({ value, labels: { tenant, outcome } })),
  );
}

/** Counts what the search service tells. */
export function createSearchObserver(metrics: Metrics): (event: SearchEvent) => void {
  const requests = metrics.counter(searchRequests);
  const duration = metrics.histogram(searchDuration);
  const scanned = metrics.counter(searchScanned);
  const fromCache = metrics.counter(searchCached);
  return ({ kind, outcome, cached, tookMs, scannedRows }) => {
    if (cached) fromCache.inc({ kind });
    requests.inc({ kind, outcome });
    duration.observe({ kind }, tookMs / 1000);
    scanned.inc(scannedRows);
  };
}
