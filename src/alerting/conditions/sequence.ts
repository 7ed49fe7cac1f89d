/**
 * sequence: A, then B within a span with the same value of a field (`both`), or A without such a B (`missing`). The value
 * is the number of keys in the window. By event time, in whatever order the lines come; both lines belong to the same group.
 *
 * A key counts from the time of B on. For `missing` it counts once nothing can answer it any more: when the span and
 * `alerts.lateness` have passed. A line without the key takes no part; one that is both A and B never follows itself.
 */
import { allOf, notOf } from '#language/ast.ts';
import { noGroup } from '../condition-state.ts';
import type { ConditionContext, ConditionState, CreateCondition, MatchedLines, Verdict } from '../condition-state.ts';
import type { ConditionOf } from '../alert-rule.ts';
import { isMet } from '../thresholds.ts';
import { SequenceKeys } from './sequence-keys.ts';
import type { SavedKeys, SequenceTimes } from './sequence-keys.ts';
import { shortened } from './shortened.ts';

/** Lines that are only A, only B, and both: each line comes to one input. */
const inputs = { first: 0, then: 1 } as const;

const maxShownKey = 64;

class SequenceState implements ConditionState {
  readonly inputs;
  readonly #condition: ConditionOf<'sequence'>;
  readonly #times: SequenceTimes;
  readonly #groups = new Map<number, SequenceKeys>();

  constructor(condition: ConditionOf<'sequence'>, { query, latenessMs, limits }: ConditionContext) {
    const [first, then] = [query(condition.first), query(condition.then)];
    this.inputs = [allOf([first, notOf(then)]), allOf([then, notOf(first)]), allOf([first, then])];
    this.#condition = condition;
    this.#times = {
      isMissing: condition.expect === 'missing',
      withinMs: condition.within_ms,
      latenessMs,
      windowMs: condition.window_ms,
      maxKeys: limits.maxKeysPerGroup,
    };
  }

  take(input: number, { rows, timesMs, groups, fields }: MatchedLines): void {
    const { key } = this.#condition;
    for (let i = 0; i < rows.length; i++) {
      if (groups[i] === noGroup) continue;
      const row = rows[i];
      const name = fields.text(row, key);
      if (name === '') continue;
      const keys = this.#keysOf(groups[i]);
      if (input === inputs.first) keys.takeFirst(name, timesMs[row]);
      else if (input === inputs.then) keys.takeThen(name, timesMs[row]);
      else keys.takeBoth(name, timesMs[row]);
    }
  }

  judge(group: number, tickMs: number, wasMet: boolean): Verdict {
    const keys = this.#groups.get(group);
    if (keys === undefined) return { isMet: isMet(0, this.#condition, wasMet), value: 0, hasData: false };
    keys.advance(tickMs);
    const { count, lastMs } = keys;
    const met = isMet(count, this.#condition, wasMet);
    const hasData = count > 0 || lastMs > tickMs - this.#times.windowMs;
    return { isMet: met, value: count, hasData, detail: met ? this.#detail(keys) : undefined };
  }

  nextChangeMs(group: number, tickMs: number): number | undefined {
    const keys = this.#groups.get(group);
    if (keys === undefined) return undefined;
    const emptyMs = keys.lastMs + this.#times.windowMs;
    const nextMs = Math.min(keys.nextMs ?? Number.POSITIVE_INFINITY, emptyMs > tickMs ? emptyMs : Number.POSITIVE_INFINITY);
    return nextMs === Number.POSITIVE_INFINITY ? undefined : Math.max(nextMs, tickMs + 1);
  }

  drop(group: number): void {
    this.#groups.delete(group);
  }

  save(group: number): unknown {
    return this.#groups.get(group)?.save() ?? null;
  }

  restore(group: number, saved: unknown): void {
    if (saved !== null) this.#groups.set(group, SequenceKeys.restore(this.#times, saved as SavedKeys));
  }

  get bytes(): number {
    let bytes = 0;
    for (const keys of this.#groups.values()) bytes += keys.bytes;
    return bytes;
  }

  #keysOf(group: number): SequenceKeys {
    let keys = this.#groups.get(group);
    if (keys === undefined) {
      keys = new SequenceKeys(this.#times);
      this.#groups.set(group, keys);
    }
    return keys;
  }

  #detail(keys: SequenceKeys): string | undefined {
    const shown = keys.examples().map((name) => shortened(name, maxShownKey));
    const more = keys.count - shown.length;
    const parts = shown.length === 0 ? [] : [`${this.#condition.key} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
    const { leftOut } = keys;
    const left = leftOut === 1 ? '1 key was' : `${leftOut} keys were`;
    if (leftOut > 0) parts.push(`${left} left out for want of room ("alerts.max_keys_per_group")`);
    return parts.length === 0 ? undefined : parts.join('; ');
  }
}

export const createSequence: CreateCondition<ConditionOf<'sequence'>> = (condition, context) => new SequenceState(condition, context);
