/**
 * Several conditions joined by AND or OR, as one: with groups, each group is judged by all of them. Each keeps whether it
 * was met for itself, so that each has its own hysteresis.
 */
import type { CombinedCondition } from './alert-rule.ts';
import type { ConditionState, MatchedLines, Verdict } from './condition-state.ts';

interface SavedCombined {
  /** Bit i: condition i was met. */
  readonly met: number;
  readonly parts: readonly unknown[];
}

export class CombinedState implements ConditionState {
  readonly inputs;
  readonly sampleInputs: readonly number[];
  readonly keepsSilentGroups: boolean;
  readonly #kind: CombinedCondition['kind'];
  readonly #parts: readonly ConditionState[];
  /** By input: the part, and its own number of the input. */
  readonly #routes: readonly { readonly part: ConditionState; readonly input: number }[];
  /** By group. */
  readonly #met: number[] = [];

  constructor(kind: CombinedCondition['kind'], parts: readonly ConditionState[]) {
    this.#kind = kind;
    this.#parts = parts;
    this.#routes = parts.flatMap((part) => part.inputs.map((_, input) => ({ part, input })));
    this.inputs = parts.flatMap((part) => part.inputs);
    this.sampleInputs = this.#routes.flatMap(({ part, input }, route) => (part.sampleInputs?.includes(input) === false ? [] : [route]));
    this.keepsSilentGroups = parts.some((part) => part.keepsSilentGroups === true);
  }

  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.bytes, this.#met.length * 8);
  }

  take(input: number, lines: MatchedLines): void {
    const route = this.#routes[input];
    route.part.take(route.input, lines);
  }

  judge(group: number, tickMs: number): Verdict {
    const before = this.#met[group] ?? 0;
    const verdicts = this.#parts.map((part, i) => part.judge(group, tickMs, ((before >>> i) & 1) === 1));
    this.#met[group] = verdicts.reduce((bits, { isMet }, i) => bits | (isMet ? 1 << i : 0), 0);
    const met = verdicts.filter((verdict) => verdict.isMet);
    const shown = met[0] ?? verdicts[0];
    const details = (met.length > 0 ? met : verdicts).flatMap(({ detail }) => (detail === undefined ? [] : [detail]));
    return {
      isMet: this.#kind === 'all' ? met.length === verdicts.length : met.length > 0,
      value: shown.value,
      hasData: verdicts.some(({ hasData }) => hasData),
      ...(details.length > 0 ? { detail: details.join('; ') } : {}),
    };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    let earliest: number | undefined;
    for (const part of this.#parts) {
      const nextMs = part.nextChangeMs(group, tickMs);
      if (nextMs !== undefined && (earliest === undefined || nextMs < earliest)) earliest = nextMs;
    }
    return earliest;
  }

  drop(group: number): void {
    this.#met[group] = 0;
    for (const part of this.#parts) part.drop(group);
  }

  save(group: number): SavedCombined {
    return { met: this.#met[group] ?? 0, parts: this.#parts.map((part) => part.save(group)) };
  }

  restore(group: number, saved: unknown): void {
    const { met, parts } = saved as SavedCombined;
    this.#met[group] = met;
    this.#parts.forEach((part, i) => part.restore(group, parts[i]));
  }

  saveShared(): unknown {
    return this.#parts.map((part) => part.saveShared?.() ?? null);
  }

  restoreShared(saved: unknown): void {
    const shared = saved as readonly unknown[];
    this.#parts.forEach((part, i) => {
      if (shared[i] !== null) part.restoreShared?.(shared[i]);
    });
  }
}
