/** How wide the bars of a histogram are: a length of time that people count in, so that there are about a hundred. */
import type { SettledRange } from '../time-range/time-choice.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The server counts in steps of a second and more (`search.min_interval`). */
const intervalsMs = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minuteMs),
  ...[1, 2, 3, 6, 12].map((n) => n * hourMs),
  ...[1, 2, 7, 14, 28].map((n) => n * dayMs),
];

/** The shortest interval with at most so many bars. */
export function intervalFor({ fromMs, toMs }: SettledRange, maxBars = 120): number {
  const widthMs = toMs - fromMs;
  return intervalsMs.find((intervalMs) => widthMs / intervalMs <= maxBars) ?? Math.ceil(widthMs / maxBars / dayMs) * dayMs;
}

/** As the API takes it. */
export function intervalText(intervalMs: number): string {
  return `${intervalMs / secondMs}s`;
}

/** Instants at which the axis has a mark, about so far apart, on round times of the zone (`offsetMs` ahead of UTC). */
export function axisMarks({ fromMs, toMs }: SettledRange, maxMarks: number, offsetMs: number): number[] {
  const stepMs = intervalFor({ fromMs, toMs }, Math.max(1, maxMarks));
  const first = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs;
  const marks: number[] = [];
  for (let ms = first; ms < toMs; ms += stepMs) marks.push(ms);
  return marks;
}
