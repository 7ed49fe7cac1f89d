/** The three designs' searches, the aggregations and the line by its id: requests → query service → answers. */
import { AppError } from '#base/errors.ts';
import { formatPatternId } from '#base/ids.ts';
import { nearestName } from '#base/nearest-name.ts';
import { quoted } from '#base/quoted.ts';
import { isColumnField } from '#language/fields.ts';
import type { AggregateRequest, SearchAnswer, SearchRequest, SearchService } from '#search/search-service.ts';
import { openStream } from '#search/streamed-search.ts';
import type { TimeRangeSpec } from '#search/time-range.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import { aggregateAnswerText, searchAnswerTextA, searchAnswerTextB, searchAnswerTextC } from './answer-shapes.ts';
import type { PatternTexts } from './answer-shapes.ts';
import { endpoints } from './endpoints.ts';
import { toRecordA } from './record-shapes.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute, Caller } from './route.ts';
import { orderOf, selectionOf } from './selection.ts';
import * as schemas from './search-schemas.ts';
import type { AggregateBody, SearchBody } from './search-schemas.ts';
import { streamBody } from './stream-endpoints.ts';
import { eventShape, ndjsonShape } from './stream-shapes.ts';

const readSearchBody = createRequestReader(schemas.searchBody, 'the body');
const readStreamBody = createRequestReader(streamBody, 'the body');
const readSearchParameters = createRequestReader(schemas.searchParameters, 'the query string');
const readAggregateBody = createRequestReader(schemas.aggregateBody, 'the body');

/** All routes that read lines. */
export function searchRoutes(search: SearchService, catalogue: Pick<PatternCatalogue, 'find'>): ApiRoute[] {
  const find = async (
    request: SearchRequest,
    { principal, signal }: ApiRequest,
    render: (answer: SearchAnswer) => string,
  ): Promise<ApiReply> => jsonReply(render(await search.search(request, callerOf(principal), signal)));
  const findByBody = (request: ApiRequest, render: (answer: SearchAnswer, texts?: PatternTexts) => string): Promise<ApiReply> => {
    const body = readSearchBody(request.body);
    const { tenant } = callerOf(request.principal);
    return find(searchRequestOfBody(body), request, (answer) =>
      render(answer, body.pattern_texts === true ? patternTextsOf(answer, catalogue, tenant) : undefined),
    );
  };
  const aggregate = async ({ body, principal, signal }: ApiRequest): Promise<ApiReply> =>
    jsonReply(aggregateAnswerText(await search.aggregate(aggregateRequestOfBody(readAggregateBody(body)), callerOf(principal), signal)));
  return [
    {
      endpoint: endpoints.searchA,
      handle: (request) => findByBody(request, searchAnswerTextA),
    },
    {
      endpoint: endpoints.searchB,
      handle: (request) => find(searchRequestOfParameters(request.queryParameters), request, searchAnswerTextB),
    },
    {
      endpoint: endpoints.searchC,
      handle: (request) => findByBody(request, searchAnswerTextC),
    },
    { endpoint: endpoints.searchStream, handle: (request) => stream(search, request) },
    { endpoint: endpoints.aggregateA, handle: aggregate },
    { endpoint: endpoints.aggregateC, handle: aggregate },
    {
      endpoint: endpoints.lineById,
      handle: async ({ pathParameters, principal, signal }) =>
        jsonReply(toRecordA(await search.lineById(pathParameters['id'], callerOf(principal), signal))),
    },
  ];
}

/** The texts of the patterns that the lines have, by the ids that the lines have. */
function patternTextsOf({ lines }: SearchAnswer, catalogue: Pick<PatternCatalogue, 'find'>, tenant: string): PatternTexts {
  const ids = new Set(lines.filter(({ patternId }) => patternId !== 0n).map(({ patternId }) => formatPatternId(patternId)));
  const texts = [...ids].map((id) => [id, catalogue.find(tenant, id)?.text] as const);
  return Object.fromEntries(texts.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Its errors are answers like any other until the first lines are there; afterwards they are in its end. */
async function stream(search: SearchService, { body, headers, principal, signal }: ApiRequest): Promise<ApiReply> {
  const { total: withTotal, ...page } = readStreamBody(body);
  const shape = headers.accept?.includes('text/event-stream') ? eventShape : ndjsonShape;
  const records = await openStream(search.runner, { ...searchRequestOfBody(page), withTotal }, callerOf(principal), signal);
  const render = async function* (): AsyncGenerator<string> {
    for await (const record of records) yield shape.render(record);
  };
  // Proxies must not gather what is meant to be seen at once.
  return { contentType: shape.contentType, headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }, body: render() };
}

function callerOf(principal: Caller | undefined): Caller {
  mustHaveCaller(principal);
  return principal;
}

function searchRequestOfBody(body: SearchBody): SearchRequest {
  const { sort, limit, offset, cursor } = body;
  return { ...selectionOf(body), order: orderOf(sort), limit, offset, cursor };
}

function aggregateRequestOfBody(body: AggregateBody): AggregateRequest {
  const { group_by: groupBy, interval, metric = 'count' } = body;
  return { ...selectionOf(body), groupBy, interval, metric };
}

const parameterNames = new Set(Object.keys(schemas.searchParameters.properties));
const filterParameters = ['service', 'level', 'host'];
const wholeNumberParameters = new Set(['limit', 'offset']);

/** Empty parameters count as absent, as forms send them; filters may be repeated, other parameters not. */
function searchRequestOfParameters(parameters: ApiRequest['queryParameters']): SearchRequest {
  const filters = new Map<string, string[]>();
  const values = new Map<string, unknown>();
  for (const [given, text] of parameters) {
    // live tail takes both names of the query, so this does too
    const name = given === 'query' ? 'q' : given;
    if (text === '') continue;
    if (isFilterParameter(name)) filters.set(name, [...(filters.get(name) ?? []), text]);
    else if (values.has(name)) throw new AppError('bad_request', `parameter "${name}" is given twice`, { details: { field: name } });
    else values.set(name, parameterValue(name, text));
  }
  const {
    q,
    from,
    to,
    last,
    sort,
    limit,
    offset,
    cursor,
    allow_wide_range: allowWideRange,
  } = readSearchParameters(Object.fromEntries(values));
  const hasRange = from !== undefined || to !== undefined || last !== undefined;
  const timeRange: TimeRangeSpec | undefined = hasRange ? { from, to, last } : undefined;
  return { query: q, filters: Object.fromEntries(filters), timeRange, order: orderOf(sort), limit, offset, cursor, allowWideRange };
}

/** Names of lines' own fields and prefixed attributes; a bare attribute name would turn every misspelling into a filter. */
function isFilterParameter(name: string): boolean {
  if (filterParameters.includes(name)) return true;
  if (parameterNames.has(name)) return false;
  if (/^(?:metadata|meta|attributes|resource)\../s.test(name) || isColumnField(name)) return true;
  const nearest = nearestName(name, parameterNames);
  const shown = quoted(name);
  const advice = nearest === undefined ? `to filter by an attribute write metadata.${name.slice(0, 80)}=…` : `did you mean "${nearest}"`;
  throw new AppError('bad_request', `there is no parameter ${shown}; ${advice}`, {
    details: { field: name.slice(0, 200), known: [...parameterNames] },
  });
}

function parameterValue(name: string, text: string): unknown {
  if (wholeNumberParameters.has(name) && /^\d{1,15}$/.test(text)) return Number(text);
  if (name === 'allow_wide_range' && /^(?:true|false|1|0)$/.test(text)) return text === 'true' || text === '1';
  return text;
}
