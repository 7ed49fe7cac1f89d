/**
 * The count of a window against an earlier one of its length: the one before, or the same time of the day or week before,
 * which is read from coarser buckets; of those at the edges the share counts that lies inside.
 *
 * As long as the rule was not looked at when the earlier window was, it has no value and is not met. Against an earlier
 * window without lines, percent reckons as if that had one.
 */
import type { ConditionOf } from '../alert-rule.ts';
import type { ConditionContext, ConditionState, MatchedLines, Verdict } from '../condition-state.ts';
import { isMet } from '../thresholds.ts';
import { nextChangeOf, WindowSums } from '../windows/window-sums.ts';
import type { SavedSums } from '../windows/window-sums.ts';
import { WindowShape } from '../windows/window-shape.ts';

const dayMs = 86_400_000;
const distancesMs = { window_before: 0, day_before: dayMs, week_before: 7 * dayMs } as const;
/** A day or week is divided into so many times the buckets of a window. */
const historyFactor = 20;

class ChangeState implements ConditionState {
  readonly inputs;
  readonly #condition: ConditionOf<'change'>;
  readonly #beganMs: () => number;
  /** Three windows deep where the earlier window is the one before. */
  readonly #present: WindowSums;
  /** Undefined where the earlier window is the one before. */
  readonly #history: WindowSums | undefined;

  constructor(condition: ConditionOf<'change'>, context: ConditionContext) {
    this.inputs = [context.query()];
    this.#condition = condition;
    this.#beganMs = context.beganMs;
    const { maxBuckets } = context.limits;
    const distanceMs = distancesMs[condition.against];
    this.#present = new WindowSums(new WindowShape(condition.window_ms, maxBuckets, context.latenessMs), distanceMs === 0 ? 3 : 1);
    if (distanceMs > 0) {
      const reachMs = distanceMs + 2 * condition.window_ms;
      this.#history = new WindowSums(new WindowShape(reachMs, maxBuckets * historyFactor, context.latenessMs));
    }
  }

  get bytes(): number {
    return this.#present.bytes + (this.#history?.bytes ?? 0);
  }

  take(_input: number, lines: MatchedLines): void {
    this.#present.take(lines);
    this.#history?.take(lines);
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    const { measure, minimum_lines: minimum = 0 } = this.#condition;
    this.#expire(group, tickMs);
    const { fromMs, toMs } = this.#earlierAt(tickMs);
    const now = this.#present.sumAt(group, tickMs);
    const before = (this.#history ?? this.#present).sumBetween(group, fromMs, toMs);
    const hasData = now > 0 || before > 0;
    if (fromMs < this.#beganMs()) return { isMet: false, value: undefined, hasData };
    const difference = now - before;
    const value = measure === 'difference' ? difference : (100 * difference) / Math.max(1, before);
    return { isMet: Math.max(now, before) >= minimum && isMet(value, this.#condition, wasMet), value, hasData };
  }

  /** Moves on with the buckets of the present window, so that nothing changes between their edges. */
  #earlierAt(tickMs: number): { readonly fromMs: number; readonly toMs: number } {
    const { shape } = this.#present;
    const presentFromMs = shape.firstAt(tickMs) * shape.widthMs;
    const lengthMs = (shape.bucketCount - 1) * shape.widthMs;
    const distanceMs = distancesMs[this.#condition.against];
    const fromMs = presentFromMs - (distanceMs === 0 ? lengthMs : distanceMs);
    return { fromMs, toMs: fromMs + lengthMs };
  }

  #expire(group: number, tickMs: number): void {
    const { fromMs } = this.#earlierAt(tickMs);
    const history = this.#history;
    const first = this.#present.shape.firstAt(tickMs);
    this.#present.expire(group, history === undefined ? Math.floor(fromMs / this.#present.shape.widthMs) : first);
    history?.expire(group, Math.floor(fromMs / history.shape.widthMs));
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const { shape } = this.#present;
    const present = this.#present.bucketsOf(group);
    if (present.length === 0 && (this.#history?.bucketsOf(group).length ?? 0) === 0) return undefined;
    // both windows move on together
    const movesMs = shape.leavesAt(shape.firstAt(tickMs));
    return Math.min(movesMs, nextChangeOf(present, shape, tickMs, false) ?? movesMs);
  }

  drop(group: number): void {
    this.#present.drop(group);
    this.#history?.drop(group);
  }

  save(group: number): readonly [SavedSums, SavedSums] {
    return [this.#present.save(group), this.#history?.save(group) ?? []];
  }

  restore(group: number, saved: unknown): void {
    const [present, history] = saved as readonly [SavedSums, SavedSums];
    this.#present.restore(group, present);
    this.#history?.restore(group, history);
  }
}

export const createChange = (condition: ConditionOf<'change'>, context: ConditionContext): ConditionState =>
  new ChangeState(condition, context);
