/**
 * Counts by time and group → bars for drawing. Levels keep their order of severity; of any other field the most frequent
 * groups are told apart and the rest is one.
 */
import { levelNames } from '../design/levels.ts';
import type { SettledRange } from '../time-range/time-choice.ts';

export interface CountBucket {
  readonly timeMs: number;
  readonly group: string;
  readonly count: number;
}

export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly total: number;
  /** As many as there are groups, in their order: from the bottom up. */
  readonly counts: readonly number[];
}

export interface StackedBars {
  readonly groups: readonly BarGroup[];
  readonly bars: readonly Bar[];
  readonly total: number;
  /** Of the highest bar. */
  readonly highest: number;
}

export interface BarGroup {
  /** Empty: lines without the field. */
  readonly name: string;
  readonly total: number;
  /** All groups that are not told apart. */
  readonly isRest: boolean;
}

/** The worst stands at the bottom, where the eye compares heights. */
const levelOrder: readonly string[] = [...levelNames, ''];
export const maxGroups = 8;

export function stackBars(buckets: readonly CountBucket[], range: SettledRange, intervalMs: number, byLevel: boolean): StackedBars {
  const totals = new Map<string, number>();
  for (const { group, count } of buckets) totals.set(group, (totals.get(group) ?? 0) + count);
  const groups = byLevel ? levelGroups(totals) : frequentGroups(totals);
  const bars = stackedBars(buckets, range, intervalMs, groups);
  return {
    groups,
    bars,
    total: groups.reduce((sum, group) => sum + group.total, 0),
    highest: bars.reduce((most, bar) => Math.max(most, bar.total), 0),
  };
}

function levelGroups(totals: ReadonlyMap<string, number>): BarGroup[] {
  const placeOf = (name: string): number => (levelOrder.indexOf(name) + levelOrder.length) % levelOrder.length;
  return [...totals].map(([name, total]) => ({ name, total, isRest: false })).sort((a, b) => placeOf(a.name) - placeOf(b.name));
}

function frequentGroups(totals: ReadonlyMap<string, number>): BarGroup[] {
  const all = [...totals]
    .map(([name, total]) => ({ name, total, isRest: false }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  if (all.length <= maxGroups) return all;
  const rest = all.slice(maxGroups - 1);
  return [
    ...all.slice(0, maxGroups - 1),
    { name: `${rest.length} others`, total: rest.reduce((sum, { total }) => sum + total, 0), isRest: true },
  ];
}

function stackedBars(
  buckets: readonly CountBucket[],
  { fromMs, toMs }: SettledRange,
  intervalMs: number,
  groups: readonly BarGroup[],
): Bar[] {
  const firstMs = Math.floor(fromMs / intervalMs) * intervalMs;
  const count = Math.max(1, Math.ceil((toMs - firstMs) / intervalMs));
  const counts = Array.from({ length: count }, () => groups.map(() => 0));
  const indexOf = new Map(groups.map(({ name, isRest }, index) => [isRest ? undefined : name, index]));
  for (const bucket of buckets) {
    const bar = Math.min(count - 1, Math.max(0, Math.floor((bucket.timeMs - firstMs) / intervalMs)));
    const group = indexOf.get(bucket.group) ?? indexOf.get(undefined);
    if (group !== undefined) counts[bar][group] += bucket.count;
  }
  return counts.map((own, index) => ({
    fromMs: Math.max(fromMs, firstMs + index * intervalMs),
    toMs: Math.min(toMs, firstMs + (index + 1) * intervalMs),
    total: own.reduce((sum, value) => sum + value, 0),
    counts: own,
  }));
}

/** A round number above the highest bar, so that the axis says something that can be read. */
export function niceTop(highest: number): number {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return (
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((top) => top >= highest && Number.isInteger(top)) ??
    Math.ceil(highest)
  );
}
