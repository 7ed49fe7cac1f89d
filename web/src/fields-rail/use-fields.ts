/** Which fields the selected lines have, and their values. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { AnswerOf } from '../api/client.ts';
import { valueText } from '../log-list/exact-json.ts';
import { fieldInsert } from '../query-editor/completion-point.ts';
import { addTerm } from '../query-editor/edit-filters.ts';

export interface Selection {
  readonly query: string;
  readonly timeRange: { readonly from: string; readonly to: string };
  /** Different for every asking. */
  readonly key: string;
}

export type FieldsAnswer = AnswerOf<'fields'>;
export type FieldStatistics = FieldsAnswer['fields'][number];

const listedFields = 100;
export const usualValues = 8;
export const mostValues = 100;

export function useFields(selection: Selection | undefined) {
  return useQuery({
    queryKey: ['fields', selection?.key],
    enabled: selection !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      call('fields', { body: { ...bodyOf(selection!), limit_fields: listedFields, limit_values: usualValues } }, signal),
  });
}

/** Names that have what was typed, of all fields that there are. */
export function useFieldNames(selection: Selection | undefined, typed: string) {
  return useQuery({
    queryKey: ['field names', selection?.key, typed],
    enabled: selection !== undefined && typed !== '',
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) => {
      const { query, timeRange } = selection!;
      return call('fieldValues', { query: { prefix: typed, limit: 50, ...(query === '' ? {} : { query }), ...timeRange } }, signal);
    },
  });
}

export interface ValuesAnswer {
  readonly field: FieldStatistics | undefined;
  /** Counted in all lines, not in a sample. */
  readonly isExact: boolean;
  readonly sampleRate: number;
  readonly totalLines: number;
}

/** One field's values, as exact as there can be: where statistics are from a sample, every value is counted. */
export function useFieldValues(selection: Selection | undefined, name: string, limit: number) {
  return useQuery({
    queryKey: ['field', selection?.key, name, limit],
    enabled: selection !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<ValuesAnswer> => {
      const answer = await call('fields', { body: { ...bodyOf(selection!), fields: [name], limit_values: limit } }, signal);
      const [field] = answer.fields;
      const statistics = {
        field,
        isExact: !answer.sampled || field?.source === 'column',
        sampleRate: answer.sample_rate,
        totalLines: answer.total_lines,
      };
      if (!answer.sampled || field === undefined || field.source === 'column') return statistics;
      return { ...statistics, field: await withExactCounts(selection!, field, limit, signal), isExact: true };
    },
  });
}

/** Counted in all lines: the most frequent values, how many lines have one, and how many different ones there are. */
async function withExactCounts(
  { query, timeRange }: Selection,
  field: FieldStatistics,
  limit: number,
  signal: AbortSignal,
): Promise<FieldStatistics> {
  const name = fieldInsert(field.name).slice(0, -1);
  const lines = `${addTerm(query, `${name}:*`)} `;
  const ask = (pipe: string) =>
    call('tableOfQuery', { body: { query: lines + pipe, time_range: timeRange, allow_wide_range: true, limit } }, signal);
  const [top, all] = await Promise.all([ask(`| top ${limit} by ${name}`), ask(`| stats count() as lines, distinct(${name}) as different`)]);
  const values = top.rows.map(([value, count, share]) => ({ value: valueText(value), lines: Number(count), share: Number(share) }));
  const [[count, different]] = all.rows;
  return { ...field, values, lines: Number(count), distinct: Number(different), distinct_is: 'exact' };
}

function bodyOf({ query, timeRange }: Selection) {
  return { query, time_range: timeRange, allow_wide_range: true };
}
