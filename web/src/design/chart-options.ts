/** How a chart is drawn: its axes, its series, and what a drag does; and values put on top of each other. */
import type { RefObject } from 'react';
import uPlot from 'uplot';
import { showClock, showDate } from '../time-range/show-time.ts';
import { drawSpans, drawThresholds } from './chart-marks.ts';
import type { ChartMarks } from './chart-marks.ts';
import type { ShownSeries } from './chart.tsx';
import type { ColourOf } from './token-colours.ts';

interface ChartLook {
  readonly width: number;
  readonly height: number;
  readonly series: readonly ShownSeries[];
  readonly stacked: boolean;
  readonly intervalMs: number;
  readonly colourOf: ColourOf;
  readonly zoneName: string;
  readonly callbacks: RefObject<{
    readonly onRange?: (range: { readonly fromMs: number; readonly toMs: number }) => void;
    readonly onIndex: (index: number | undefined) => void;
    readonly showValue: (value: number) => string;
    readonly range: { readonly fromMs: number; readonly toMs: number };
    readonly marks?: ChartMarks | undefined;
  }>;
}

const axisFont = '11px system-ui, sans-serif';
const shortestDrag = 4;

export function chartOptions(look: ChartLook): uPlot.Options {
  const { width, height, zoneName, callbacks, colourOf } = look;
  return {
    width,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zoneName),
    legend: { show: false },
    cursor: { points: { size: 5 }, drag: { x: true, y: false, setScale: false }, y: false },
    scales: {
      x: { time: true, range: () => [callbacks.current.range.fromMs / 1000, callbacks.current.range.toMs / 1000] },
      y: { range: (_, min, max) => valueRange(min, max, callbacks.current.marks?.thresholds ?? []) },
    },
    axes: axesOf(look),
    series: [{}, ...seriesOf(look)],
    hooks: {
      drawClear: [(plot) => drawSpans(plot, callbacks.current.marks, colourOf)],
      draw: [(plot) => drawThresholds(plot, callbacks.current.marks, colourOf)],
      setCursor: [({ cursor }) => callbacks.current.onIndex(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < shortestDrag) return;
          const at = (x: number): number => Math.round(plot.posToVal(x, 'x') * 1000);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          callbacks.current.onRange?.({ fromMs: at(left), toMs: at(left + wide) });
        },
      ],
    },
  };
}

/** From zero, with room above the highest value and above what it is compared with. */
function valueRange(min: number | null, max: number | null, thresholds: readonly { readonly value: number }[]): [number, number] {
  const values = thresholds.map(({ value }) => value);
  const highest = Math.max(max ?? 0, ...values);
  return [Math.min(0, min ?? 0, ...values), highest <= 0 ? 1 : highest * 1.08];
}

function axesOf({ colourOf, callbacks, zoneName }: ChartLook): uPlot.Axis[] {
  const common = {
    stroke: colourOf('var(--muted)'),
    font: axisFont,
    ticks: { show: false },
    grid: { stroke: colourOf('var(--line)'), width: 1 },
  };
  return [
    {
      ...common,
      size: 22,
      space: 70,
      grid: { show: false },
      values: (_, splits, _axis, _space, stepSeconds) => splits.map((seconds) => markText(seconds * 1000, stepSeconds * 1000, zoneName)),
      gap: 4,
    },
    {
      ...common,
      space: 28,
      gap: 4,
      size: (_, values) => 12 + Math.max(3, ...(values ?? []).map((text) => text.length)) * 6.4,
      values: (_, splits) => splits.map((value) => callbacks.current.showValue(value)),
    },
  ];
}

const dayMs = 86_400_000;

/** The time of day; where a day begins, its date. */
function markText(ms: number, stepMs: number, zoneName: string): string {
  const clock = showClock(ms, zoneName, stepMs % 60_000 === 0 ? 'minute' : 'second');
  return stepMs >= dayMs || clock === '00:00' ? showDate(ms, zoneName).slice(5) : clock;
}

function seriesOf({ series, stacked, colourOf }: ChartLook): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ size: [0.9, 60], align: 1 });
  return series.map(({ name, colour, isHidden }) => {
    const stroke = colourOf(colour);
    const common = { label: name, show: !isHidden, stroke, points: { show: false } };
    return stacked ? { ...common, paths: bars, fill: stroke, width: 0 } : { ...common, width: 1.5, points: { show: undefined, size: 3 } };
  });
}

/** Each series with all that stand behind it below: the first is the tallest, and is painted first. */
export function stackedValues(series: readonly Pick<ShownSeries, 'values' | 'isHidden'>[]): (number | null)[][] {
  const below = new Array<number>(series[0]?.values.length ?? 0).fill(0);
  return series
    .toReversed()
    .map(({ values, isHidden }) =>
      values.map((value, index) => {
        if (isHidden || value === null) return value === null ? null : below[index];
        below[index] += value;
        return below[index];
      }),
    )
    .toReversed();
}
