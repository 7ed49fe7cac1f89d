/**
 * The lines around a line: of the same source, or of its host, service, trace, or all. A search's text is not carried
 * over, for what stands around a match seldom matches. Both directions go on by cursors without an end; the direction
 * towards newer lines has one even where nothing is newer yet, so that a client can ask again.
 */
import { AppError } from '#base/errors.ts';
import { maxRowsPerBatch } from '#base/ids.ts';
import { earliestNs, latestNs } from '#base/instant.ts';
import { allLines, allOf, leaf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey, LinePlace, LineQuery, LinesAnswer, ReadOptions, TimeRange } from '#store/log-store.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';
import { lineKeyOf } from './line-key.ts';
import { nextPageKey } from './next-page.ts';
import { completenessOf, overBound } from './query-runner.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { readLine, readPlace } from './read-line.ts';

/** What the lines around have in common with the line. `source`: service and host. */
export const contextScopes = ['source', 'host', 'service', 'trace', 'all'] as const;
export type ContextScope = (typeof contextScopes)[number];

export interface ContextRequest {
  readonly id: string;
  /** `source` when absent. */
  readonly scope?: ContextScope;
  /** Lines of each direction; `search.context_lines` when absent, none where only the other direction has a cursor. */
  readonly before?: number;
  readonly after?: number;
  /** To go on from an earlier answer. */
  readonly beforeCursor?: string;
  readonly afterCursor?: string;
}

export interface ContextDirection {
  /** In order of time. */
  readonly lines: readonly LogLine[];
  /** For further lines of this direction. */
  readonly cursor: string;
  /** False where there was nothing further when it was read. */
  readonly hasMore: boolean;
}

export interface ContextAnswer {
  readonly line: LogLine;
  readonly scope: ContextScope;
  readonly before: ContextDirection;
  readonly after: ContextDirection;
  readonly tookMs: number;
  readonly scannedRows: number;
  readonly complete: boolean;
  readonly reason?: string;
}

const allTime: TimeRange = { fromNs: earliestNs, toNs: latestNs };

/** AppError as `SearchService.search`; not_found for the line; bad_request for the scope `trace` of a line without one. */
export function readContext(runner: QueryRunner, request: ContextRequest, searcher: Searcher, signal: AbortSignal): Promise<ContextAnswer> {
  return runner.measured('context', async (startedMs) => {
    const { scope = 'source' } = request;
    const counts = lineCounts(request, runner);
    return runner.admitted(searcher, signal, async (_, options) => {
      const place = await readPlace(runner, request.id, searcher, options);
      const question = { place, where: linesOfScope(place, scope), options };
      // the line stands first among those before it, where these begin at it
      const isFirst = counts.before > 0 && request.beforeCursor === undefined && hasNextRow(place);
      const [before, after, whole] = await Promise.all([
        readDirection(runner, { ...question, order: 'desc', limit: counts.before, cursor: request.beforeCursor, withLine: isFirst }),
        readDirection(runner, { ...question, order: 'asc', limit: counts.after, cursor: request.afterCursor, withLine: false }),
        isFirst ? undefined : readLine(runner, request.id, searcher, options),
      ]);
      const line = whole ?? before.line ?? (await readLine(runner, request.id, searcher, options));
      return {
        line,
        scope,
        before: { ...before.direction, lines: before.direction.lines.toReversed() },
        after: after.direction,
        ...completenessOf(before.page, after.page),
        scannedRows: before.page.scannedRows + after.page.scannedRows,
        tookMs: runner.elapsedMs(startedMs),
      };
    });
  });
}

function lineCounts({ before, after, beforeCursor, afterCursor }: ContextRequest, { config }: QueryRunner) {
  const goesOn = beforeCursor !== undefined || afterCursor !== undefined;
  const byDefault = (cursor: string | undefined): number => (goesOn && cursor === undefined ? 0 : config.context_lines);
  const counts = { before: before ?? byDefault(beforeCursor), after: after ?? byDefault(afterCursor) };
  for (const [name, count] of Object.entries(counts)) {
    if (count > config.max_limit) throw overBound(name, count, config.max_limit, 'max_limit', 'go on with its cursor');
  }
  return counts;
}

const equals = (field: string, value: string): QueryNode => leaf({ kind: 'field-equals', field, values: [value] });

function linesOfScope({ service, host, traceId }: LinePlace, scope: ContextScope): QueryNode {
  switch (scope) {
    case 'source':
      return allOf([equals('service', service), equals('host', host)]);
    case 'host':
      return equals('host', host);
    case 'service':
      return equals('service', service);
    case 'trace':
      if (traceId === '')
        throw new AppError('bad_request', 'the line has no trace id; choose another scope', { details: { field: 'scope' } });
      return equals('trace_id', traceId);
    case 'all':
      return allLines;
    default:
      return scope satisfies never;
  }
}

interface DirectionQuestion {
  readonly place: LinePlace;
  readonly where: QueryNode;
  readonly order: 'desc' | 'asc';
  readonly limit: number;
  readonly cursor: string | undefined;
  /** Begins with the line itself, which does not count. */
  readonly withLine: boolean;
  readonly options: ReadOptions;
}

type Page = Pick<LinesAnswer, 'complete' | 'reason' | 'scannedRows'>;

/** Newest first there is a place behind which the line is the next one. */
const hasNextRow = (place: LinePlace): boolean => lineKeyOf(place).rowNo < maxRowsPerBatch - 1;

async function readDirection(
  runner: QueryRunner,
  { place, where, order, limit, cursor, withLine, options }: DirectionQuestion,
): Promise<{ direction: ContextDirection; page: Page; line?: LogLine }> {
  const { tenant } = place;
  // The cursor belongs to this line and scope: the line's id stands where a search has its range.
  const identity: SearchIdentity = { tenant, where, order, askedRange: { around: place.id } };
  const from: LineKey = cursor === undefined ? lineKeyOf(place) : decodeCursor(cursor, identity).after;
  const cursorAt = (key: LineKey): string => encodeCursor(identity, allTime, key);
  if (limit === 0) {
    return { direction: { lines: [], cursor: cursorAt(from), hasMore: true }, page: { complete: true, scannedRows: 0 } };
  }
  const after = withLine ? { ...from, rowNo: from.rowNo + 1 } : from;
  const query: LineQuery = { tenant, where, range: allTime, order, limit: withLine ? limit + 1 : limit, after };
  const page = await runner.store.findLines(query, options);
  const nextKey = nextPageKey(page, query) ?? page.lastKey ?? from;
  const hasMore = page.hasMore || page.searchedToNs !== undefined;
  const line = withLine ? page.lines.find(({ id }) => id === place.id) : undefined;
  const lines = page.lines.filter((other) => other !== line);
  return { direction: { lines, cursor: cursorAt(nextKey), hasMore }, page, ...(line ? { line } : {}) };
}
