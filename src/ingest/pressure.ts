/**
 * Backpressure as senders are told: a hint, and before the log is full nothing worse.
 *
 * The main thread knows how much of the log waits for the index and since when; it tells every gateway worker about
 * once a second. A full log refuses by itself (`log_full`); lateness only ever changes the hint, because an engine that
 * is down must not stop ingestion.
 */
import type { IngestConfig } from './config.ts';

export type LagHint = 'normal' | 'elevated' | 'critical';

/** A message to worker threads: plain data. */
export interface PressureFacts {
  /** Bytes of all shards that may not be trimmed yet (`WalLog.metrics().heldBytes`). */
  readonly heldBytes: number;
  /** Age of the oldest line that is not yet searchable; 0 where there is none. */
  readonly lagMs: number;
}

export const noPressure: PressureFacts = { heldBytes: 0, lagMs: 0 };

/** The worse of the two: how full the log is, and how late the index. */
export function lagHintOf(
  fill: 'normal' | 'elevated' | 'full',
  lagMs: number,
  config: Pick<IngestConfig, 'elevated_lag' | 'critical_lag'>,
): LagHint {
  if (fill === 'full' || lagMs >= config.critical_lag) return 'critical';
  if (fill === 'elevated' || lagMs >= config.elevated_lag) return 'elevated';
  return 'normal';
}
