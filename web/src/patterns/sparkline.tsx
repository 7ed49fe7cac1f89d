/** Counts over time in a few pixels. */
import { memo } from 'react';
import type { SettledRange } from '../time-range/time-choice.ts';

interface SparklineProps {
  readonly buckets: readonly (readonly [time: string, count: number])[];
  readonly range: SettledRange;
  readonly intervalMs: number;
  readonly width: number;
  readonly height: number;
  readonly fill?: string;
}

export const Sparkline = memo(function Sparkline({ buckets, range, intervalMs, width, height, fill = 'var(--series-1)' }: SparklineProps) {
  const spanMs = range.toMs - range.fromMs;
  const most = Math.max(1, ...buckets.map(([, count]) => count));
  const barWidth = Math.max(1, (width * intervalMs) / spanMs - 0.5);
  const path = buckets
    .filter(([, count]) => count > 0)
    .map(([time, count]) => {
      const x = Math.max(0, ((Date.parse(time) - range.fromMs) / spanMs) * width);
      const barHeight = Math.max(1, (count / most) * (height - 1));
      return `M${x.toFixed(1)} ${height}v${(-barHeight).toFixed(1)}h${Math.max(1, Math.min(barWidth, width - x)).toFixed(1)}v${barHeight.toFixed(1)}z`;
    })
    .join('');
  return (
    <svg width={width} height={height} aria-hidden="true" viewBox={`0 0 ${width} ${height}`}>
      <path d={`M0 ${height - 0.5}h${width}`} style={{ stroke: 'var(--line)' }} />
      <path d={path} style={{ fill }} />
    </svg>
  );
});
