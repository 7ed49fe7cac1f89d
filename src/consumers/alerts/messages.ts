/** What the main thread and the thread of the alerts tell each other; all plain data. */
import type { AlertRule } from '#alerting/alert-rule.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { RuleState } from '#alerting/evaluator.ts';
import type { ShardEnd } from '#log/durable-log.ts';
import type { LogRecord } from '#platform/telemetry.ts';
import type { SeasonCounts } from '#store/season-reads.ts';
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

/** Windows of some services, for a rule with seasons. */
export interface PastOfServices {
  readonly ruleId: string;
  readonly services: readonly SeasonCounts[];
  /** There is no more for this rule. */
  readonly isLast: boolean;
}

export type ToAlertWorker =
  | { readonly type: 'ends'; readonly ends: readonly ShardEnd[] }
  | { readonly type: 'rules'; readonly rules: readonly AlertRule[] }
  | { readonly type: 'past'; readonly past: PastOfServices }
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
  /** Rules that would learn from what the store has. */
  | { readonly type: 'past_wanted'; readonly rules: readonly AlertRule[] }
  | { readonly type: 'recorded' };
