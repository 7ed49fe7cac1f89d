/**
 * The composition root: makes every part of a single-machine Millrace, joins them, and takes them apart again in the
 * reverse order. Nothing else knows all of them.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertBindAllowed, createAccess } from '#access/access.ts';
import type { AccessConfig } from '#access/config.ts';
import { createApi } from '#api/create-api.ts';
import { figuresFor } from '#api/service-metrics-routes.ts';
import { readInterface } from '#api/interface-files.ts';
import type { RuleRouteOptions } from '#api/rule-routes.ts';
import { Canary } from '#consumers/canary/canary.ts';
import { createPublicEndpoint } from '#consumers/canary/endpoint.ts';
import { registerCanaryMetrics } from '#consumers/canary/metrics.ts';
import { admitOwnClients } from '#consumers/internal-access.ts';
import type { QuarantineKeeper } from '#consumers/quarantine/quarantine.ts';
import { Journeys } from '#consumers/journey/journeys.ts';
import type { TailService } from '#consumers/live-tail.ts';
import { ServiceMetrics } from '#consumers/service-metrics/service-metrics.ts';
import { createTailService } from '#consumers/tail/tail-service.ts';
import { MatcherSet } from '#language/compile-matcher.ts';
import { LokiParts } from '#loki/loki-parts.ts';
import type { WalLog } from '#log/wal.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import type { Documents } from '#metadata/documents.ts';
import { testParser } from '#parsing/test-parser.ts';
import { systemClock } from '#platform/clock.ts';
import { openDataDirectory } from '#platform/data-directory.ts';
import { nodeFiles } from '#platform/files.ts';
import { shrinkHeap } from '#platform/heap.ts';
import { Metrics } from '#platform/metrics.ts';
import { Telemetry } from '#platform/telemetry.ts';
import type { LogLevel } from '#platform/telemetry.ts';
import { version } from '#platform/version.ts';
import type { QueryLimits } from '#store/log-store.ts';
import { SavedViews } from '#search/saved-views.ts';
import { SearchService } from '#search/search-service.ts';
import type { ClickHouseStore } from '#store/clickhouse.ts';
import { createLineDecoder } from './alert-lines.ts';
import { openAlerting } from './alerting.ts';
import type { Alerting } from './alerting.ts';
import { Closers } from './closers.ts';
import { openQuarantine, reachableUrl, settleReplays } from './quarantine.ts';
import { newestReceivedMs, recentBatches } from './recent-batches.ts';
import { openMetadata, openRules } from './rules.ts';
import type { Site } from './site.ts';
import type { Config } from './config.ts';
import { RuleBook } from '#ingest/rule-book.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { openPatterns } from './patterns.ts';
import type { QueryNode } from '#language/ast.ts';
import { withAllIds } from '#patterns/all-ids.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { createRuleFacts } from './rule-facts.ts';
import { createSearchObserver, registerServerMetrics } from './metrics.ts';
import type { MetricSources } from './metrics.ts';
import type { RunningServer } from './running-server.ts';
import { createOperations } from './operations.ts';
import type { LateParts } from './operations.ts';
import { startExports } from './exports.ts';
import { ledgerReport } from './server-status.ts';
import { openLog, openStore, startEngine, startIndexing } from './storage.ts';
import { startUpkeep } from './upkeep.ts';

/** Where `bin/millrace.mjs serve` has the web interface built. */
const builtInterface = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Starts everything; rejects with an AppError that says what is in the way, after stopping what had been started. */
export async function startServer(config: Config): Promise<RunningServer> {
  assertBindAllowed(config.gateway.host, config.access);
  const { level, max_lines_per_second: maxLinesPerSecond, repeat_window: repeatWindowMs } = config.telemetry;
  const logger = new Telemetry({ clock: systemClock, level: level as LogLevel, maxLinesPerSecond, repeatWindowMs });
  const closers = new Closers();
  try {
    const directory = await openDataDirectory(config.data, { version, clock: systemClock });
    closers.add('data directory', () => directory.close());
    const { url, failed } = await startParts({ config, logger, closers, directory, startedMs: systemClock.nowMs() });
    shrinkHeap();
    return { url, failed, dataDirectory: directory.path, close: () => closers.closeAll(logger) };
  } catch (error) {
    await closers.closeAll(logger);
    throw error;
  }
}

