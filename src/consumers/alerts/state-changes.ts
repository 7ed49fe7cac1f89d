/** Which states of rules are not what was told before: most rules of most seconds have nothing new to tell. */
import type { RuleState } from '#alerting/evaluator.ts';

export class StateChanges {
  readonly #told = new Map<string, RuleState>();

  /** Keys are `<tenant>/<rule>`. */
  of(states: readonly RuleState[]): { readonly changed: readonly RuleState[]; readonly removed: readonly string[] } {
    const present = new Set<string>();
    const changed: RuleState[] = [];
    for (const state of states) {
      const key = `${state.tenant}/${state.ruleId}`;
      present.add(key);
      const told = this.#told.get(key);
      if (told !== undefined && isSame(told, state)) continue;
      this.#told.set(key, state);
      changed.push(state);
    }
    const removed = [...this.#told.keys()].filter((key) => !present.has(key));
    for (const key of removed) this.#told.delete(key);
    return { changed, removed };
  }
}

function isSame(a: RuleState, b: RuleState): boolean {
  return (
    a.state === b.state &&
    Object.is(a.value, b.value) &&
    a.groups === b.groups &&
    a.firingGroups === b.firingGroups &&
    a.pendingGroups === b.pendingGroups &&
    a.linesWithoutGroup === b.linesWithoutGroup &&
    a.reason === b.reason
  );
}
