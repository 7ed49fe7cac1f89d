/** The total of a search, counted within a budget of its own: a page never waits long for a number beside it. */
import { AppError, toAppError } from '#base/errors.ts';
import type { CountAnswer } from '#store/log-store.ts';
import { withDeadline } from './deadline.ts';
import type { QueryRunner, SignalledRead } from './query-runner.ts';

export interface Total {
  /** All lines that match, or at least so many where the relation is `gte`. */
  readonly total: number;
  readonly totalRelation: 'eq' | 'gte';
}

/** What `count` counts, or undefined where it ran out of its own budget. Other errors are the search's. */
export async function countWithinBudget(
  { clock, config }: Pick<QueryRunner, 'clock' | 'config'>,
  options: SignalledRead,
  count: (options: SignalledRead) => Promise<CountAnswer>,
): Promise<CountAnswer | undefined> {
  const timeoutMs = Math.min(config.count_timeout, config.timeout);
  const expired = (): AppError => new AppError('query_timeout', 'the count ran out of its time');
  try {
    const limits = { ...options.limits, timeoutMs };
    const { signal } = options;
    return await withDeadline(clock, { afterMs: timeoutMs, signal, expired }, (ending) => count({ ...options, limits, signal: ending }));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'query_timeout' || error.code === 'query_too_expensive') return undefined;
    throw error;
  }
}

/** The lines and the count come from two moments: a total is never less than what is shown. */
export function totalOf(count: CountAnswer | undefined, atLeast: number): Total {
  if (count === undefined) return { total: atLeast, totalRelation: 'gte' };
  return { total: Math.max(count.total, atLeast), totalRelation: count.complete ? 'eq' : 'gte' };
}
