/**
 * The roll-up by minute in memory: one series for each service, environment and level, which is how it is read, joined with
 * what later generations bring, and asked. Pure; `KeptRollups` says when one is still true.
 */
import { BugError, invariant } from '#base/errors.ts';
import type { QueryNode } from '#language/ast.ts';
import { conditionOf } from '#language/conditions.ts';
import type { Condition } from '#language/conditions.ts';
import { textPredicate } from '#language/value-tests.ts';

export interface RollupSeries {
  readonly service: string;
  readonly environment: string;
  /** Severity number. */
  readonly level: number;
  /** Minutes since 1970, rising. */
  readonly minutes: Uint32Array;
  readonly lines: Uint32Array;
  /** Undefined where every line weighs 1. */
  readonly weights: Float64Array | undefined;
}

/** The SELECT list whose rows `readSeries` reads, over a subquery with `minute`, `line_count` and `weight`. */
export const seriesColumns =
  'service, environment, level, arraySort(groupArray((toUInt32(intDiv(minute, 60)), toUInt32(line_count), toFloat64(weight))))';

/** Bytes of a minute in a series whose lines all weigh 1. */
export const leastMinuteBytes = 8;
const cellBytes = 16;

/** Rows of `seriesColumns` in the format RowBinary. */
export function readSeries(bytes: Buffer): RollupSeries[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const series: RollupSeries[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const length = varint();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  while (at < bytes.length) {
    const [service, environment] = [text(), text()];
    const level = view.getUint8(at++);
    const count = varint();
    const [minutes, lines, weights] = [new Uint32Array(count), new Uint32Array(count), new Float64Array(count)];
    for (let index = 0; index < count; index++, at += cellBytes) {
      minutes[index] = view.getUint32(at, true);
      lines[index] = view.getUint32(at + 4, true);
      weights[index] = view.getFloat64(at + 8, true);
    }
    series.push({ service, environment, level, minutes, lines, weights: unlessOnes(lines, weights) });
  }
  invariant(at === bytes.length, 'the answer ends with a whole series');
  return series;
}

/** All series, those of the same lines added up. The arrays of one that has nothing new are shared. */
export function joinSeries(known: readonly RollupSeries[], more: readonly RollupSeries[]): RollupSeries[] {
  const nameOf = ({ service, environment, level }: RollupSeries): string => JSON.stringify([service, environment, level]);
  const joined = new Map(known.map((series) => [nameOf(series), series]));
  for (const series of more) {
    const name = nameOf(series);
    const before = joined.get(name);
    joined.set(name, before === undefined ? series : added(before, series));
  }
  return [...joined.values()];
}

function added(a: RollupSeries, b: RollupSeries): RollupSeries {
  const size = a.minutes.length + b.minutes.length;
  const [minutes, lines, weights] = [new Uint32Array(size), new Uint32Array(size), new Float64Array(size)];
  let count = 0;
  for (let i = 0, j = 0; i < a.minutes.length || j < b.minutes.length; count++) {
    const minute = Math.min(a.minutes[i] ?? Number.POSITIVE_INFINITY, b.minutes[j] ?? Number.POSITIVE_INFINITY);
    minutes[count] = minute;
    for (; a.minutes[i] === minute; i++) {
      lines[count] += a.lines[i];
      weights[count] += weightAt(a, i);
    }
    for (; b.minutes[j] === minute; j++) {
      lines[count] += b.lines[j];
      weights[count] += weightAt(b, j);
    }
  }
  const summed = lines.slice(0, count);
  return { ...a, minutes: minutes.slice(0, count), lines: summed, weights: unlessOnes(summed, weights.slice(0, count)) };
}

const unlessOnes = (lines: Uint32Array, weights: Float64Array): Float64Array | undefined =>
  weights.every((weight, index) => weight === lines[index]) ? undefined : weights;

export const weightAt = ({ lines, weights }: RollupSeries, index: number): number => (weights ?? lines)[index];

/** About what they take. */
export function bytesOfSeries(series: readonly RollupSeries[]): number {
  const ofSeries = ({ minutes, lines, weights }: RollupSeries): number =>
    200 + minutes.byteLength + lines.byteLength + (weights?.byteLength ?? 0);
  return series.reduce((sum, one) => sum + ofSeries(one), 0);
}

/** The series whose lines match; the query names only what a series has (`usesOnlyRollupFields`). */
export function matchingSeries(series: readonly RollupSeries[], where: QueryNode): RollupSeries[] {
  return series.filter(predicateOf(conditionOf(where)));
}

type SeriesPredicate = (series: RollupSeries) => boolean;

function predicateOf(condition: Condition): SeriesPredicate {
  switch (condition.kind) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'and': {
      const children = condition.children.map(predicateOf);
      return (series) => children.every((child) => child(series));
    }
    case 'or': {
      const children = condition.children.map(predicateOf);
      return (series) => children.some((child) => child(series));
    }
    case 'not': {
      const child = predicateOf(condition.child);
      return (series) => !child(series);
    }
    case 'level':
      return ({ level }) => level >= condition.from && level <= condition.to;
    case 'column': {
      const { column } = condition;
      invariant(column === 'service' || column === 'environment', `the roll-up knows no ${column}`);
      const passes = textPredicate(condition.test);
      return (series) => passes(series[column]);
    }
    default:
      throw new BugError(`the roll-up cannot answer ${condition.kind}`);
  }
}

/** The places of the minutes from `first` to before `end`. */
export function placesWithin({ minutes }: RollupSeries, first: number, end: number): readonly [first: number, end: number] {
  return [placeOf(minutes, first), placeOf(minutes, end)];
}

/** Of the first minute that is not before. */
function placeOf(minutes: Uint32Array, minute: number): number {
  let [low, high] = [0, minutes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (minutes[middle] < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
