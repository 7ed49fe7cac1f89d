/** Thresholds that can never be reached or always are, and hysteresis on the wrong side. Part of rule-check.ts. */
import type { Comparison, SimpleCondition } from './alert-rule.ts';
import { joinPath, problem } from './rule-problems.ts';
import type { Findings } from './rule-problems.ts';

interface Compared {
  readonly operator: Comparison;
  readonly threshold: number;
  readonly recover_threshold?: number;
}

/** Values that a kind can have: whole range of what is compared with the threshold. */
const ranges: Partial<Readonly<Record<SimpleCondition['kind'], { readonly least: number; readonly most: number; readonly says: string }>>> =
  {
    count: { least: 0, most: Number.POSITIVE_INFINITY, says: 'a count is 0 or more' },
    rate: { least: 0, most: Number.POSITIVE_INFINITY, says: 'a rate is 0 or more' },
    sequence: { least: 0, most: Number.POSITIVE_INFINITY, says: 'a count is 0 or more' },
    ratio: { least: 0, most: 1, says: 'a ratio is 0 to 1; 1 % is 0.01' },
  };

export function checkThreshold(condition: SimpleCondition, path: string, { problems, warnings }: Findings): void {
  if (!('operator' in condition)) return;
  const { operator, threshold, recover_threshold: recover } = condition;
  const place = joinPath(path, 'threshold');
  const range = condition.kind === 'change' ? changeRange(condition.measure) : ranges[condition.kind];
  if (range !== undefined) {
    const verdict = reach(operator, threshold, range);
    if (verdict === 'never') problems.push(problem(place, `it can never be ${operator} ${threshold}: ${range.says}`));
    if (verdict === 'always') problems.push(problem(place, `it is always ${operator} ${threshold}: ${range.says}`));
  }
  if (recover !== undefined)
    checkRecovery({ operator, threshold, recover_threshold: recover }, joinPath(path, 'recover_threshold'), problems);
  if (operator === '=' && condition.kind !== 'count' && condition.kind !== 'sequence')
    warnings.push(problem(joinPath(path, 'operator'), 'a measured value is hardly ever exactly equal'));
}

const changeRange = (measure: 'percent' | 'difference') =>
  measure === 'percent' ? { least: -100, most: Number.POSITIVE_INFINITY, says: 'nothing falls by more than 100 %' } : undefined;

function reach(
  operator: Comparison,
  threshold: number,
  { least, most }: { readonly least: number; readonly most: number },
): 'never' | 'always' | 'sometimes' {
  switch (operator) {
    case '>':
      return threshold >= most ? 'never' : threshold < least ? 'always' : 'sometimes';
    case '>=':
      return threshold > most ? 'never' : threshold <= least ? 'always' : 'sometimes';
    case '<':
      return threshold <= least ? 'never' : threshold > most ? 'always' : 'sometimes';
    case '<=':
      return threshold < least ? 'never' : threshold >= most ? 'always' : 'sometimes';
    case '=':
      return threshold < least || threshold > most ? 'never' : 'sometimes';
    default:
      return operator satisfies never;
  }
}

function checkRecovery(
  { operator, threshold, recover_threshold: recover }: Required<Compared>,
  place: string,
  problems: Findings['problems'],
): void {
  if (operator === '=') problems.push(problem(place, 'there is no hysteresis for "="'));
  else if (operator.startsWith('>') && recover > threshold)
    problems.push(problem(place, `must not be over the threshold of ${threshold}: it would recover while it is met`));
  else if (operator.startsWith('<') && recover < threshold)
    problems.push(problem(place, `must not be under the threshold of ${threshold}: it would recover while it is met`));
}
