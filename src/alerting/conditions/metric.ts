/**
 * A figure of an attribute over a window. Each bucket holds what its aggregate needs; buckets add up to the window.
 * Lines without the attribute, or without a number in it, do not take part.
 */
import { QuantileSketch } from '#base/quantile-sketch.ts';
import type { SavedQuantileSketch } from '#base/quantile-sketch.ts';
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionContext, ConditionState, MatchedLines, Verdict } from '../condition-state.ts';
import { noGroup } from '../condition-state.ts';
import { isMet } from '../thresholds.ts';
import { DistinctSketch } from '../windows/distinct-sketch.ts';
import type { SavedDistinctSketch } from '../windows/distinct-sketch.ts';
import { TimeBuckets } from '../windows/time-buckets.ts';
import { nextChangeOf } from '../windows/window-sums.ts';
import { WindowShape } from '../windows/window-shape.ts';

/** Sketches are large: a window has fewer buckets of them. */
const maxSketchBuckets = 30;

/** One bucket. `lines`: weight of the lines that took part. */
interface Cell {
  lines: number;
}
interface NumberCell extends Cell {
  value: number;
}
interface QuantileCell extends Cell {
  readonly sketch: QuantileSketch;
}
interface DistinctCell extends Cell {
  readonly sketch: DistinctSketch;
}

interface Aggregate<C extends Cell> {
  empty(): C;
  /** Where `isText`, `value` is the text; else a number. */
  add(cell: C, value: number, text: string, weight: number): void;
  /** Of one cell or more. */
  result(cells: readonly C[]): number;
  save(cell: C): unknown;
  restore(saved: unknown): C;
  readonly cellBytes: (cell: C) => number;
}

type NumberFold = (cell: NumberCell, value: number, weight: number) => void;

/** One number a bucket: a sum, the least or the largest. */
function numberAggregate(start: number, fold: NumberFold, result: (cells: readonly NumberCell[]) => number): Aggregate<NumberCell> {
  return {
    empty: () => ({ lines: 0, value: start }),
    add: (cell, value, _text, weight) => fold(cell, value, weight),
    result,
    save: ({ lines, value }) => [lines, value],
    restore: (saved) => {
      const [lines, value] = saved as [number, number];
      return { lines, value };
    },
    cellBytes: () => 56,
  };
}

const addUp: NumberFold = (cell, value, weight) => {
  cell.value += value * weight;
};
const total = (cells: readonly NumberCell[], of: 'lines' | 'value'): number => cells.reduce((sum, cell) => sum + cell[of], 0);

const quantile = (share: number): Aggregate<QuantileCell> => ({
  empty: () => ({ lines: 0, sketch: new QuantileSketch() }),
  add: (cell, value, _text, weight) => cell.sketch.add(value, weight),
  result: (cells) => {
    const all = new QuantileSketch();
    for (const { sketch } of cells) all.addAll(sketch);
    return all.quantiles([share])[0] ?? 0;
  },
  save: ({ lines, sketch }) => [lines, sketch.save()],
  restore: (saved) => {
    const [lines, sketch] = saved as [number, SavedQuantileSketch];
    return { lines, sketch: QuantileSketch.restore(sketch) };
  },
  cellBytes: ({ sketch }) => 48 + sketch.bytes,
});

const distinct: Aggregate<DistinctCell> = {
  empty: () => ({ lines: 0, sketch: new DistinctSketch() }),
  add: (cell, _value, text) => cell.sketch.add(text),
  result: (cells) => {
    const all = new DistinctSketch();
    for (const { sketch } of cells) all.addAll(sketch);
    return all.estimate;
  },
  save: ({ lines, sketch }) => [lines, sketch.save()],
  restore: (saved) => {
    const [lines, sketch] = saved as [number, SavedDistinctSketch];
    return { lines, sketch: DistinctSketch.restore(sketch) };
  },
  cellBytes: ({ sketch }) => 48 + sketch.bytes,
};

function aggregateOf(name: string): Aggregate<Cell> {
  return chooseAggregate(name) as unknown as Aggregate<Cell>;
}

