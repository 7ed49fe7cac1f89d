/** Incidents, asked anew while they are looked at. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { SettledRange } from '../time-range/time-choice.ts';

export interface IncidentFilter {
  /** As the API takes it: `open`, `resolved`, or states with commas between; all where empty. */
  readonly state?: string;
  readonly rule?: string;
  readonly limit?: number;
  readonly enabled?: boolean;
}

/** Most that the API answers at once. */
export const mostIncidents = 500;

const renewedMs = 5000;

export function useIncidents({ state = '', rule = '', limit = 200, enabled = true }: IncidentFilter) {
  return useQuery({
    queryKey: ['incidents', state, rule, limit],
    enabled,
    queryFn: ({ signal }) =>
      call('incidents', { query: { limit, ...(state === '' ? {} : { state }), ...(rule === '' ? {} : { rule }) } }, signal),
    refetchInterval: renewedMs,
    placeholderData: keepPreviousData,
  });
}

export function useIncident(id: string) {
  return useQuery({
    queryKey: ['incidents', 'one', id],
    queryFn: ({ signal }) => call('incident', { path: { id } }, signal),
    refetchInterval: renewedMs,
  });
}

const mostMarks = 60;

/** Incidents that touch a range; asked once for each asking of the range (`key`), after what matters more is there. */
export function useIncidentsWithin(range: SettledRange | undefined, key: string | undefined) {
  return useQuery({
    queryKey: ['incidents', 'within', key],
    enabled: range !== undefined && key !== undefined,
    staleTime: Infinity,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const { fromMs, toMs } = range!;
      const query = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), limit: mostMarks };
      return call('incidents', { query }, signal);
    },
  });
}
