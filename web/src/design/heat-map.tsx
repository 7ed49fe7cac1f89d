/** Groups over time, each cell as strong as its value: rows of one hue, so that order is read without a legend of colours. */
import { useTimes } from '../app/time-zone.ts';
import type { ChartSeries } from './chart.tsx';
import styles from './heat-map.module.css';

export interface HeatMapProps {
  readonly label: string;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly showValue: (value: number) => string;
  readonly onRow?: (name: string) => void;
}

export function HeatMap({ label, times, series, showValue, onRow }: HeatMapProps) {
  const zoned = useTimes();
  const highest = Math.max(1e-9, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  return (
    <div className={styles.map} role="group" aria-label={label} tabIndex={0}>
      {series.map(({ name, values }) => (
        <div key={name} className={styles.row}>
          <button type="button" className={styles.name} title={name} onClick={() => onRow?.(name)}>
            {name}
          </button>
          <svg
            className={styles.cells}
            viewBox={`0 0 ${times.length} 1`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`${name}: at most ${showValue(Math.max(0, ...values.map((value) => value ?? 0)))}`}
          >
            {values.map((value, index) =>
              value === null || value === 0 ? null : (
                <rect
                  key={index}
                  x={index}
                  y={0}
                  width={0.94}
                  height={1}
                  fill="var(--accent)"
                  opacity={0.12 + 0.88 * Math.sqrt(value / highest)}
                >
                  <title>{`${zoned.full(times[index])}  ${showValue(value)}`}</title>
                </rect>
              ),
            )}
          </svg>
        </div>
      ))}
    </div>
  );
}
