/** What the server says against a draft, at the field that it is about. */
import { createContext, useContext } from 'react';
import type { RuleProblem } from '../../../api/operations.ts';

export const FieldProblems = createContext<readonly RuleProblem[]>([]);

/** The message about a member of the rule: `condition.threshold`, `condition.conditions.0.filter`. */
export function useProblemAt(path: string): string | undefined {
  return useContext(FieldProblems).find(({ field }) => field === path)?.message;
}

/** Messages that stand at no field of the form: about members that it does not show, or about the whole rule. */
export function useOtherProblems(shown: readonly string[]): readonly RuleProblem[] {
  return useContext(FieldProblems).filter(({ field }) => !shown.includes(field.split('.')[0]));
}

/** Messages about a member or anything in it that no field of its own shows. */
export function useProblemsWithin(path: string, shown: readonly string[] = []): readonly RuleProblem[] {
  return useContext(FieldProblems).filter(
    ({ field }) => (field === path || field.startsWith(`${path}.`)) && !shown.includes(field.slice(path.length + 1)),
  );
}
