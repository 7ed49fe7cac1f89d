/**
 * Range aggregations whose samples come out of a pipeline: lines are read in order of time, as many as the setting allows,
 * and each becomes a sample of the series of its labels.
 */
import { nsPerMs } from '#base/instant.ts';
import type { RangeExpression, Unwrap } from '#logql/ast.ts';
import { meaningError } from '#logql/errors.ts';
import type { LabelNeeds } from '#logql/evaluate.ts';
import { compileLabelFilter, parseFloatStrictly } from '#logql/label-filters.ts';
import { errorLabel } from '#logql/line-labels.ts';
import type { LabelSet, LineLabels } from '#logql/line-labels.ts';
import { compileStages } from '#logql/pipeline.ts';
import { parseSeconds, parseSize } from '#logql/quantities.ts';
import { printLogQl } from '#logql/printer.ts';
import type { Samples } from '#logql/range-functions.ts';
import { SeriesByLabels } from '#logql/series.ts';
import { groupLabels } from '#logql/vector-functions.ts';
import type { LogLine } from '#model/log-line.ts';
import { keptEntry } from './log-query.ts';
import type { Entry } from './log-query.ts';
import { windowsRange } from './range-context.ts';
import type { RangeContext } from './range-context.ts';
import type { LineSelection } from './selection.ts';

export interface SampledSeries {
  readonly labels: LabelSet;
  readonly samples: Samples;
}

export async function sampledSeries(
  { parts, asker, grid, warn }: RangeContext,
  expression: RangeExpression,
  { where, rest }: LineSelection,
  needs: LabelNeeds,
): Promise<SampledSeries[]> {
  const range = windowsRange(grid, expression);
  const run = compileStages(rest, { nowNs: BigInt(Math.floor(parts.nowMs)) * nsPerMs });
  const sampleOf = compileSample(expression);
  const found = new SeriesByLabels<Samples>(() => {
    if (found.size >= parts.config.max_series) throw parts.tooManySeries();
    return { timesNs: [], values: [] };
  });
  const take = (line: LogLine): void => {
    const entry = keptEntry(line, run);
    const value = entry === undefined ? undefined : sampleOf(entry, 1 / line.sampleRate);
    if (entry === undefined || value === undefined) return;
    refuseError(entry.labels);
    const samples = found.of(seriesLabels(entry.labels, expression, needs));
    samples.timesNs.push(entry.tsNs);
    samples.values.push(value);
  };
  const maxLines = parts.config.max_pipeline_lines;
  let lineCount = 0;
  await parts.scanLines(asker, { where, range, stages: printLogQl(expression) }, ({ lines, reason }) => {
    warn(reason);
    lineCount += lines.length;
    if (lineCount > maxLines) throw parts.tooManyLines();
    lines.forEach(take);
  });
  return found.entries().map(({ labels, item }) => ({ labels, samples: item }));
}

/** Undefined where a line gives no sample. */
type SampleOf = (entry: Entry, weight: number) => number | undefined;

function compileSample({ operation, unwrap }: RangeExpression): SampleOf {
  if (unwrap !== undefined) return compileUnwrap(unwrap);
  const isBytes = operation === 'bytes_rate' || operation === 'bytes_over_time';
  return isBytes ? ({ line }, weight) => Buffer.byteLength(line) * weight : (_, weight) => weight;
}

function compileUnwrap({ label, conversion, filters }: Unwrap): SampleOf {
  const read = conversion === undefined ? parseFloatStrictly : conversion === 'bytes' ? parseSize : parseSeconds;
  const passes = filters.map(compileLabelFilter);
  return ({ labels }) => {
    const text = labels.get(label);
    if (text === '') return undefined;
    const value = read(text);
    if (value === undefined) labels.fail('SampleExtractionErr', `cannot read ${JSON.stringify(text)} of label "${label}"`);
    labels.delete(label);
    return passes.every((pass) => pass(labels)) ? (value ?? 0) : undefined;
  };
}

/** Loki's words: a number that leaves out what could not be read would be wrong without saying so. */
function refuseError(labels: LineLabels): void {
  if (labels.error === '') return;
  const shown = [...labels.entries()].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ');
  throw meaningError(
    `pipeline error: '${labels.error}' for series: '{${shown}}'.\nUse a label filter to intentionally skip this error. (e.g | ${errorLabel}!="${labels.error}").\nTo skip all potential errors you can match empty errors.(e.g ${errorLabel}="")\nThe label filter can also be specified after unwrap.(e.g | unwrap latency | ${errorLabel}="" )\n`,
  );
}

/** Structured metadata makes no series of its own unless the query names it. */
function seriesLabels(labels: LineLabels, { grouping }: RangeExpression, { only, named }: LabelNeeds): LabelSet {
  if (only !== undefined) return new Map(only.flatMap((name) => (labels.get(name) === '' ? [] : [[name, labels.get(name)] as const])));
  const all = new Map<string, string>();
  for (const [name, value, kind] of labels.entries()) if (kind !== 'metadata' || named.has(name)) all.set(name, value);
  return grouping === undefined ? all : groupLabels(all, grouping);
}
