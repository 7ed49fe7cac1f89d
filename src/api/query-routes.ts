/** Queries with pipes: a request of either method → the search service → a table in the form that is accepted. */
import { runPipes } from '#search/pipe-search.ts';
import type { PipeParts, PipeRequest, PipeResult } from '#search/pipe-search.ts';
import { parametersObject } from './query-parameters.ts';
import { queryBody, queryEndpoints, queryParameters } from './query-endpoints.ts';
import { tableCsv, tableJson, tableNdjson } from './query-shapes.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { selectionOf } from './selection.ts';

const readQueryBody = createRequestReader(queryBody, 'the body');
const readQueryParameters = createRequestReader(queryParameters, 'the query string');

export function queryRoutes(parts: PipeParts): ApiRoute[] {
  return [
    {
      endpoint: queryEndpoints.tableOfQuery,
      handle: (request) => {
        const { limit, ...rest } = readQueryBody(request.body ?? {});
        return answer(parts, { ...selectionOf(rest), limit }, request);
      },
    },
    { endpoint: queryEndpoints.tableOfQueryByParameters, handle: (request) => answer(parts, requestOfParameters(request), request) },
  ];
}

async function answer(parts: PipeParts, request: PipeRequest, { principal, headers, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  return reply(await runPipes(parts, request, principal, signal), headers.accept ?? '');
}

function reply(result: PipeResult, accept: string): ApiReply {
  const headers = { 'x-complete': String(result.complete), 'x-more-rows': String(result.hasMore) };
  if (accept.includes('text/csv')) return { contentType: 'text/csv; charset=utf-8; header=present', headers, body: tableCsv(result) };
  if (accept.includes('application/x-ndjson'))
    return { contentType: 'application/x-ndjson; charset=utf-8', headers, body: tableNdjson(result) };
  return jsonReply(tableJson(result));
}

function requestOfParameters({ queryParameters: given }: ApiRequest): PipeRequest {
  const named = parametersObject(given, ['limit']);
  const wide = named['allow_wide_range'];
  const known =
    wide === 'true' || wide === '1'
      ? { ...named, allow_wide_range: true }
      : wide === 'false' || wide === '0'
        ? { ...named, allow_wide_range: false }
        : named;
  const { query, from, to, last, limit, allow_wide_range: allowWideRange } = readQueryParameters(known);
  const hasRange = from !== undefined || to !== undefined || last !== undefined;
  return { query, limit, allowWideRange, timeRange: hasRange ? { from, to, last } : undefined };
}
