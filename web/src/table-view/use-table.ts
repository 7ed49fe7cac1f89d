/** The table that a query with pipes makes. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Table } from '../api/operations.ts';
import { callExactly } from '../log-list/call-exactly.ts';

export type TableColumn = Table['columns'][number];

export interface TableQuestion {
  /** With its pipes. */
  readonly query: string;
  readonly timeRange: { readonly from: string; readonly to: string };
  /** Different for every asking. */
  readonly key: string;
}

const mostRows = 1000;

export function useTable({ query, timeRange, key }: TableQuestion) {
  return useQuery({
    queryKey: ['table', key, query],
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      callExactly('tableOfQuery', { body: { query, time_range: timeRange, allow_wide_range: true, limit: mostRows } }, signal),
  });
}
