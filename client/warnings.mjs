/** What happens to problems where the application has no `onError`: they become warnings of the process, few of them. */

/** @import { Clock, Problem } from './declarations/index.d.ts' */

const quietMs = 60_000;

/**
 * An `onError` that warns at most once a minute of each kind.
 * @param {Clock} clock
 * @returns {(problem: Problem) => void}
 */
export function warnSparingly(clock) {
  /** @type {Map<string, number>} */
  const quietUntil = new Map();
  return ({ kind, message, code }) => {
    const now = clock.now();
    if (now < (quietUntil.get(kind) ?? -Infinity)) return;
    quietUntil.set(kind, now + quietMs);
    process.emitWarning(message, { type: 'MillraceWarning', ...(code === undefined ? {} : { code }) });
  };
}
