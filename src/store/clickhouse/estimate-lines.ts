/**
 * What a query is likely to cost, from the counts by minute that searches keep anyway: no statement of its own, so it can
 * stand before every query. It is right in size, not in figures: what an index leaves is guessed from the query's form.
 */
import { isLookup, isNarrow } from '#language/selectivity.ts';
import type { EstimateQuery, LineEstimate } from '../line-estimate.ts';
import type { ReadOptions, TimeRange } from '../log-store.ts';
import { overlapOf } from './density.ts';
import type { Density } from './density.ts';
import type { ReadParts } from './find-lines.ts';
import { rollupPlan } from './rollup.ts';
import type { Snapshot } from './snapshots.ts';

/**
 * Shares of the lines in the range that are read, by what finds them. Over the bench's 1 M lines of an hour and 10 M of five
 * days: a lookup 0.0001 to 0.004, the roll-up 0.006 and 0.063. A word's is guessed: a rare one reads nothing, a frequent one every
 * granule, though not its texts.
 */
const readShare = { lookup: 0.004, narrow: 0.25, rollup: 0.06, wide: 1 } as const;

/** Over the committed lines of one snapshot; memtables are small. */
export async function estimateLines(
  { density }: ReadParts,
  snapshot: Snapshot,
  query: EstimateQuery,
  options: ReadOptions,
): Promise<LineEstimate> {
  const tenantDensity = await density.of(query.tenant, snapshot.generation, options);
  const lines = Math.round(linesIn(query.range, tenantDensity));
  return { lines, scannedRows: Math.ceil(lines * readShare[wayOf(snapshot, query, tenantDensity)]) };
}

function wayOf(snapshot: Snapshot, { where, range, groupBy = [], metric }: EstimateQuery, density: Density): keyof typeof readShare {
  const countsLines = metric === undefined || !('field' in metric);
  if (countsLines && rollupPlan(snapshot, where, range, groupBy, density) !== undefined) return 'rollup';
  return isLookup(where) ? 'lookup' : isNarrow(where) ? 'narrow' : 'wide';
}

const minuteSeconds = 60;
const nsPerSecond = 1e9;

/** As if the lines of a minute were spread evenly. */
function linesIn(range: TimeRange, { minutes, counts, extent }: Density): number {
  const inside = overlapOf(range, extent);
  if (inside === undefined) return 0;
  const [from, to] = [Number(inside.fromNs) / nsPerSecond, Number(inside.toNs) / nsPerSecond];
  let lines = 0;
  for (const [index, minute] of minutes.entries()) {
    if (minute + minuteSeconds <= from) break;
    if (minute >= to) continue;
    const overlap = Math.min(to, minute + minuteSeconds) - Math.max(from, minute);
    lines += counts[index] * Math.min(1, overlap / minuteSeconds);
  }
  return lines;
}
