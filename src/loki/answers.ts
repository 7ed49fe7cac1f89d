/** Answers in Loki's JSON (grafana.com/docs/loki/latest/reference/loki-http-api). */
import { nsPerMs } from '#base/instant.ts';
import { printNumber } from '#logql/quantities.ts';
import { timeAt } from '#logql/series.ts';
import type { Grid, Result, Series } from '#logql/series.ts';
import type { Entry, LogAnswer } from './log-query.ts';
import type { MetricAnswer } from './metric-query.ts';

/** What a client may ask for: labels by their kind, beside each line. Grafana does. */
export const categorizeFlag = 'categorize-labels';

interface Stream {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: unknown[];
}

export function streamsAnswer({ entries, warnings, scannedRows }: LogAnswer, categorized: boolean): string {
  const streams = streamsOf(entries, categorized);
  const data = {
    resultType: 'streams',
    ...(categorized ? { encodingFlags: [categorizeFlag] } : {}),
    result: streams,
    stats: statsOf(entries, scannedRows),
  };
  return success(data, warnings);
}

/** Entries by their streams, each in the order of the first of its entries. */
export function streamsOf(entries: readonly Entry[], categorized: boolean): { readonly stream: object; readonly values: unknown[] }[] {
  const streams = new Map<string, Stream>();
  for (const entry of entries) {
    const { labels, value } = categorized ? categorizedEntry(entry) : plainEntry(entry);
    const key = JSON.stringify(labels);
    const known = streams.get(key);
    if (known === undefined) streams.set(key, { labels: Object.fromEntries(labels), values: [value] });
    else known.values.push(value);
  }
  return [...streams.values()].map(({ labels, values }) => ({ stream: labels, values }));
}

type Labels = (readonly [string, string])[];

const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

function plainEntry({ tsNs, line, labels }: Entry): { readonly labels: Labels; readonly value: unknown } {
  return {
    labels: [...labels.entries()].map(([name, text]) => [name, text] as const).sort(byName),
    value: [String(tsNs), line],
  };
}

function categorizedEntry({ tsNs, line, labels }: Entry): { readonly labels: Labels; readonly value: unknown } {
  const stream: (readonly [string, string])[] = [];
  const structuredMetadata: Record<string, string> = {};
  const parsed: Record<string, string> = {};
  for (const [name, text, kind] of labels.entries()) {
    if (kind === 'stream') stream.push([name, text]);
    else (kind === 'metadata' ? structuredMetadata : parsed)[name] = text;
  }
  const kinds = {
    ...(Object.keys(structuredMetadata).length > 0 ? { structuredMetadata } : {}),
    ...(Object.keys(parsed).length > 0 ? { parsed } : {}),
  };
  return { labels: stream.sort(byName), value: [String(tsNs), line, kinds] };
}

/** An instant query answers a number or a vector, one over a range a matrix. */
export function metricAnswer({ result, warnings }: MetricAnswer, grid: Grid, isInstant: boolean): string {
  if (!isInstant) return success({ resultType: 'matrix', result: matrixOf(result, grid), stats: {} }, warnings);
  if (result.kind === 'scalar') {
    return success({ resultType: 'scalar', result: [seconds(grid.startNs), printNumber(result.value)], stats: {} }, warnings);
  }
  const vector = result.series.flatMap(({ labels, values: [value] }) =>
    value === undefined ? [] : [{ metric: Object.fromEntries(labels), value: [seconds(grid.startNs), printNumber(value)] }],
  );
  return success({ resultType: 'vector', result: vector, stats: {} }, warnings);
}

function matrixOf(result: Result, grid: Grid): object[] {
  const series: readonly Series[] =
    result.kind === 'series' ? result.series : [{ labels: new Map(), values: new Array<number>(grid.steps).fill(result.value) }];
  return series.map(({ labels, values }) => ({
    metric: Object.fromEntries(labels),
    values: values.flatMap((value, step) => (value === undefined ? [] : [[seconds(timeAt(grid, step)), printNumber(value)]])),
  }));
}

/** Seconds since 1970, to the millisecond. */
export const seconds = (ns: bigint): number => Number(ns / nsPerMs) / 1000;

export function success(data: unknown, warnings: readonly string[] = []): string {
  return JSON.stringify({ status: 'success', ...(warnings.length > 0 ? { warnings } : {}), data });
}

/** The part of Loki's statistics that means something here; clients add the others up, so they are zeros. */
function statsOf(entries: readonly Entry[], scannedRows: number): object {
  return {
    summary: {
      bytesProcessedPerSecond: 0,
      linesProcessedPerSecond: 0,
      totalBytesProcessed: 0,
      totalLinesProcessed: scannedRows,
      execTime: 0,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: entries.length,
    },
  };
}
