/** How often a pattern was said, over the range. */
import { memo } from 'react';
import { Sparkline } from '../design/sparkline.tsx';
import type { SettledRange } from '../time-range/time-choice.ts';

interface PatternCourseProps {
  /** Steps in which it was said. */
  readonly buckets: readonly (readonly [time: string, count: number])[];
  readonly range: SettledRange;
  readonly intervalMs: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
}

export const PatternCourse = memo(function PatternCourse({ buckets, range, intervalMs, ...look }: PatternCourseProps) {
  const first = Math.floor(range.fromMs / intervalMs);
  const values = new Array<number>(Math.max(1, Math.ceil(range.toMs / intervalMs) - first)).fill(0);
  for (const [time, count] of buckets) {
    const step = Math.floor(Date.parse(time) / intervalMs) - first;
    if (step >= 0 && step < values.length) values[step] += count;
  }
  return <Sparkline values={values} {...look} />;
});
