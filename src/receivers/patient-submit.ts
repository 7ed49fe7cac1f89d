/**
 * Submitting what a connection holds, for protocols whose senders wait for an acknowledgement: while the log takes
 * nothing, the bytes stay, nothing more is read from the sender, and it is tried again, within a bound.
 */
import { AppError, toAppError } from '#base/errors.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import type { ReceiverContext } from './receiver.ts';

export interface PatientSubmitOptions {
  /** Name of the receiver, for counts. */
  readonly receiver: string;
  readonly context: ReceiverContext;
  /** How long it is tried, from the first refusal. */
  readonly maxWaitMs: number;
  /** Opens a batch and fills it; called again after a refusal, since that empties the batch. */
  readonly fill: () => OpenBatch;
}

/** Pause after a refusal that does not say how long. */
const retryAfterMs = 1000;

/** Resolves when all of the batch is durable. @throws AppError the log's last refusal, or what `fill` throws */
export async function submitPatiently(options: PatientSubmitOptions): Promise<void> {
  const { receiver, context, maxWaitMs, fill } = options;
  const { intake, clock } = context;
  let deadlineMs: number | undefined;
  for (;;) {
    try {
      intake.admit();
      await intake.submit(fill());
      return;
    } catch (thrown) {
      if (!isPressure(thrown)) throw thrown;
      const error = toAppError(thrown);
      const pauseMs = error.retryAfterMs ?? retryAfterMs;
      const nowMs = clock.monotonicMs();
      deadlineMs ??= nowMs + maxWaitMs;
      if (nowMs + pauseMs > deadlineMs) throw error;
      context.count(receiver, 'batches_delayed');
      await clock.sleep(pauseMs);
    }
  }
}

/** What may pass by itself; a stop does not. The same batch may be on its way from a connection that broke. */
function isPressure(thrown: unknown): boolean {
  return thrown instanceof AppError && ['log_full', 'log_unavailable', 'batch_under_way'].includes(thrown.code);
}
