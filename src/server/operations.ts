/** What the API may ask of the server as a whole: readiness, status, metrics, flush, replay. */
import type { Operations } from '#api/operation-routes.ts';
import type { Canary } from '#consumers/canary/canary.ts';
import type { Indexer } from '#consumers/indexer/indexer.ts';
import type { Replay } from '#consumers/indexer/replay.ts';
import type { Quarantine } from '#consumers/quarantined-records.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { ClickHouseStore } from '#store/clickhouse.ts';
import type { QueryLimits } from '#store/log-store.ts';
import { audit } from './audit.ts';
import type { Gateway } from './gateway.ts';
import { serverStatus } from './server-status.ts';
import type { StatusParts } from './server-status.ts';

/** Parts that are made last and told about from the first request on. */
export interface LateParts {
  gateway?: Gateway;
  canary?: Canary;
}

export interface OperationParts extends Omit<StatusParts, 'ready' | 'gateway' | 'canary' | 'indexer' | 'replay' | 'store'> {
  readonly indexer: Indexer;
  readonly replay: Replay;
  readonly store: ClickHouseStore;
  readonly metrics: Metrics;
  readonly quarantine: Quarantine;
  readonly late: LateParts;
  readonly auditLimits: QueryLimits;
}

export function createOperations(parts: OperationParts): Operations & { readonly status: () => ReturnType<typeof serverStatus> } {
  const { engine, indexer, replay, store, metrics, quarantine, late } = parts;
  const notReadyReasons = (): string[] => [
    ...(engine.state.status === 'ready' ? [] : [`the storage engine is ${engine.state.status}`]),
    ...(indexer.isCaughtUp ? [] : ['recent lines are being replayed from the durable log']),
    ...(late.gateway === undefined ? ['the gateway is starting'] : []),
  ];
  return {
    notReadyReasons,
    status: () =>
      serverStatus({
        ...parts,
        ready: notReadyReasons().length === 0,
        gateway: late.gateway,
        ...(late.canary ? { canary: late.canary } : {}),
      }),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
    async flush() {
      await indexer.indexed();
      await store.sink.flush();
    },
    audit: (signal) =>
      audit(
        {
          ledger: () => store.sink.ledger(),
          countLines: (tenant, aborted) => store.countAll(tenant, { limits: parts.auditLimits, signal: aborted }),
          quarantine,
          indexed: () => indexer.indexed(),
        },
        signal,
      ),
    replay: (from) => replay.start(from),
    storage: () => store.storage(),
  };
}
