/** Bars without axes, as high as a line of text: how something went. Decoration; the figure beside it is what counts. */
import { memo } from 'react';

export interface SparklineProps {
  /** One for each step of time. */
  readonly values: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly fill?: string;
}

export const Sparkline = memo(function Sparkline({ values, width, height, fill = 'var(--series-1)' }: SparklineProps) {
  const most = Math.max(1e-9, ...values);
  const step = width / Math.max(1, values.length);
  const barWidth = Math.max(1, step - 0.5);
  const bars = values.map((value, index) => {
    if (value <= 0) return '';
    const barHeight = Math.max(1, (value / most) * (height - 1)).toFixed(1);
    return `M${Math.min(index * step, width - 1).toFixed(1)} ${height}v-${barHeight}h${barWidth.toFixed(1)}v${barHeight}z`;
  });
  return (
    <svg width={width} height={height} aria-hidden="true" viewBox={`0 0 ${width} ${height}`}>
      <path d={`M0 ${height - 0.5}h${width}`} style={{ stroke: 'var(--line)' }} />
      <path d={bars.join('')} style={{ fill }} />
    </svg>
  );
});
