/** What the main thread and the thread of the alerts tell each other; all plain data. */
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { RuleState } from '#alerting/evaluator.ts';
import type { ShardEnd } from '#log/durable-log.ts';
import type { LogRecord } from '#platform/telemetry.ts';
import type { EvaluationStatus } from './alert-evaluation.ts';

export interface AlertWorkerData {
  readonly config: AlertsConfig;
  readonly logDirectory: string;
  readonly incarnation: number;
  readonly readBufferBytes: number;
  readonly ends: readonly ShardEnd[];
  /** Holds alerts.db and the checkpoint. */
  readonly directory: string;
  /** The database of the catalogue of patterns, which rules for new ones begin with. */
  readonly patternsPath?: string | undefined;
  readonly rules: readonly AlertRule[];
}

export type ToAlertWorker =
  | { readonly type: 'ends'; readonly ends: readonly ShardEnd[] }
  | { readonly type: 'rules'; readonly rules: readonly AlertRule[] }
  | { readonly type: 'stop' };

export type FromAlertWorker =
  | { readonly type: 'log'; readonly record: LogRecord }
  | {
      readonly type: 'status';
      readonly status: EvaluationStatus;
      /** Of rules whose state is not what was told before; all of them at first. */
      readonly changed: readonly RuleState[];
      readonly removed: readonly string[];
    }
  | { readonly type: 'recorded' };
