/**
 * What the three words of sensitivity mean. The figures are chosen by test/alerts/anomaly-seasons.test.ts and
 * anomaly.bench.ts, whose table of precision and recall stands in docs/alerting.md.
 */
import type { ConditionOf } from '../alert-rule.ts';

export type SensitivityName = NonNullable<ConditionOf<'anomaly'>['sensitivity']>;

export interface Sensitivity {
  /** Deviations from what was expected, for so many windows in a row. */
  readonly deviation: number;
  readonly windows: number;
  /** Deviations at which one window is enough. */
  readonly extreme: number;
  /** Of the sum of an hour, for what is too little to see in five minutes or creeps up. */
  readonly hourDeviation: number;
  /** Share of the usual windows that are less odd to the forest. */
  readonly forestRank: number;
}

export const sensitivities: Readonly<Record<SensitivityName, Sensitivity>> = {
  low: { deviation: 5.5, windows: 3, extreme: 10, hourDeviation: 7, forestRank: 0.97 },
  medium: { deviation: 3.8, windows: 2, extreme: 6.5, hourDeviation: 5, forestRank: 0.94 },
  high: { deviation: 3, windows: 2, extreme: 5, hourDeviation: 4, forestRank: 0.88 },
};
