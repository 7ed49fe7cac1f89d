/** Metric queries: the range aggregations in them are read from the store, counted in the engine where that can. */
import { nsPerMs } from '#base/instant.ts';
import type { MetricExpression, RangeExpression, Stage } from '#logql/ast.ts';
import { evaluate } from '#logql/evaluate.ts';
import type { LabelNeeds } from '#logql/evaluate.ts';
import { absentValues, aggregateSamples } from '#logql/range-functions.ts';
import type { Grid, Result, Series } from '#logql/series.ts';
import type { TimeRange } from '#store/log-store.ts';
import { countedSeries, slotsOf } from './counted-series.ts';
import { planLog } from './log-query.ts';
import type { Asker, LokiParts } from './loki-parts.ts';
import { windowsRange } from './range-context.ts';
import type { RangeContext } from './range-context.ts';
import { sampledSeries } from './sampled-series.ts';

export interface MetricAnswer {
  readonly result: Result;
  readonly warnings: readonly string[];
}

/** AppError as an aggregation. */
export function readMetric(parts: LokiParts, expression: MetricExpression, grid: Grid, asker: Asker): Promise<MetricAnswer> {
  return parts.runner.measured('aggregate', async () => {
    const warnings = new Set<string>();
    const warn = (reason: string | undefined): void => void (reason !== undefined && warnings.add(reason));
    const result = await evaluate(expression, grid, (range, needs) => readRange({ parts, asker, grid, warn }, range, needs));
    return { result, warnings: [...warnings] };
  });
}

const counted: readonly string[] = ['rate', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'absent_over_time'];

/** Labels that lines have as they are stored, whatever a parser finds. */
const levelLabels: readonly string[] = ['level', 'detected_level'];

/**
 * Parsers whose labels are thrown away do not matter, nor what they could not read. Grafana asks so for the volume of lines by
 * level, whatever the query: counted by the engine, it is there at once, and for any number of lines.
 */
function isOnlyParsed(stages: readonly Stage[], { only }: LabelNeeds): boolean {
  const last = stages.at(-1);
  const dropsErrors = last?.kind === 'drop' && last.labels.some(({ name, matcher }) => name === '__error__' && matcher === undefined);
  const parsers = stages.slice(0, -1);
  return dropsErrors && only?.every((label) => levelLabels.includes(label)) === true && parsers.every(isParser);
}

const isParser = ({ kind }: Stage): boolean => kind === 'json' || kind === 'logfmt' || kind === 'pattern' || kind === 'regexp';

async function readRange(context: RangeContext, expression: RangeExpression, needs: LabelNeeds): Promise<readonly Series[]> {
  const { parts, asker, grid } = context;
  const range = windowsRange(grid, expression);
  const selection = await planLog(parts, expression.log, range, asker);
  const isAbsent = expression.operation === 'absent_over_time';
  const wanted = isAbsent ? { ...needs, only: [] } : needs;
  const isCountable = selection.rest.length === 0 || isOnlyParsed(selection.rest, wanted);
  const canCount = isCountable && expression.unwrap === undefined && counted.includes(expression.operation);
  const isCounted = canCount && slotsOf(grid, expression) !== undefined;
  const series = isCounted
    ? await countedSeries(context, expression, selection.where, wanted)
    : (await sampledSeries(context, expression, selection, wanted)).map(({ labels, samples }) => ({
        labels,
        values: aggregateSamples(samples, expression, grid),
      }));
  return isAbsent ? absentSeries(expression, series, grid) : series.filter(({ values }) => values.some((value) => value !== undefined));
}

/** Labels are those that the selector names, as far as it gives them one value. */
function absentSeries({ log }: RangeExpression, series: readonly Series[], grid: Grid): Series[] {
  const values = absentValues(
    series.map((one) => one.values),
    grid,
  );
  if (values.every((value) => value === undefined)) return [];
  const equal = log.matchers.filter(
    ({ operator, name }) => operator === '=' && log.matchers.filter((other) => other.name === name).length === 1,
  );
  return [{ labels: new Map(equal.map(({ name, value }) => [name, value])), values }];
}

/** One time, or `start`, `start + step` … up to `end`. */
export function gridOf({ fromNs, toNs }: TimeRange, stepNs: bigint): Grid {
  return { startNs: fromNs, stepNs, steps: Number((toNs - fromNs) / stepNs) + 1 };
}

export const instantGrid = (timeNs: bigint): Grid => ({ startNs: timeNs, stepNs: nsPerMs, steps: 1 });
