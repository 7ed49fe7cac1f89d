/** A tail request's query string → tenant, query and cursor; the same for WebSocket and SSE. */
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '#base/errors.ts';
import type { TailRequest } from '#consumers/live-tail.ts';
import { allOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import type { QueryConfig } from '#language/config.ts';
import { parseFilters } from '#language/filters.ts';
import { parseQuery } from '#language/parser.ts';

/** Parameters with a meaning of their own; every other one is a filter, and a repeated one means any of its values. */
const queryNames = new Set(['query', 'q']);
const cursorName = 'cursor';

export interface TailRequestContext {
  /** Tenant that the sender may read; throws AppError unauthenticated, forbidden. */
  readonly authenticate: (headers: IncomingHttpHeaders) => string;
  readonly queryConfig: QueryConfig;
  /** Puts a query into other words that mean the same, such as all ids of a pattern. */
  readonly rewrite?: (node: QueryNode) => QueryNode;
}

/** Throws AppError for a bad key, query, filter or cursor parameter. An SSE client resumes by `Last-Event-ID`, which goes first. */
export function readTailRequest(
  url: string,
  headers: IncomingHttpHeaders,
  context: TailRequestContext,
): Omit<TailRequest, 'onReady' | 'onEnd'> {
  const tenant = context.authenticate(headers);
  const filters = new Map<string, string[]>();
  let query: string | undefined;
  let cursor = headers['last-event-id'] === undefined ? undefined : String(headers['last-event-id']);
  for (const [name, value] of parametersOf(url)) {
    if (queryNames.has(name)) {
      if (query !== undefined) throw new AppError('bad_request', 'the query is given twice', { details: { parameter: name } });
      query = value;
    } else if (name === cursorName) {
      cursor ??= value;
    } else {
      filters.set(name, [...(filters.get(name) ?? []), value]);
    }
  }
  const asked = allOf([parseQuery(query ?? '', context.queryConfig), parseFilters(Object.fromEntries(filters), context.queryConfig)]);
  const where = context.rewrite === undefined ? asked : context.rewrite(asked);
  return { tenant, where, cursor: cursor === '' ? undefined : cursor };
}

function parametersOf(url: string): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
}
