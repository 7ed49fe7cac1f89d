/**
 * Backpressure: how full the log is and how late the index is, turned into a hint for senders and, in time, a refusal.
 *
 * The main thread knows the facts and computes this about once a second; gateway workers hold the latest value and ask
 * it before they read a body.
 */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from './config.ts';

export type LagHint = 'normal' | 'elevated' | 'critical';

/** Sent to worker threads as a message, so plain data. */
export interface Pressure {
  readonly lagHint: LagHint;
  /** Present while nothing may be taken. */
  readonly refusal?: PressureRefusal;
}

export interface PressureRefusal {
  readonly message: string;
  /** The bound that was reached, full path. */
  readonly setting: string;
  readonly retryAfterMs: number;
}

export interface PressureFacts {
  /** Bytes of the log that the slowest holding consumer has still to read, and the most that may wait. */
  readonly waitingBytes: number;
  readonly maxWaitingBytes: number;
  /** Age of the oldest line that is not yet searchable; 0 where there is none. */
  readonly lagMs: number;
}

export const noPressure: Pressure = { lagHint: 'normal' };

type PressureConfig = Pick<IngestConfig, 'elevated_fill' | 'critical_fill' | 'refuse_fill' | 'elevated_lag' | 'critical_lag' | 'overload_retry_after'>;

/** The hint is the worse of the two facts; only the fill refuses, because an engine that is down must not stop ingestion. */
export function computePressure(facts: PressureFacts, config: PressureConfig): Pressure {
  const fill = facts.maxWaitingBytes > 0 ? facts.waitingBytes / facts.maxWaitingBytes : 0;
  const lagHint = hintOf(fill, facts.lagMs, config);
  if (fill < config.refuse_fill) return { lagHint };
  const percent = Math.floor(fill * 100);
  return {
    lagHint: 'critical',
    refusal: {
      message: `${percent} % of the log waits to be indexed; retry later`,
      setting: 'ingest.refuse_fill',
      retryAfterMs: config.overload_retry_after,
    },
  };
}

function hintOf(fill: number, lagMs: number, config: PressureConfig): LagHint {
  if (fill >= config.critical_fill || lagMs >= config.critical_lag) return 'critical';
  if (fill >= config.elevated_fill || lagMs >= config.elevated_lag) return 'elevated';
  return 'normal';
}

/** Throws `log_full` while the pressure refuses. */
export function admitUnder(pressure: Pressure): void {
  const refusal = pressure.refusal;
  if (refusal === undefined) return;
  throw new AppError('log_full', refusal.message, { details: { setting: refusal.setting }, retryAfterMs: refusal.retryAfterMs });
}