async function startParts(site: Site): Promise<Pick<RunningServer, 'url' | 'failed'>> {
  const { config, logger, closers } = site;
  const log = await openLog(site);
  const engine = await startEngine(site);
  const store = await openStore(site, engine, log);
  const { access: accessSettings, canaryHeaders, actingHeaders } = admitOwnClients(config.access);
  const late: LateParts = {};
  const quarantine = await openQuarantine(site, log, late, actingHeaders);
  const documents = await openMetadata(site);
  const rules = await openRules(site, documents);
  const patterns = await openPatterns(site);
  const { indexer, replay } = startIndexing(site, engine, log, store, { quarantine, rules, patterns });
  const tail = startTail(site, log);
  const serviceMetrics = startServiceMetrics(site, log);
  const metrics = new Metrics();
  const decode = createLineDecoder(config, rules, patterns, systemClock);
  const alerting = await openAlerting(site, { log, metrics, documents, store, decode });
  const search = createSearch(config, store, metrics, patterns);
  const facts = { version, startedMs: site.startedMs, dataPath: site.directory.path, auditLimits: limitsOfUpkeep(config) };
  const running = { log, engine, indexer, replay, store, tail, serviceMetrics, search, metrics, quarantine, late, alerting };
  const operations = createOperations({ ...facts, ...running });

  const access = createAccess(accessSettings);
  const rewrite = (node: QueryNode): QueryNode => withAllIds(node, patterns);
  const tailOptions = { tail, config: config.tail, queryConfig: config.query, rewrite };
  const parts = {
    search,
    access,
    operations,
    quarantine,
    serviceMetrics,
    rules: ruleOptions(config, rules, late),
    views: createViews(config, documents),
    exports: await startExports(site, search, documents),
    journeys: new Journeys({ log, store, indexed: () => indexer.found, config: config.journey }),
    patterns: { store, catalogue: patterns },
    sources: store,
    storage: store,
    loki: new LokiParts(search.runner, store, config.loki),
    tail: tailOptions,
    ...alerting.routes,
  };
  const web = readInterface(builtInterface);
  const api = createApi({ ...parts, web, config: config.api, clock: systemClock, logger, version });
  const apiSocketPath = await listenPrivately(api, dirname(engine.socketPath));
  closers.add('api', () => api.close());

  const needs = { rules: rules.live, patterns, serviceMetrics, alerting };
  const gateway = await openGateway(site, log, apiSocketPath, accessSettings, needs);
  rules.onChange((live) => gateway.setRules(live));
  late.gateway = gateway;
  publishMetrics(metrics, { gateway, quarantine, store, status: operations.status });
  closers.add('upkeep', startUpkeep({ gateway, log, indexer, store, logger }));
  // Before the gateway, which waits for open requests.
  closers.add('tail streams', () => tail.stop());
  settleReplays(site, indexer, store, quarantine);
  late.canary = startCanary(site, gateway, canaryHeaders, metrics);
  const host = gateway.host.includes(':') ? `[${gateway.host}]` : gateway.host;
  return { url: `http://${host}:${gateway.port}`, failed: indexer.failed };
}

interface MeasuredParts {
  readonly gateway: Gateway;
  readonly quarantine: QuarantineKeeper;
  readonly store: ClickHouseStore;
  readonly status: MetricSources['status'];
}

function publishMetrics(metrics: Metrics, { gateway, quarantine, store, status }: MeasuredParts): void {
  registerServerMetrics(metrics, {
    gatewayCounts: () => gateway.counts(),
    listeners: () => gateway.status().listeners,
    streams: () => gateway.streams(),
    quarantine: () => quarantine.totals(),
    status,
    ledger: () => ledgerReport(store.sink),
  });
}

