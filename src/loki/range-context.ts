/** What the readings of a metric query's ranges share, and the times that they read. */
import type { RangeExpression } from '#logql/ast.ts';
import { msToNs } from '#logql/range-functions.ts';
import { timeAt } from '#logql/series.ts';
import type { Grid } from '#logql/series.ts';
import type { TimeRange } from '#store/log-store.ts';
import type { Asker, LokiParts } from './loki-parts.ts';

export interface RangeContext {
  readonly parts: LokiParts;
  readonly asker: Asker;
  readonly grid: Grid;
  readonly warn: (reason: string | undefined) => void;
}

/** The times of all windows (t - range, t], half open the other way round. */
export function windowsRange(grid: Grid, { rangeMs, offsetMs }: RangeExpression): TimeRange {
  const lastNs = timeAt(grid, grid.steps - 1);
  return { fromNs: grid.startNs - msToNs(offsetMs) - msToNs(rangeMs) + 1n, toNs: lastNs - msToNs(offsetMs) + 1n };
}
