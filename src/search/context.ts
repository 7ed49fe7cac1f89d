/**
 * The lines around a line: of the same source, or of its host, service, trace, or all. A search's text is not carried
 * over, for what stands around a match seldom matches. Both directions go on by cursors without an end; the direction
 * towards newer lines has one even where nothing is newer yet, so that a client can ask again.
 */
import { AppError } from '#base/errors.ts';
import { earliestNs, latestNs } from '#base/instant.ts';
import { allLines, allOf, leaf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey, LineQuery, LinesAnswer, ReadOptions, TimeRange } from '#store/log-store.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { SearchIdentity } from './cursor.ts';
import { lineKeyOf } from './line-key.ts';
import { nextPageKey } from './next-page.ts';
import { completenessOf, overBound } from './query-runner.ts';
import type { QueryRunner, Searcher } from './query-runner.ts';
import { readLine } from './read-line.ts';

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
      const line = await readLine(runner, request.id, searcher, options);
      const where = linesOfScope(line, scope);
      const read = (order: 'desc' | 'asc', limit: number, cursor: string | undefined) =>
        readDirection(runner, { line, where, order, limit, cursor, options });
      const [before, after] = await Promise.all([
        read('desc', counts.before, request.beforeCursor),
        read('asc', counts.after, request.afterCursor),
      ]);
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

function linesOfScope({ service, host, traceId }: LogLine, scope: ContextScope): QueryNode {
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
  readonly line: LogLine;
  readonly where: QueryNode;
  readonly order: 'desc' | 'asc';
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly options: ReadOptions;
}

type Page = Pick<LinesAnswer, 'complete' | 'reason' | 'scannedRows'>;

async function readDirection(
  runner: QueryRunner,
  { line, where, order, limit, cursor, options }: DirectionQuestion,
): Promise<{ direction: ContextDirection; page: Page }> {
  const { tenant } = line;
  // The cursor belongs to this line and scope: the line's id stands where a search has its range.
  const identity: SearchIdentity = { tenant, where, order, askedRange: { around: line.id } };
  const after: LineKey = cursor === undefined ? lineKeyOf(line) : decodeCursor(cursor, identity).after;
  const cursorAt = (key: LineKey): string => encodeCursor(identity, allTime, key);
  if (limit === 0) {
    return { direction: { lines: [], cursor: cursorAt(after), hasMore: true }, page: { complete: true, scannedRows: 0 } };
  }
  const query: LineQuery = { tenant, where, range: allTime, order, limit, after };
  const page = await runner.store.findLines(query, options);
  const nextKey = nextPageKey(page, query) ?? page.lastKey ?? after;
  const hasMore = page.hasMore || page.searchedToNs !== undefined;
  return { direction: { lines: page.lines, cursor: cursorAt(nextKey), hasMore }, page };
}
