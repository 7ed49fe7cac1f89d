/**
 * The groups of one rule: values of its fields → a small number. At most `alerts.max_groups_per_rule`; beyond it lines
 * belong to no group and are counted. What comes in then is still weighed (crowd-sketch.ts): at each tick groups that
 * have become larger than the smallest take their places, so the largest stay, and a flood of groups with a line each
 * drives out nobody.
 */
import { noGroup } from './condition-state.ts';
import { CrowdSketch } from './crowd-sketch.ts';
import type { SavedCrowd } from './crowd-sketch.ts';

/** Sizes are halved so often, that those count which are large now. */
const halvingMs = 600_000;
/** A newcomer must be larger by so much, or two of one size would change places for ever. */
const advantage = 1.25;
const groupBytes = 160;

interface Group {
  readonly key: string;
  readonly values: readonly string[];
}

export interface SavedGroups {
  readonly lines: number;
  readonly halvedMs: number | null;
  readonly crowd?: SavedCrowd;
}

export class GroupTable {
  readonly #maxGroups: number;
  readonly #numbers = new Map<string, number>();
  readonly #groups: (Group | undefined)[] = [];
  /** Lines of each group, the older ones counting less; apart from the groups, since each line counts and few ask more. */
  readonly #sizes: number[] = [];
  readonly #free: number[] = [];
  #halvedMs: number | undefined;
  #crowd: CrowdSketch | undefined;
  #linesWithoutGroup = 0;

  constructor(maxGroups: number) {
    this.#maxGroups = maxGroups;
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** Lines that belonged to no group because of the bound. */
  get linesWithoutGroup(): number {
    return this.#linesWithoutGroup;
  }

  get bytes(): number {
    return this.#numbers.size * groupBytes + (this.#crowd?.bytes ?? 0);
  }

  /** Number of the group of a line, added where there is room; else noGroup. Counts the line. */
  numberOf(values: readonly string[]): number {
    const key = keyOf(values);
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      this.#sizes[known]++;
      return known;
    }
    if (this.#numbers.size < this.#maxGroups) return this.add(values, 1);
    this.#linesWithoutGroup++;
    this.#crowd ??= new CrowdSketch();
    this.#crowd.add(key, values);
    return noGroup;
  }

  /** The same for a rule of one field. */
  numberOfOne(value: string): number {
    const known = this.#numbers.get(value);
    if (known === undefined) return this.numberOf([value]);
    this.#sizes[known]++;
    return known;
  }

  add(values: readonly string[], size: number): number {
    const number = this.#free.pop() ?? this.#groups.length;
    const key = keyOf(values);
    this.#groups[number] = { key, values };
    this.#sizes[number] = size;
    this.#numbers.set(key, number);
    return number;
  }

  valuesOf(number: number): readonly string[] {
    return this.#groups[number]?.values ?? [];
  }

  sizeOf(number: number): number {
    return this.#groups[number] === undefined ? 0 : this.#sizes[number];
  }

  /** Numbers in use. */
  *numbers(): Iterable<number> {
    yield* this.#numbers.values();
  }

  drop(number: number): void {
    const group = this.#groups[number];
    if (group === undefined) return;
    this.#numbers.delete(group.key);
    this.#groups[number] = undefined;
    this.#free.push(number);
  }

  /**
   * At a tick: lets larger newcomers in. `mayGo`: groups that can be given up; `giveUp` must `drop` them, and `welcome` is
   * told of the new ones.
   */
  exchange(tickMs: number, mayGo: (number: number) => boolean, giveUp: (number: number) => void, welcome: (number: number) => void): void {
    this.#halve(tickMs);
    const crowd = this.#crowd;
    if (crowd === undefined) return;
    const newcomers = crowd.takeLargest();
    if (newcomers.length === 0) return;
    const smallest = [...this.#numbers.values()].filter(mayGo).sort((a, b) => this.#compare(a, b));
    for (const { values, size } of newcomers) {
      if (this.#numbers.has(keyOf(values))) continue;
      if (this.#numbers.size >= this.#maxGroups) {
        const out = smallest[0];
        if (out === undefined || size <= this.sizeOf(out) * advantage) break;
        smallest.shift();
        giveUp(out);
      }
      welcome(this.add(values, size));
    }
  }

  #compare(a: number, b: number): number {
    const [left, right] = [this.#groups[a] as Group, this.#groups[b] as Group];
    return this.#sizes[a] - this.#sizes[b] || (left.key < right.key ? -1 : 1);
  }

  #halve(tickMs: number): void {
    this.#halvedMs ??= tickMs;
    if (tickMs - this.#halvedMs < halvingMs) return;
    this.#halvedMs = tickMs;
    for (let number = 0; number < this.#sizes.length; number++) this.#sizes[number] /= 2;
    this.#crowd?.halve();
  }

  save(): SavedGroups {
    const crowd = this.#crowd?.save();
    return { lines: this.#linesWithoutGroup, halvedMs: this.#halvedMs ?? null, ...(crowd === undefined ? {} : { crowd }) };
  }

  restore({ lines, halvedMs, crowd }: SavedGroups): void {
    this.#linesWithoutGroup = lines;
    this.#halvedMs = halvedMs ?? undefined;
    if (crowd !== undefined) this.#crowd = CrowdSketch.restore(crowd);
  }
}

/** One text for the values: no two lists share one. */
function keyOf(values: readonly string[]): string {
  if (values.length === 1) return values[0];
  let key = '';
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}
