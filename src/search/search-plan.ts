/** A search as it is asked → the question to the store, with its range frozen and every bound checked. */
import { AppError } from '#base/errors.ts';
import type { LineQuery } from '#store/log-store.ts';
import { decodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';
import { overBound, plainRange } from './query-runner.ts';
import type { QueryRunner, Searcher, Selection } from './query-runner.ts';
import type { ResolvedRange } from './time-range.ts';

export interface SearchRequest extends Selection {
  /** By event time; newest first when absent. */
  readonly order?: 'desc' | 'asc';
  readonly limit?: number;
  /** Lines to pass over, for paging by number; not together with a cursor. */
  readonly offset?: number;
  readonly cursor?: string;
}

export interface SearchPlan {
  readonly query: LineQuery;
  /** What a cursor of this search belongs to. */
  readonly identity: SearchIdentity;
  readonly range: ResolvedRange;
}

/** AppError: query_syntax, query_unsupported, bad_request, invalid_time_range, invalid_cursor, limit_exceeded. */
export async function planSearch(runner: QueryRunner, request: SearchRequest, searcher: Searcher): Promise<SearchPlan> {
  const { config } = runner;
  const { order = 'desc', limit = Math.min(config.default_limit, config.max_limit), offset = 0, cursor } = request;
  if (limit > config.max_limit) throw overBound('limit', limit, config.max_limit, 'max_limit', 'ask for further pages with next_cursor');
  if (offset > config.max_offset)
    throw overBound('offset', offset, config.max_offset, 'max_offset', 'go on with the cursor from next_cursor, which has no such bound');
  if (offset > 0 && cursor !== undefined)
    throw new AppError('bad_request', 'offset and cursor exclude each other', { details: { field: 'offset' } });
  const where = runner.parseSelection(request);
  const identity = { tenant: searcher.tenant, where: runner.parseAsWritten(request), order, askedRange: request.timeRange };
  const position = cursor === undefined ? undefined : decodeCursor(cursor, identity);
  const range = await runner.resolveRange(request, 'future-allowance', searcher, position?.range);
  const page = { limit, ...(position ? { after: position.after } : {}), ...(offset > 0 ? { offset } : {}) };
  return { query: { tenant: searcher.tenant, where, range: plainRange(range), order, ...page }, identity, range };
}
