/** Whether a label's value passes a matcher. A label that is not there has the empty value, as Prometheus has it. */
import type { LabelMatcher } from './ast.ts';
import { compileRegex } from './regex.ts';

export type ValuePredicate = (value: string) => boolean;

/** Throws AppError query_syntax for a bad expression. */
export function labelTest({ operator, value: wanted }: LabelMatcher): ValuePredicate {
  switch (operator) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~': {
      const { expression } = compileRegex(wanted, 'whole');
      return (value) => expression.test(value);
    }
    case '!~': {
      const { expression } = compileRegex(wanted, 'whole');
      return (value) => !expression.test(value);
    }
    default:
      return operator satisfies never;
  }
}
