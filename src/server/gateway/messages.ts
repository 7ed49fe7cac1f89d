/** What the main thread and a gateway worker tell each other; all plain data. */
import type { PlainAccess } from '#access/access.ts';
import type { ErrorCode } from '#base/errors.ts';
import type { MetricsCacheConfig } from '#consumers/service-metrics/config.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { PressureFacts } from '#ingest/pressure.ts';
import type { PoliciesConfig } from '#ingest/policies-config.ts';
import type { QuarantineConfig } from '#ingest/quarantine-config.ts';
import type { LogConfig } from '#log/config.ts';
import type { ShardEnd } from '#log/durable-log.ts';
import type { ParsingConfig } from '#parsing/config.ts';
import type { PatternsConfig } from '#patterns/config.ts';
import type { LearntTemplate } from '#patterns/pattern-miner.ts';
import type { LogRecord } from '#platform/telemetry.ts';
import type { GatewayConfig } from '#server/gateway-config.ts';
import type { ReceiversConfig } from '#receivers/config.ts';
import type { GatewayCounts } from './counters.ts';
import type { FiguresQuestion } from './figure-answers.ts';
import type { ListenerStatus } from './receiver-listeners.ts';
import type { LiveRules } from '#ingest/rule-book.ts';
import type { StreamFacts } from './worker-intake.ts';

/** Sections of the configuration that a worker needs. */
export interface GatewayWorkerConfig {
  readonly gateway: GatewayConfig;
  readonly ingest: IngestConfig;
  readonly log: LogConfig;
  readonly access: PlainAccess;
  readonly receivers: ReceiversConfig;
  readonly policies: PoliciesConfig;
  readonly quarantine: QuarantineConfig;
  readonly parsing: ParsingConfig;
  readonly patterns: PatternsConfig;
  readonly metrics_cache: MetricsCacheConfig;
}

/** Where a worker's shard of the log goes on (`WriterStart` of the WAL). */
export interface ShardStart {
  readonly sequence: number;
  readonly durableEnd: number;
  readonly rows: number;
  readonly bytes: number;
}

/** A batch that is durable. */
export interface RecentBatch {
  readonly tenant: string;
  readonly id: string;
  readonly receivedMs: number;
}

export interface GatewayWorkerData {
  readonly config: GatewayWorkerConfig;
  readonly shard: number;
  readonly incarnation: number;
  readonly shardStart: ShardStart;
  /** Receive time of the newest line in the shard; the next is never earlier. */
  readonly lastReceivedMs: number;
  readonly logDirectory: string;
  readonly rules: LiveRules;
  /** Batch ids of the log's newest frames: their repetitions are recognised. */
  readonly recentBatches: readonly RecentBatch[];
  /** Templates that are known already. */
  readonly templates: readonly LearntTemplate[];
  readonly apiSocketPath: string;
  readonly port: number;
  /** Ports that the first worker's other listeners got, by name. */
  readonly listenerPorts: Readonly<Record<string, number>>;
  /** Several workers listen on the same port, and the kernel spreads connections. */
  readonly reusePort: boolean;
}

export type FromGatewayWorker =
  | { readonly type: 'listening'; readonly port: number; readonly listeners: readonly ListenerStatus[] }
  /** It could not begin; it ends by itself. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> }
  | { readonly type: 'committed'; readonly end: ShardEnd }
  /** What was counted since the last one; `reply` is set where it was asked for. */
  | { readonly type: 'counts'; readonly counts: GatewayCounts; readonly reply?: number; readonly streams?: StreamFacts }
  | { readonly type: 'templates'; readonly templates: readonly LearntTemplate[] }
  | { readonly type: 'figures'; readonly question: FiguresQuestion; readonly reply: number }
  | { readonly type: 'log'; readonly record: LogRecord };

export type ToGatewayWorker =
  | { readonly type: 'pressure'; readonly facts: PressureFacts }
  | { readonly type: 'rules'; readonly rules: LiveRules }
  | { readonly type: 'report'; readonly reply: number }
  /** Undefined where the question is wrong. */
  | { readonly type: 'figures'; readonly text: string | undefined; readonly reply: number }
  | { readonly type: 'stop' };
