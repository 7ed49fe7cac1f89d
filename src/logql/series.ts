/** Answers of metric queries: series of labels with a value, or none, at each step of a grid of times. */
import { labelsKey } from './line-labels.ts';
import type { LabelSet } from './line-labels.ts';

/** The times at which a query is evaluated: `startNs`, `startNs + stepNs` …; an instant query has one. */
export interface Grid {
  readonly startNs: bigint;
  readonly stepNs: bigint;
  readonly steps: number;
}

/** Value at each step; undefined where there is no sample. */
export type Values = (number | undefined)[];

export interface Series {
  readonly labels: LabelSet;
  readonly values: Values;
}

export type Result = { readonly kind: 'scalar'; readonly value: number } | { readonly kind: 'series'; readonly series: readonly Series[] };

export const timeAt = ({ startNs, stepNs }: Grid, step: number): bigint => startNs + stepNs * BigInt(step);

export const noValues = ({ steps }: Grid): Values => new Array<number | undefined>(steps).fill(undefined);

/** The labels of the names, as far as they are there. */
export function pickLabels(labels: LabelSet, names: readonly string[]): LabelSet {
  return new Map(names.flatMap((name) => ((labels.get(name) ?? '') === '' ? [] : [[name, labels.get(name) as string] as const])));
}

export function omitLabels(labels: LabelSet, names: readonly string[]): LabelSet {
  return new Map([...labels].filter(([name]) => !names.includes(name)));
}

/** Series by their labels, in the order in which they came. */
export class SeriesByLabels<T> {
  readonly #byKey = new Map<string, { readonly labels: LabelSet; readonly item: T }>();
  readonly #create: (labels: LabelSet) => T;

  constructor(create: (labels: LabelSet) => T) {
    this.#create = create;
  }

  get size(): number {
    return this.#byKey.size;
  }

  of(labels: LabelSet): T {
    const key = labelsKey(labels);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { labels, item: this.#create(labels) };
      this.#byKey.set(key, entry);
    }
    return entry.item;
  }

  entries(): { readonly labels: LabelSet; readonly item: T }[] {
    return [...this.#byKey.values()];
  }
}
