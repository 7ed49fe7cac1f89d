/** How long a batch waits before it is sent again. */

/** @import { Settings } from './settings.mjs' */

/**
 * Exponential back-off with full jitter: any time from 0 to a bound that doubles with every failure, so that clients
 * which failed together do not come back together. A `Retry-After` is kept in full, and spread over the first bound.
 * (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.)
 * @param {Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs' | 'maxRetryAfterMs' | 'random'>} settings
 * @param {number} failures from 1 on
 * @param {number | undefined} retryAfterMs
 * @returns {number}
 */
export function retryDelayMs({ minRetryDelayMs, maxRetryDelayMs, maxRetryAfterMs, random }, failures, retryAfterMs) {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, maxRetryAfterMs) + random() * minRetryDelayMs;
  return random() * Math.min(maxRetryDelayMs, minRetryDelayMs * 2 ** (failures - 1));
}
