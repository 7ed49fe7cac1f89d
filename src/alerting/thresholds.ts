/** Comparing a value with a threshold, and staying met until it has recovered. */
import type { Comparison } from './alert-rule.ts';

export function passes(value: number, operator: Comparison, threshold: number): boolean {
  switch (operator) {
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '=':
      return value === threshold;
    default:
      return operator satisfies never;
  }
}

export interface Threshold {
  readonly operator: Comparison;
  readonly threshold: number;
  readonly recover_threshold?: number | undefined;
}

/** Met beyond the threshold; once met, until the value is no longer beyond `recover_threshold` either. */
export function isMet(value: number, condition: Threshold, wasMet: boolean): boolean {
  const { operator, threshold, recover_threshold: recover } = condition;
  return passes(value, operator, threshold) || (wasMet && recover !== undefined && passes(value, operator, recover));
}

/** True where a value that only falls cannot change whether it is met. */
export function isFixedWhileFalling(value: number, { operator, threshold, recover_threshold: recover }: Threshold): boolean {
  switch (operator) {
    case '>':
    case '>=':
      return !passes(value, operator, threshold) && (recover === undefined || !passes(value, operator, recover));
    case '<':
    case '<=':
      return passes(value, operator, threshold);
    case '=':
      return value < threshold;
    default:
      return operator satisfies never;
  }
}
