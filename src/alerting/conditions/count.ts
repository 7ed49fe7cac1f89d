/** Number of lines in a window. */
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionContext, ConditionState, MatchedLines, Verdict } from '../condition-state.ts';
import { isFixedWhileFalling, isMet } from '../thresholds.ts';
import type { Threshold } from '../thresholds.ts';
import { nextChangeOf, WindowSums } from '../windows/window-sums.ts';
import type { SavedSums } from '../windows/window-sums.ts';
import { WindowShape } from '../windows/window-shape.ts';

/** Sum of weights times a factor: the count, or with 1 / seconds the rate. */
export class CountState implements ConditionState {
  readonly inputs;
  readonly #threshold: Threshold;
  readonly #factor: number;
  readonly #sums: WindowSums;

  constructor(condition: Threshold & { readonly window_ms: number }, context: ConditionContext, factor: number) {
    this.inputs = [context.query()];
    this.#threshold = condition;
    this.#factor = factor;
    this.#sums = new WindowSums(new WindowShape(condition.window_ms, context.limits.maxBuckets, context.latenessMs));
  }

  get bytes(): number {
    return this.#sums.bytes;
  }

  take(_input: number, lines: MatchedLines): void {
    this.#sums.take(lines);
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    this.#sums.expire(group, this.#sums.shape.firstAt(tickMs));
    const value = this.#valueAt(group, tickMs);
    return { isMet: isMet(value, this.#threshold, wasMet), value, hasData: value > 0 };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const onlyEmptiness = isFixedWhileFalling(this.#valueAt(group, tickMs), this.#threshold);
    return nextChangeOf(this.#sums.bucketsOf(group), this.#sums.shape, tickMs, onlyEmptiness);
  }

  #valueAt(group: number, tickMs: number): number {
    return this.#sums.sumAt(group, tickMs) * this.#factor;
  }

  drop(group: number): void {
    this.#sums.drop(group);
  }

  save(group: number): SavedSums {
    return this.#sums.save(group);
  }

  restore(group: number, saved: unknown): void {
    this.#sums.restore(group, saved as SavedSums);
  }
}

export const createCount = (condition: ConditionOf<'count'>, context: ConditionContext): ConditionState =>
  new CountState(condition, context, 1);