function chooseAggregate(name: string): Aggregate<NumberCell> | Aggregate<QuantileCell> | Aggregate<DistinctCell> {
  switch (name) {
    case 'avg':
      return numberAggregate(0, addUp, (cells) => total(cells, 'value') / total(cells, 'lines'));
    case 'sum':
      return numberAggregate(0, addUp, (cells) => total(cells, 'value'));
    case 'min':
      return numberAggregate(
        Number.MAX_VALUE,
        (cell, value) => (cell.value = Math.min(cell.value, value)),
        (cells) => cells.reduce((least, { value }) => Math.min(least, value), Number.MAX_VALUE),
      );
    case 'max':
      return numberAggregate(
        -Number.MAX_VALUE,
        (cell, value) => (cell.value = Math.max(cell.value, value)),
        (cells) => cells.reduce((most, { value }) => Math.max(most, value), -Number.MAX_VALUE),
      );
    case 'distinct':
      return distinct;
    default:
      return quantile(Number(name.slice(1)) / 100);
  }
}

class MetricState implements ConditionState {
  readonly inputs;
  readonly #condition: ConditionOf<'metric'>;
  readonly #shape: WindowShape;
  readonly #aggregate: Aggregate<Cell>;
  readonly #needsText: boolean;
  readonly #groups: (TimeBuckets<Cell> | undefined)[] = [];

  constructor(condition: ConditionOf<'metric'>, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#condition = condition;
    this.#aggregate = aggregateOf(condition.aggregate);
    this.#needsText = condition.aggregate === 'distinct';
    const isSketch = this.#needsText || /^p\d/.test(condition.aggregate);
    const maxBuckets = isSketch ? Math.min(maxSketchBuckets, context.limits.maxBuckets) : context.limits.maxBuckets;
    this.#shape = new WindowShape(condition.window_ms, maxBuckets, context.latenessMs);
  }

  get bytes(): number {
    let bytes = this.#groups.length * 8;
    for (const buckets of this.#groups) {
      for (const cell of buckets?.values ?? []) bytes += 16 + this.#aggregate.cellBytes(cell);
    }
    return bytes;
  }

  take(_input: number, lines: MatchedLines): void {
    const { rows, groups, fields, view } = lines;
    const { attribute } = this.#condition;
    for (let i = 0; i < rows.length; i++) {
      if (groups[i] === noGroup) continue;
      const row = rows[i];
      const value = this.#needsText ? 0 : fields.number(row, attribute);
      const text = this.#needsText ? fields.text(row, attribute) : '';
      if (this.#needsText ? text === '' : Number.isNaN(value)) continue;
      const cell = this.#cellOf(groups[i], this.#shape.bucketOf(lines, row));
      if (cell === undefined) continue;
      const weight = 1 / view.sampleRate[row];
      cell.lines += weight;
      this.#aggregate.add(cell, value, text, weight);
    }
  }

  #cellOf(group: number, bucket: number): Cell | undefined {
    const buckets = (this.#groups[group] ??= new TimeBuckets<Cell>());
    const place = buckets.place(bucket, this.#aggregate.empty, 2 * this.#shape.bucketCount);
    return place < 0 ? undefined : buckets.values[place];
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    const buckets = this.#groups[group];
    buckets?.expire(this.#shape.firstAt(tickMs));
    const last = this.#shape.lastAt(tickMs);
    const cells = buckets?.values.filter((_, i) => buckets.numbers[i] <= last) ?? [];
    const lines = cells.reduce((sum, cell) => sum + cell.lines, 0);
    if (lines === 0) return { isMet: false, value: undefined, hasData: false };
    const value = this.#aggregate.result(cells);
    const isEnough = lines >= (this.#condition.minimum_lines ?? 0);
    return { isMet: isEnough && isMet(value, this.#condition, wasMet), value, hasData: true };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const buckets = this.#groups[group];
    return buckets === undefined ? undefined : nextChangeOf(buckets.numbers, this.#shape, tickMs, false);
  }

  drop(group: number): void {
    this.#groups[group] = undefined;
  }

  save(group: number): readonly (readonly [number, unknown])[] {
    const buckets = this.#groups[group];
    return buckets?.numbers.map((number, i) => [number, this.#aggregate.save(buckets.values[i])] as const) ?? [];
  }

  restore(group: number, saved: unknown): void {
    const buckets = new TimeBuckets<Cell>();
    for (const [number, cell] of saved as readonly (readonly [number, unknown])[]) {
      buckets.place(number, () => this.#aggregate.restore(cell), Number.POSITIVE_INFINITY);
    }
    this.#groups[group] = buckets;
  }
}

export const createMetric = (condition: ConditionOf<'metric'>, context: ConditionContext): ConditionState =>
  new MetricState(condition, context);
