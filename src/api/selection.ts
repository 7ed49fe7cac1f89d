/** Which lines a request's body asks for, in the forms of all designs. */
import { AppError } from '#base/errors.ts';
import type { Selection } from '#search/query-runner.ts';
import { createRequestReader } from './request-reader.ts';
import { timeRangeSchema } from './search-schemas.ts';
import type { SearchBody } from './search-schemas.ts';

const readTimeRange = createRequestReader(timeRangeSchema, 'filters.time_range');

type SelectionBody = Pick<SearchBody, 'query' | 'filters' | 'time_range' | 'allow_wide_range'>;

/** Design A puts the time range among the filters, C beside them; either is taken, both are a contradiction. */
export function selectionOf(body: SelectionBody): Selection {
  const { time_range: inFilters, ...filters } = (body.filters ?? {}) as Readonly<Record<string, unknown>>;
  if (inFilters !== undefined && inFilters !== null && body.time_range !== undefined) {
    throw new AppError('bad_request', 'time_range is given twice, in filters and beside them', { details: { field: 'time_range' } });
  }
  const timeRange = body.time_range ?? (inFilters === undefined || inFilters === null ? undefined : readTimeRange(inFilters));
  return { query: body.query, filters: withoutNullValues(filters), timeRange, allowWideRange: body.allow_wide_range };
}

/** A filter that is null is one that is not set. */
function withoutNullValues(filters: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null));
}

/** Order of lines from its spellings; newest first when absent. */
export function orderOf(sort: string | undefined): 'desc' | 'asc' {
  const match = /^(?:(?:timestamp|@timestamp|ts|time):)?(desc|asc)$/i.exec(sort?.trim() ?? 'desc');
  if (match !== null) return match[1].toLowerCase() === 'asc' ? 'asc' : 'desc';
  throw new AppError(
    'bad_request',
    `sort must be "timestamp:desc" or "timestamp:asc" (or just "desc", "asc"), not ${JSON.stringify(sort)}`,
    { details: { field: 'sort' } },
  );
}
