/** The report of `/v1/status`, made of what every part knows of itself. */
import type { StatusReport } from '#api/status-report.ts';
import type { IndexerStatus } from '#consumers/indexer/indexer.ts';
import type { Quarantine } from '#consumers/quarantined-records.ts';
import type { ServiceMetrics } from '#consumers/service-metrics/service-metrics.ts';
import type { TailService } from '#consumers/live-tail.ts';
import type { EngineSupervisor } from '#engine/engine-supervisor.ts';
import { receivedCount } from '#log/outcomes.ts';
import type { WalLog } from '#log/wal.ts';
import type { SearchService } from '#search/search-service.ts';
import type { LineSink } from '#store/line-sink.ts';
import type { Alerting } from './alerting.ts';
import type { Gateway, ListenerStatus } from './gateway.ts';

export interface StatusParts {
  readonly version: string;
  readonly startedMs: number;
  readonly ready: boolean;
  readonly dataPath: string;
  /** Undefined until it listens. */
  readonly gateway: Gateway | undefined;
  readonly log: WalLog;
  readonly engine: EngineSupervisor;
  readonly indexer: { status(): IndexerStatus };
  readonly replay: { status(): object };
  readonly store: { status(): object; readonly sink: LineSink };
  readonly tail: TailService;
  readonly serviceMetrics: ServiceMetrics;
  readonly quarantine: Quarantine;
  readonly search: SearchService;
  readonly canary?: { status(): object };
  readonly alerting: Pick<Alerting, 'status' | 'runtime'>;
}

export function serverStatus(parts: StatusParts): StatusReport {
  const { log, tail, gateway } = parts;
  return {
    ...(gateway ? { gateway: gatewayStatus(gateway) } : {}),
    version: parts.version,
    started_at: new Date(parts.startedMs).toISOString(),
    ready: parts.ready,
    consumers: {
      indexer: { ...parts.indexer.status() },
      tail: tailConsumer(tail, log),
      service_metrics: metricsConsumer(parts.serviceMetrics),
      alerts: alertsConsumer(parts.alerting, log),
    },
    log: logStatus(log),
    ledger: ledgerReport(parts.store.sink),
    store: { ...parts.store.status(), replay: parts.replay.status(), data_directory: parts.dataPath },
    engine: engineStatus(parts.engine),
    search: searchStatus(parts.search),
    tail: tailStatus(tail),
    service_metrics: metricsStatus(parts.serviceMetrics),
    receivers: { listeners: (gateway?.status().listeners ?? []).map(listenerStatus), events: gateway?.counts().events ?? {} },
    quarantine: Object.fromEntries(parts.quarantine.totals()),
    alerts: parts.alerting.status(),
    ...(parts.canary ? { canary: { ...parts.canary.status() } } : {}),
    recovery: log.recovery.map(({ shard, tornBytes, damagedFrames, lostRows }) => ({
      shard,
      torn_bytes: tornBytes,
      damaged_frames: damagedFrames,
      lost_rows: lostRows,
    })),
  };
}

/** Kept-out queries by tenant: a key sees those of its own. */
function searchStatus(search: SearchService): Record<string, unknown> {
  const { quarantined, ...facts } = search.status();
  const byTenant = Object.groupBy(quarantined, ({ tenant }) => tenant);
  const shown = Object.entries(byTenant).map(([tenant, queries = []]) => [
    tenant,
    queries.map(({ fingerprint, strikes, untilMs, reason }) => ({ fingerprint, strikes, reason, until: new Date(untilMs).toISOString() })),
  ]);
  return { ...facts, quarantined: Object.fromEntries(shown) };
}

/** Outcomes of all records ever received, as far as the indexer has read them. */
export function ledgerReport(sink: LineSink): StatusReport['ledger'] {
  const committed = sink.committedLedger();
  return Object.fromEntries(
    [...sink.ledger()].map(([tenant, counts]) => {
      const stored = committed.get(tenant)?.accepted ?? 0;
      return [tenant, { received: receivedCount(counts), ...counts, stored, pending: counts.accepted - stored }];
    }),
  );
}

