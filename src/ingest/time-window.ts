/** Refuses records whose event time lies outside the accepted window (`ingest.max_age`, `ingest.max_future`). */
import type { LogBatchBuilder, RecordFinisher } from '#model/log-batch.ts';
import { missingTime } from '#model/native-writer.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import type { IngestConfig } from './config.ts';

const wordsPerMs = 4_294_967_296 / 1e6;

/** Undefined where every time is accepted. */
export function timeWindow(config: Pick<IngestConfig, 'max_age' | 'max_future'>, nowMs: () => number): RecordFinisher | undefined {
  const maxAgeMs = config.max_age || Number.POSITIVE_INFINITY;
  const maxFutureMs = config.max_future || Number.POSITIVE_INFINITY;
  if (maxAgeMs === Number.POSITIVE_INFINITY && maxFutureMs === Number.POSITIVE_INFINITY) return undefined;
  return {
    finish({ timeHigh, timeLow, rowCount }: LogBatchBuilder): RecordErrorCode | undefined {
      const high = timeHigh[rowCount];
      if (high === missingTime) return undefined;
      const timeMs = high * wordsPerMs + timeLow[rowCount] / 1e6;
      const now = nowMs();
      return now - timeMs > maxAgeMs || timeMs - now > maxFutureMs ? 'timestamp_out_of_window' : undefined;
    },
  };
}
