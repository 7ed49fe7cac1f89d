/** Share of lines that match a part of the filter. Nothing in the window has no share, and is not met. */
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionContext, ConditionState, MatchedLines, Verdict } from '../condition-state.ts';
import { isMet } from '../thresholds.ts';
import { nextChangeOf, WindowSums } from '../windows/window-sums.ts';
import type { SavedSums } from '../windows/window-sums.ts';
import { WindowShape } from '../windows/window-shape.ts';

class RatioState implements ConditionState {
  readonly inputs;
  readonly sampleInputs = [1];
  readonly #condition: ConditionOf<'ratio'>;
  readonly #all: WindowSums;
  readonly #part: WindowSums;

  constructor(condition: ConditionOf<'ratio'>, context: ConditionContext) {
    this.inputs = [context.query(), context.query(condition.part)];
    this.#condition = condition;
    const shape = new WindowShape(condition.window_ms, context.limits.maxBuckets, context.latenessMs);
    this.#all = new WindowSums(shape);
    this.#part = new WindowSums(shape);
  }

  get bytes(): number {
    return this.#all.bytes + this.#part.bytes;
  }

  take(input: number, lines: MatchedLines): void {
    (input === 0 ? this.#all : this.#part).take(lines);
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    const first = this.#all.shape.firstAt(tickMs);
    this.#all.expire(group, first);
    this.#part.expire(group, first);
    const all = this.#all.sumAt(group, tickMs);
    if (all === 0) return { isMet: false, value: undefined, hasData: false };
    const value = this.#part.sumAt(group, tickMs) / all;
    return { isMet: all >= (this.#condition.minimum_lines ?? 0) && isMet(value, this.#condition, wasMet), value, hasData: true };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    return nextChangeOf(this.#all.bucketsOf(group), this.#all.shape, tickMs, false);
  }

  drop(group: number): void {
    this.#all.drop(group);
    this.#part.drop(group);
  }

  save(group: number): readonly [SavedSums, SavedSums] {
    return [this.#all.save(group), this.#part.save(group)];
  }

  restore(group: number, saved: unknown): void {
    const [all, part] = saved as readonly [SavedSums, SavedSums];
    this.#all.restore(group, all);
    this.#part.restore(group, part);
  }
}

export const createRatio = (condition: ConditionOf<'ratio'>, context: ConditionContext): ConditionState =>
  new RatioState(condition, context);
