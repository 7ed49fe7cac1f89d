/** The lines of a run. */
import { useMemo } from 'react';
import { useLineSearch } from '../../log-list/use-line-search.ts';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import type { Run } from './use-run.ts';

export function useRunLines(run: Run | undefined, sort: 'desc' | 'asc'): LineSearchState {
  const question = useMemo(
    () => (run === undefined ? undefined : { query: run.query, timeRange: run.timeRange, sort, key: run.key }),
    [run, sort],
  );
  return useLineSearch(question);
}
