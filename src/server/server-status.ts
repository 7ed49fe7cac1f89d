/** What `/v1/status` says: one JSON object made of what every part knows of itself. */
import type { EngineSupervisor } from '#engine/engine-supervisor.ts';
import type { TailService } from '#consumers/live-tail.ts';
import type { WalLog } from '#log/wal.ts';
import type { Ledger } from '#store/ledger.ts';
import type { SearchService } from '#search/search-service.ts';
import type { Gateway } from './gateway.ts';

export interface StatusParts {
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly dataPath: string;
  readonly gateway: Gateway;
  readonly log: WalLog;
  readonly engine: EngineSupervisor;
  readonly indexer: { status(): object };
  readonly store: { status(): object; readonly sink: { ledger(): Ledger } };
  readonly tail: TailService;
  readonly search: SearchService;
  readonly canary: { status(): object } | undefined;
}

/** Plain data, keys as the API shows them. */
export function serverStatus(parts: StatusParts): Record<string, unknown> {
  const { log, engine, tail, gateway } = parts;
  const metrics = log.metrics();
  const tailStatus = tail.status();
  return {
    version: parts.version,
    started_at: new Date(parts.startedMs).toISOString(),
    uptime_seconds: Math.round((parts.nowMs - parts.startedMs) / 1000),
    data: parts.dataPath,
    consumers: [
      parts.indexer.status(),
      {
        name: 'tail',
        position: tailStatus.position,
        subscribers: tailStatus.subscribers,
        queries: tailStatus.queries,
        matched_lines: tailStatus.matchedLines,
        dropped_lines: tailStatus.droppedLines,
        skipped_lines: tailStatus.skippedLines,
      },
    ],
    log: {
      incarnation: log.incarnation,
      kept_bytes: metrics.keptBytes,
      held_bytes: metrics.heldBytes,
      fill_ratio: metrics.fillRatio,
      segments: metrics.segments,
      trimmed_bytes: metrics.trimmedBytes,
      trimmed_early_bytes: metrics.trimmedEarlyBytes,
      shards: log.shards().map(({ shard, first, end, keptBytes, oldestReceivedMs }) => ({
        shard,
        first_sequence: first,
        next_sequence: end.sequence,
        rows: end.rows,
        kept_bytes: keptBytes,
        ...(oldestReceivedMs === undefined ? {} : { oldest_received_at: new Date(oldestReceivedMs).toISOString() }),
      })),
      recovery: log.recovery.map(({ shard, tornBytes, damagedFrames, lostRows }) => ({
        shard,
        torn_bytes: tornBytes,
        damaged_frames: damagedFrames,
        lost_rows: lostRows,
      })),
    },
    ledger: Object.fromEntries([...parts.store.sink.ledger()].map(([tenant, counts]) => [tenant, { ...counts }])),
    store: parts.store.status(),
    engine: { ...engineStatus(engine) },
    gateway: { ...gateway.status(), host: gateway.host, port: gateway.port },
    search: parts.search.status(),
    ...(parts.canary ? { canary: parts.canary.status() } : {}),
  };
}

function engineStatus({ state, pid }: EngineSupervisor): Record<string, unknown> {
  const { status, reason, restarts, sinceMs } = state;
  return { status, ...(reason ? { reason } : {}), restarts, since: new Date(sinceMs).toISOString(), ...(pid ? { pid } : {}) };
}
