/** The questions of the page, each with its own pace. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';

export function useStatus() {
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => call('status', {}, signal), refetchInterval: 5000 });
}

export function useSources(last: string) {
  return useQuery({
    queryKey: ['sources', last],
    queryFn: ({ signal }) => call('sources', { query: { last } }, signal),
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });
}

const mostRecords = 1000;

export function useQuarantine() {
  return useQuery({
    queryKey: ['quarantine'],
    queryFn: ({ signal }) => call('quarantine', { query: { state: 'waiting', limit: mostRecords } }, signal),
    refetchInterval: 30_000,
  });
}
