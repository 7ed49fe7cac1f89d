/** The past of a service, as the store has it, window by window. Called by conditions/anomaly.ts. */
import type { SeasonCounts } from '#store/season-reads.ts';
import { emptyWindow, windowMs, windowOf } from './window-figures.ts';
import type { WindowFigures } from './window-figures.ts';

/**
 * Gives the windows from the first with lines to the last of the past, and none from the number `end` on. What roll-ups do
 * not tell (patterns, durations) is NaN. Returns the number of the window behind the last.
 */
export function pastWindows(
  { fromMs, lines, debugs, warns, errors }: SeasonCounts,
  end: number,
  learn: (window: WindowFigures) => void,
): number {
  const first = windowOf(fromMs);
  const count = Math.min(lines.length, end - first);
  let at = lines.findIndex((number) => number > 0);
  if (at < 0) return first;
  for (; at < count; at++) {
    learn({
      ...emptyWindow(fromMs + at * windowMs),
      lines: lines[at],
      debugs: debugs[at],
      warns: warns[at],
      errors: errors[at],
      patterns: Number.NaN,
      newPatterns: Number.NaN,
    });
  }
  return Math.max(first, first + count);
}
