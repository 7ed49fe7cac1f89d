/**
 * What a database that cannot be written for now does to its callers: a locked file or a full disk passes, so the work is
 * tried again for a while, and then told as an error that says so. Everything else goes through as it is.
 */
import { AppError } from '#base/errors.ts';
import type { Clock } from '#platform/clock.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html) that may pass by themselves. */
const passing = new Map([
  [5, 'it is locked'],
  [6, 'a table of it is locked'],
  [10, 'its disk fails'],
  [13, 'its disk is full'],
]);

const pausesMs = [20, 50, 100, 200, 400];

/** Why the fault may pass; undefined where it will not. */
export function passingFault(thrown: unknown): string | undefined {
  const { errcode, message = '' } = thrown as { errcode?: number; message?: string };
  // A full disk ends the transaction by itself; the rollback that follows then has nothing to take back, and its error comes instead.
  if (message.includes('cannot rollback - no transaction is active')) return 'its last write was broken off';
  return errcode === undefined ? undefined : passing.get(errcode & 0xff);
}

/** Tries the work again while the fault may pass. @throws AppError `alerts_unavailable` when it does not in about a second */
export async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      const why = passingFault(thrown);
      if (why === undefined) throw thrown;
      if (attempt < pausesMs.length) await clock.sleep(pausesMs[attempt]);
      else
        throw new AppError('alerts_unavailable', `the database of alerts cannot be used now: ${why}`, {
          retryAfterMs: 1000,
          cause: thrown,
        });
    }
  }
}