/** Ids of links have 80 random bits: who has one was given it. */
function createViews({ search }: Config, documents: Documents): SavedViews {
  return new SavedViews({ documents, config: search, randomId: () => randomBytes(10).toString('base64url'), clock: systemClock });
}

function ruleOptions(config: Config, rules: RuleBook, late: LateParts): RuleRouteOptions {
  return {
    rules,
    facts: createRuleFacts(config, late),
    testParser: (spec, lines) => testParser(spec, lines, config.parsing, systemClock),
  };
}

/** On a socket in a directory of ours alone: the gateway is the only way in. */
async function listenPrivately(api: ReturnType<typeof createApi>, directory: string): Promise<string> {
  const path = join(directory, 'api.sock');
  await nodeFiles.remove(path);
  await api.listen({ path });
  return path;
}

function startTail({ config, logger, closers }: Site, log: WalLog): TailService {
  const decoder = { readBlock: readNativeBlock, lineOfRow };
  const tail = createTailService({ log, config: config.tail, createMatchers: () => new MatcherSet(), decoder, clock: systemClock, logger });
  closers.add('tail', () => tail.stop());
  return tail;
}

function startServiceMetrics({ config, logger, closers }: Site, log: WalLog): ServiceMetrics {
  const metrics = new ServiceMetrics({ log, config: config.metrics_cache, readBlock: readNativeBlock, clock: systemClock, logger });
  metrics.start();
  closers.add('service metrics', () => metrics.stop());
  return metrics;
}

/** Reads of our own look at everything. */
function limitsOfUpkeep({ search }: Config): QueryLimits {
  return { timeoutMs: search.timeout, maxMemoryBytes: search.max_memory, maxScannedRows: Number.MAX_SAFE_INTEGER };
}

function createSearch(config: Config, store: ClickHouseStore, metrics: Metrics, patterns: PatternCatalogue): SearchService {
  const upkeepRead = { limits: limitsOfUpkeep(config) };
  return new SearchService({
    store,
    config: config.search,
    queryConfig: config.query,
    clock: systemClock,
    dataExtent: (tenant) => store.extentOf(tenant, upkeepRead),
    observe: createSearchObserver(metrics),
    rewrite: (node) => withAllIds(node, patterns),
  });
}

interface GatewayNeeds {
  readonly rules: LiveRules;
  readonly patterns: PatternCatalogue;
  readonly serviceMetrics: ServiceMetrics;
  readonly alerting: Alerting;
}

async function openGateway(
  { config, logger, closers, directory }: Site,
  log: WalLog,
  apiSocketPath: string,
  access: AccessConfig,
  { rules, patterns, serviceMetrics, alerting }: GatewayNeeds,
): Promise<Gateway> {
  const gateway = await startGateway({
    config: { ...config, access },
    incarnation: log.incarnation,
    logDirectory: directory.part('log'),
    apiSocketPath,
    shardStart: (shard) => log.writerStart(shard),
    lastReceivedMs: await newestReceivedMs(log),
    rules,
    recentBatches: () => recentBatches(log, config.policies),
    templates: () => patterns.forMiners(),
    onTemplates: (learnt) => patterns.learn(learnt),
    figures: (question) => figuresFor(serviceMetrics, question),
    onCommitted: (end) => {
      log.advance(end);
      alerting.runtime.advance(end);
    },
    clock: systemClock,
    logger,
  });
  closers.add('gateway', () => gateway.stop());
  return gateway;
}

function startCanary(
  { config, logger, closers }: Site,
  gateway: Gateway,
  headers: Readonly<Record<string, string>>,
  metrics: Metrics,
): Canary | undefined {
  if (!config.canary.enabled) return undefined;
  const canary = new Canary({
    endpoint: createPublicEndpoint(reachableUrl(gateway), headers),
    config: config.canary,
    clock: systemClock,
    logger,
    runId: randomUUID(),
  });
  registerCanaryMetrics(metrics, canary);
  canary.start();
  closers.add('canary', () => canary.stop());
  return canary;
}
