/**
 * All lines of a trace in order of time: how long nothing was written between two of them, which services took part and
 * when, and where other tools show the trace. A trace of any size is paged; its services are those of the whole trace.
 */
import { AppError } from '#base/errors.ts';
import { earliestNs, latestNs } from '#base/instant.ts';
import { leaf } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';
import { firstErrorSeverity } from '#model/severity.ts';
import type { LineQuery, TimeRange } from '#store/log-store.ts';
import type { ServiceSpan } from '#store/trace-reads.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { isBorderKey, nextPageKey } from './next-page.ts';
import { completenessOf, overBound, plainRange } from './query-runner.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import type { TimeRangeSpec } from './time-range.ts';
import { traceLinks } from './trace-links.ts';
import type { TraceLink } from './trace-links.ts';

export interface TraceRequest {
  readonly traceId: string;
  /** Absent: any time; the index finds a trace without one. */
  readonly timeRange?: TimeRangeSpec;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface TraceAnswer {
  readonly traceId: string;
  /** In order of time. */
  readonly lines: readonly LogLine[];
  /** Milliseconds from the line before to each line; undefined for the first of the trace, or where a search stopped between. */
  readonly gapsMs: readonly (number | undefined)[];
  /** Of the whole trace, in order of their first line. */
  readonly services: readonly ServiceSpan[];
  readonly total: number;
  readonly links: readonly TraceLink[];
  readonly nextCursor?: string;
  readonly tookMs: number;
  readonly scannedRows: number;
  readonly complete: boolean;
  readonly reason?: string;
}

const longestTraceId = 256;
const allTime: TimeRange = { fromNs: earliestNs, toNs: latestNs };

/** AppError as `SearchService.search`, and not_found where no line has the trace id. */
export function readTrace(runner: QueryRunner, request: TraceRequest, searcher: Searcher, signal: AbortSignal): Promise<TraceAnswer> {
  return runner.measured('trace', async (startedMs) => {
    const { traceId } = request;
    const { query, identity } = await planTrace(runner, request, searcher);
    const { page, services } = await runner.admitted(searcher, signal, async (_, options) => {
      const found = await runner.store.findLines(query, options);
      const isWhole = !found.hasMore && found.searchedToNs === undefined && query.after === undefined;
      if (isWhole) return { page: found, services: { spans: spansOf(found.lines), complete: true, scannedRows: 0 } };
      return { page: found, services: await runner.store.serviceSpans(query, options) };
    });
    const total = services.spans.reduce((sum, { lineCount }) => sum + lineCount, 0);
    const completeness = completenessOf(page, services);
    if (total === 0 && completeness.complete) throw new AppError('not_found', `no line has the trace id "${traceId}"`);
    const nextKey = nextPageKey(page, query);
    return {
      traceId,
      lines: page.lines,
      gapsMs: gapsOf(page.lines, query.after),
      services: services.spans,
      total,
      links: traceLinks(runner.config.trace_links, traceId),
      ...(nextKey ? { nextCursor: encodeCursor(identity, query.range, nextKey) } : {}),
      ...completeness,
      scannedRows: page.scannedRows + services.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

async function planTrace(runner: QueryRunner, { traceId, timeRange, limit, cursor }: TraceRequest, searcher: Searcher) {
  const { config } = runner;
  if (traceId === '' || traceId.length > longestTraceId) throw new AppError('not_found', 'this is not the id of a trace');
  const count = limit ?? Math.min(config.trace_lines, config.max_limit);
  if (count > config.max_limit) throw overBound('limit', count, config.max_limit, 'max_limit', 'ask for further pages with next_cursor');
  // Senders agree on lower case, people copy from tools that show capitals.
  const where = leaf({ kind: 'field-equals', field: 'trace_id', values: [...new Set([traceId, traceId.toLowerCase()])] });
  const identity = { tenant: searcher.tenant, where, order: 'asc' as const, askedRange: timeRange };
  const position = cursor === undefined ? undefined : decodeCursor(cursor, identity);
  const range =
    position?.range ??
    (timeRange === undefined
      ? allTime
      : plainRange(await runner.resolveRange({ timeRange, allowWideRange: true }, 'future-allowance', searcher)));
  const query: LineQuery = {
    tenant: searcher.tenant,
    where,
    range,
    order: 'asc',
    limit: count,
    ...(position ? { after: position.after } : {}),
  };
  return { query, identity };
}

function gapsOf(lines: readonly LogLine[], after: LineQuery['after']): (number | undefined)[] {
  const before = after === undefined || isBorderKey(after) ? undefined : after.tsNs;
  return lines.map(({ tsNs }, index) => {
    const previousNs = index === 0 ? before : lines[index - 1].tsNs;
    return previousNs === undefined ? undefined : Number(tsNs - previousNs) / 1e6;
  });
}

function spansOf(lines: readonly LogLine[]): ServiceSpan[] {
  const spans = new Map<string, ServiceSpan>();
  for (const { service, tsNs, level } of lines) {
    const known = spans.get(service) ?? { service, lineCount: 0, errorCount: 0, firstNs: tsNs, lastNs: tsNs };
    const errorCount = known.errorCount + (level >= firstErrorSeverity ? 1 : 0);
    spans.set(service, { ...known, lineCount: known.lineCount + 1, errorCount, lastNs: tsNs });
  }
  return [...spans.values()];
}
