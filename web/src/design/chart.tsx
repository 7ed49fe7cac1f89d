/**
 * Values over time: lines, or bars on top of each other. Drag chooses a range; a press on a name hides its series; the values
 * under the pointer stand beside the names, so that nothing covers the curve. Drawn by uPlot on one canvas.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTimes } from '../app/time-zone.ts';
import type { ChartMarks } from './chart-marks.ts';
import { chartOptions, stackedValues } from './chart-options.ts';
import styles from './chart.module.css';
import { classes } from './class-names.ts';
import { useColours } from './token-colours.ts';

export interface ChartSeries {
  readonly name: string;
  /** As CSS writes it: `var(--series-1)`. */
  readonly colour: string;
  /** One a time; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** Begins of the time steps, milliseconds, rising. */
  readonly times: readonly number[];
  readonly intervalMs: number;
  readonly series: readonly ChartSeries[];
  readonly stacked?: boolean;
  readonly showValue: (value: number) => string;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly onRange?: (range: { readonly fromMs: number; readonly toMs: number }) => void;
  /** Double press on a name, or Enter with Shift: all about this one. */
  readonly onSeries?: (name: string) => void;
  /** A line to compare with, and times that stand out. */
  readonly marks?: ChartMarks;
}

export function Chart(props: ChartProps) {
  const { label, times, series, showValue, onSeries } = props;
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [index, setIndex] = useState<number>();
  const zoned = useTimes();
  const shown = useMemo(() => series.map((one) => ({ ...one, isHidden: hidden.includes(one.name) })), [series, hidden]);
  const toggle = (name: string): void => setHidden((now) => (now.includes(name) ? now.filter((one) => one !== name) : [...now, name]));
  return (
    <div className={styles.frame} role="group" aria-label={label}>
      <div className={styles.plot}>
        <Plot {...props} series={shown} onIndex={setIndex} />
      </div>
      <div className={styles.legend}>
        {series.map(({ name, colour, values }) => (
          <button
            key={name}
            type="button"
            className={classes(styles.entry, hidden.includes(name) && styles.hiddenSeries)}
            aria-pressed={!hidden.includes(name)}
            title={onSeries === undefined ? name : `${name}: press to hide, double press for its lines`}
            onClick={() => toggle(name)}
            onDoubleClick={() => onSeries?.(name)}
          >
            <i style={{ background: colour }} />
            <span>{name}</span>
            <b>{index === undefined ? '' : valueText(values[index], showValue)}</b>
          </button>
        ))}
        <span className={styles.read}>{index === undefined || times[index] === undefined ? '' : zoned.full(times[index])}</span>
      </div>
    </div>
  );
}

function valueText(value: number | null | undefined, showValue: (value: number) => string): string {
  return value === null || value === undefined ? '–' : showValue(value);
}

export type ShownSeries = ChartSeries & { readonly isHidden: boolean };

interface PlotProps extends Omit<ChartProps, 'series'> {
  readonly series: readonly ShownSeries[];
  readonly onIndex: (index: number | undefined) => void;
}

function Plot({ label, times, intervalMs, series, stacked = false, showValue, range, onRange, onIndex, marks }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const colourOf = useColours();
  const { zoneName } = useTimes();
  const latest = useRef({ onRange, onIndex, showValue, range, marks });
  useEffect(() => {
    latest.current = { onRange, onIndex, showValue, range, marks };
  });
  const data = useMemo<uPlot.AlignedData>(() => {
    const seconds = times.map((ms) => ms / 1000);
    return [seconds, ...(stacked ? stackedValues(series) : series.map(({ values }) => [...values]))] as uPlot.AlignedData;
  }, [times, series, stacked]);
  const shape = series.map(({ name, colour, isHidden }) => `${name}\0${colour}\0${isHidden}`).join('\n');
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const { width, height } = element.getBoundingClientRect();
    const size = { width: Math.max(80, width), height: Math.max(60, height) };
    const options = chartOptions({ ...size, series, stacked, intervalMs, colourOf, zoneName, callbacks: latest });
    const made = new uPlot(options, newest.current, element);
    plot.current = made;
    const observer = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width > 0 && contentRect.height > 0) made.setSize({ width: contentRect.width, height: contentRect.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // `shape` stands for what of the series the options are made of
  }, [shape, stacked, intervalMs, colourOf, zoneName]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [data, range.fromMs, range.toMs, marks]);
  return <div ref={host} className={styles.chart} role="img" aria-label={label} />;
}
