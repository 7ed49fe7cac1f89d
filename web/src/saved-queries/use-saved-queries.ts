/** Searches that were kept under a name, for everyone of the tenant. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { toast } from '../app/toasts.tsx';
import type { TimeChoice } from '../time-range/time-choice.ts';

export interface SavedSearch {
  readonly query: string;
  /** Relative ranges stay relative. */
  readonly time_range: TimeChoice;
  /** Columns and the like, as the address has them. */
  readonly state: Readonly<Record<string, unknown>>;
}

const listKey = ['saved queries'] as const;

export function useSavedQueries(enabled: boolean) {
  return useQuery({ queryKey: listKey, enabled, queryFn: ({ signal }) => call('queries', {}, signal) });
}

export function useChangeSavedQueries() {
  const cache = useQueryClient();
  const settled = {
    onSuccess: () => cache.invalidateQueries({ queryKey: listKey }),
    onError: (error: Error) => toast({ kind: 'error', text: error.message }),
  };
  const save = useMutation({
    mutationFn: ({ name, view }: { readonly name: string; readonly view: SavedSearch }) =>
      call('queryPut', { path: { name }, body: { view: { ...view } } }),
    ...settled,
  });
  const remove = useMutation({ mutationFn: (name: string) => call('queryDelete', { path: { name } }), ...settled });
  return { save, remove };
}
