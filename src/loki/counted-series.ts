/** Range aggregations that the engine counts: lines and bytes by stored labels, in slots of time that make up the windows. */
import type { QueryNode } from '#language/ast.ts';
import type { RangeExpression } from '#logql/ast.ts';
import type { LabelNeeds } from '#logql/evaluate.ts';
import { labelsKey } from '#logql/line-labels.ts';
import type { LabelSet } from '#logql/line-labels.ts';
import { msToNs } from '#logql/range-functions.ts';
import type { Grid, Series, Values } from '#logql/series.ts';
import type { StreamCount } from '#store/stream-reads.ts';
import { windowsRange } from './range-context.ts';
import type { RangeContext } from './range-context.ts';
import { planLabels } from './stream-labels.ts';

/** More would be slower than looking at the lines, and none of Grafana's or logcli's own steps needs as many. */
const maxSlots = 50_000;

export interface Slots {
  readonly slotNs: bigint;
  readonly count: number;
  /** Of a window, and from one window to the next. */
  readonly perWindow: number;
  readonly perStep: number;
}

/** The longest slots of which windows and steps are whole numbers; undefined where they would be too many. */
export function slotsOf(grid: Grid, { rangeMs }: RangeExpression): Slots | undefined {
  const rangeNs = msToNs(rangeMs);
  const slotNs = grid.steps === 1 ? rangeNs : commonDivisor(rangeNs, grid.stepNs);
  const perWindow = Number(rangeNs / slotNs);
  const perStep = grid.steps === 1 ? perWindow : Number(grid.stepNs / slotNs);
  const count = perWindow + perStep * (grid.steps - 1);
  return count > maxSlots ? undefined : { slotNs, count, perWindow, perStep };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** The windows' slots must be few enough. */
export async function countedSeries(
  { parts, asker, grid, warn }: RangeContext,
  expression: RangeExpression,
  where: QueryNode,
  needs: LabelNeeds,
): Promise<Series[]> {
  const range = windowsRange(grid, expression);
  const slots = slotsOf(grid, expression) as Slots;
  const withBytes = expression.operation === 'bytes_rate' || expression.operation === 'bytes_over_time';
  const { fields, byResource, labelsOf } = await planLabels(parts, asker, range, needs);
  const answer = await parts.countStreams(asker, { where, range, fields, byResource, slotNs: slots.slotNs, withBytes });
  if (answer.hasMore) throw parts.tooManyCounts();
  warn(answer.reason);
  const bySeries = new Map<string, { readonly labels: LabelSet; readonly perSlot: Float64Array; readonly lines: Float64Array }>();
  for (const count of answer.counts) {
    const labels = labelsOf(count);
    const key = labelsKey(labels);
    let series = bySeries.get(key);
    if (series === undefined) {
      if (bySeries.size >= parts.config.max_series) throw parts.tooManySeries();
      series = { labels, perSlot: new Float64Array(slots.count), lines: new Float64Array(slots.count) };
      bySeries.set(key, series);
    }
    series.perSlot[count.slot] += amountOf(count, withBytes);
    series.lines[count.slot] += count.lines;
  }
  const divisor = expression.operation === 'rate' || expression.operation === 'bytes_rate' ? expression.rangeMs / 1000 : 1;
  return [...bySeries.values()].map(({ labels, perSlot, lines }) => ({
    labels,
    values: windowValues(perSlot, lines, slots, grid, divisor),
  }));
}

const amountOf = ({ lines, bytes }: StreamCount, withBytes: boolean): number => (withBytes ? bytes : lines);

function windowValues(perSlot: Float64Array, lines: Float64Array, { perWindow, perStep }: Slots, { steps }: Grid, divisor: number): Values {
  const [amounts, counts] = [sumsBefore(perSlot), sumsBefore(lines)];
  return Array.from({ length: steps }, (_, step) => {
    const first = step * perStep;
    const end = first + perWindow;
    return counts[end] - counts[first] > 0 ? rounded(amounts[end] - amounts[first]) / divisor : undefined;
  });
}

/** Weights of sampled lines are fractions, whose sums are off by a little. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

function sumsBefore(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let index = 0; index < values.length; index++) sums[index + 1] = sums[index] + values[index];
  return sums;
}
