/** The lines around a line, and the lines of a trace. */
import type { LogLine } from '#model/log-line.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import { readContext } from '#search/context.ts';
import type { ContextAnswer } from '#search/context.ts';
import type { QueryRunner } from '#search/query-runner.ts';
import { readTrace } from '#search/trace.ts';
import type { TraceAnswer } from '#search/trace.ts';
import { contextParameters, traceParameters } from './context-schemas.ts';
import { contextEndpoints } from './context-endpoints.ts';
import { parametersObject } from './query-parameters.ts';
import { toRecordA } from './record-shapes.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

const readContextParameters = createRequestReader(contextParameters, 'the query string');
const readTraceParameters = createRequestReader(traceParameters, 'the query string');

export function contextRoutes(runner: QueryRunner): ApiRoute[] {
  return [
    { endpoint: contextEndpoints.context, handle: (request) => context(runner, request) },
    { endpoint: contextEndpoints.trace, handle: (request) => trace(runner, request) },
    { endpoint: contextEndpoints.traceLink, handle: ({ pathParameters }) => redirectToTrace(pathParameters['id']) },
  ];
}

async function context(runner: QueryRunner, { pathParameters, queryParameters, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { scope, before, after, ...cursors } = readContextParameters(parametersObject(queryParameters, ['before', 'after']));
  const { before_cursor: beforeCursor, after_cursor: afterCursor } = cursors;
  const request = { id: pathParameters['id'], scope, before, after, beforeCursor, afterCursor };
  const answer = await readContext(runner, request, principal, signal);
  return jsonReply(contextAnswerText(answer, beforeCursor === undefined && afterCursor === undefined));
}

/** `withLine`: further lines come without the line itself, which would stand between them and what the client has. */
function contextAnswerText(answer: ContextAnswer, withLine: boolean): string {
  const { line, scope, before, after, tookMs, scannedRows, complete, reason } = answer;
  const marked = (text: string): string => `{"marked":true,${text.slice(1)}`;
  const lines = [...before.lines.map(toRecordA), ...(withLine ? [marked(toRecordA(line))] : []), ...after.lines.map(toRecordA)];
  const members = {
    line_index: withLine ? before.lines.length : null,
    before_cursor: before.cursor,
    has_more_before: before.hasMore,
    after_cursor: after.cursor,
    has_more_after: after.hasMore,
    took_ms: tookMs,
    scanned: scannedRows,
    complete,
    reason,
  };
  return `{"id":"${line.id}","scope":"${scope}","lines":[${lines.join(',')}],${JSON.stringify(members).slice(1)}`;
}

async function trace(runner: QueryRunner, { pathParameters, queryParameters, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  const { limit, cursor, from, to, last } = readTraceParameters(parametersObject(queryParameters, ['limit']));
  const hasRange = from !== undefined || to !== undefined || last !== undefined;
  const timeRange = hasRange ? { from, to, last } : undefined;
  const answer = await readTrace(runner, { traceId: pathParameters['trace_id'], timeRange, limit, cursor }, principal, signal);
  return jsonReply(traceAnswerText(answer));
}

const ms = (ns: bigint): number => Number(ns) / 1e6;

function traceAnswerText(answer: TraceAnswer): string {
  const { traceId, lines, gapsMs, services, total, links, nextCursor, tookMs, scannedRows, complete, reason } = answer;
  const startNs = services[0]?.firstNs;
  const endNs = services.reduce((latest, { lastNs }) => (lastNs > latest ? lastNs : latest), startNs ?? 0n);
  const members = {
    total,
    ...(startNs === undefined ? {} : { from: formatTimestamp(startNs), to: formatTimestamp(endNs) }),
    duration_ms: startNs === undefined ? 0 : ms(endNs - startNs),
    services: services.map(({ service, lineCount, errorCount, firstNs, lastNs }) => ({
      service,
      lines: lineCount,
      errors: errorCount,
      from: formatTimestamp(firstNs),
      to: formatTimestamp(lastNs),
      start_ms: ms(firstNs - (startNs ?? firstNs)),
      duration_ms: ms(lastNs - firstNs),
    })),
    links,
    next_cursor: nextCursor ?? null,
    took_ms: tookMs,
    scanned: scannedRows,
    complete,
    reason,
  };
  const withGap = (line: LogLine, index: number): string => `{"gap_ms":${gapsMs[index] ?? null},${toRecordA(line).slice(1)}`;
  return `{"trace_id":${JSON.stringify(traceId)},"lines":[${lines.map(withGap).join(',')}],${JSON.stringify(members).slice(1)}`;
}

/** For links of other tools; 307, so that the address in the browser is the one with the answer. */
function redirectToTrace(traceId: string): ApiReply {
  const location = `/v1/traces/${encodeURIComponent(traceId)}`;
  return { status: 307, contentType: 'text/plain; charset=utf-8', body: `the trace is at ${location}\n`, headers: { location } };
}
