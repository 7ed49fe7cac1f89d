/** What a rule makes of past lines, as a chart has it. Pure. */
import { groupWords, thresholdsOf } from '../../../alerts/condition-words.ts';
import type { AnswerOf } from '../../../api/client.ts';
import type { AlertRule } from '../../../api/operations.ts';
import type { ChartMarks } from '../../../design/chart-marks.ts';
import type { ChartSeries } from '../../../design/chart.tsx';

export type Backtest = AnswerOf<'alertBacktest'>;

export interface BacktestChart {
  readonly times: readonly number[];
  readonly stepMs: number;
  readonly series: readonly ChartSeries[];
  readonly marks: ChartMarks;
  /** Groups that are not drawn. */
  readonly leftOut: number;
}

/** More curves than there are colours cannot be told apart. */
const drawnGroups = 8;

export function chartOf(
  { series, incidents, step_ms: stepMs, total_groups: groups }: Pick<Backtest, 'series' | 'incidents' | 'step_ms' | 'total_groups'>,
  rule: Pick<AlertRule, 'condition'>,
): BacktestChart {
  const drawn = series.slice(0, drawnGroups);
  const times = [...new Set(drawn.flatMap(({ points }) => points.map(({ time }) => Date.parse(time))))].toSorted((a, b) => a - b);
  const places = new Map(times.map((ms, index) => [ms, index]));
  return {
    times,
    stepMs,
    leftOut: Math.max(groups, series.length) - drawn.length,
    series: drawn.map(({ group, points }, index) => {
      const values: (number | null)[] = times.map(() => null);
      for (const { time, value } of points) values[places.get(Date.parse(time))!] = value;
      return { name: groupWords(group) || 'all lines', colour: `var(--series-${index + 1})`, values };
    }),
    marks: {
      thresholds: thresholdsOf(rule).map((one) => ({ ...one, colour: 'var(--danger)' })),
      spans: incidents.map(({ fired_at: fired, resolved_at: resolved }) => ({
        fromMs: Date.parse(fired),
        toMs: resolved === null ? undefined : Date.parse(resolved),
        colour: 'var(--danger)',
      })),
    },
  };
}