function gatewayStatus(gateway: Gateway): Record<string, unknown> {
  const { workers, listening, restarts } = gateway.status();
  return { workers, listening, restarts, host: gateway.host, port: gateway.port };
}

function listenerStatus({ problem, ...listener }: ListenerStatus): Record<string, unknown> {
  return { ...listener, listening: problem === undefined, ...(problem === undefined ? {} : { problem }) };
}

function logStatus(log: WalLog): Record<string, unknown> {
  const { keptBytes, heldBytes, fillRatio, segments, trimmedBytes, trimmedEarlyBytes } = log.metrics();
  return {
    incarnation: log.incarnation,
    kept_bytes: keptBytes,
    held_bytes: heldBytes,
    fill_ratio: fillRatio,
    segments,
    trimmed_bytes: trimmedBytes,
    trimmed_early_bytes: trimmedEarlyBytes,
    shards: log.shards().map(({ shard, first, end, keptBytes: shardBytes, oldestReceivedMs }) => ({
      shard,
      first_sequence: first,
      next_sequence: end.sequence,
      rows: end.rows,
      kept_bytes: shardBytes,
      ...(oldestReceivedMs === undefined ? {} : { oldest_received_at: new Date(oldestReceivedMs).toISOString() }),
    })),
  };
}

/** While nobody watches, the tail has nothing to read and no lag. */
function tailConsumer(tail: TailService, log: WalLog): StatusReport['consumers'][string] {
  const { position, subscribers } = tail.status();
  return { positions: { ...position }, lag_lines: subscribers === 0 ? 0 : linesBehind(position, log), lag_seconds: 0 };
}

/** Without rules nothing is read, and nothing is behind. */
function alertsConsumer({ runtime }: Pick<Alerting, 'runtime'>, log: WalLog): StatusReport['consumers'][string] {
  const { evaluation } = runtime.status();
  if (evaluation === undefined || evaluation.tickMs === 0) return { positions: {}, lag_lines: 0, lag_seconds: 0 };
  const { position, lagMs } = evaluation;
  return { positions: { ...position }, lag_lines: linesBehind(position, log), lag_seconds: lagMs / 1000 };
}

/** An estimate: frames that are not read yet, of average size. */
function linesBehind(position: Readonly<Record<number, number>>, log: WalLog): number {
  const behind = log.shards().reduce((sum, { shard, end }) => sum + Math.max(0, end.sequence - (position[shard] ?? end.sequence)), 0);
  const rowsPerFrame = Math.max(1, ...log.shards().map(({ end }) => (end.sequence === 0 ? 1 : end.rows / end.sequence)));
  return Math.round(behind * rowsPerFrame);
}

function metricsConsumer(metrics: ServiceMetrics): StatusReport['consumers'][string] {
  const { positions, lagLines, lagMs } = metrics.status();
  return { positions: { ...positions }, lag_lines: lagLines, lag_seconds: lagMs / 1000 };
}

function metricsStatus(metrics: ServiceMetrics): Record<string, unknown> {
  const { services, buckets, untimelyLines, jumps, wholeSinceMs } = metrics.status();
  return { services, buckets, untimely_lines: untimelyLines, jumps, whole_since: new Date(wholeSinceMs).toISOString() };
}

function tailStatus(tail: TailService): Record<string, unknown> {
  const { subscribers, queries, matchedLines, droppedLines, skippedLines } = tail.status();
  return { subscribers, queries, matched_lines: matchedLines, dropped_lines: droppedLines, skipped_lines: skippedLines };
}

function engineStatus({ state, pid }: EngineSupervisor): Record<string, unknown> {
  const { status, reason, restarts, sinceMs } = state;
  return { status, ...(reason ? { reason } : {}), restarts, since: new Date(sinceMs).toISOString(), ...(pid ? { pid } : {}) };
}
