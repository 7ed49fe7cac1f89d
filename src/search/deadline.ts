/** A task with an end: by time or because the caller went away, whatever the task itself does about it. */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';

export interface Deadline {
  readonly afterMs: number;
  readonly signal: AbortSignal;
  /** The error when the time is up. */
  readonly expired: () => AppError;
}

/**
 * Runs the task with a signal that is aborted when the time is up or the caller's signal is. The result is then the
 * error `expired()` or `cancelled`, also where the task does not listen to its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  { afterMs, signal, expired }: Deadline,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  let failure: AppError | undefined;
  const stop = (error: AppError): void => {
    failure ??= error;
    ended.abort();
  };
  const onAbort = (): void => stop(new AppError('cancelled', 'the client went away before the answer was ready'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const finished = new AbortController();
  const timer = clock.sleep(afterMs, finished.signal).then(() => void (finished.signal.aborted || stop(expired())));
  const stopped = new Promise<never>((_, reject) => {
    const rejectNow = (): void => reject(failure);
    if (ended.signal.aborted) rejectNow();
    else ended.signal.addEventListener('abort', rejectNow, { once: true });
  });
  try {
    return await Promise.race([task(ended.signal), stopped]);
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    finished.abort();
    await timer;
  }
}
