/** Queries with pipes over the lines of a fake store: the evaluation in memory. */
import { compilePipes, evaluatePipes, pipeLines } from '#language/pipes.ts';
import type { QueryNode } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';
import type { PipeAnswer, PipeQuery, PipeStatement } from '#store/pipe-reads.ts';

/** `lines` in any order. */
export function fakePipes(
  lines: readonly LogLine[],
  matches: (node: QueryNode, line: LogLine) => boolean,
  { plan, range, maxRows }: PipeQuery,
): Omit<PipeAnswer, 'complete' | 'scannedRows'> {
  const newestFirst = [...lines].sort((a, b) => (a.tsNs === b.tsNs ? (a.id < b.id ? 1 : -1) : a.tsNs < b.tsNs ? 1 : -1));
  const select = (node: QueryNode) => (line: number) => matches(node, newestFirst[line]);
  const seconds = Number(range.toNs - range.fromNs) / 1e9;
  const { rows, values } = evaluatePipes(plan, pipeLines({ lines: newestFirst, select }), seconds);
  return {
    lines: rows.slice(0, maxRows).flatMap(({ line }) => (line === undefined ? [] : [newestFirst[line]])),
    rows: values.slice(0, maxRows),
    hasMore: rows.length > maxRows,
    extrapolated: lines.some(({ sampleRate }) => sampleRate < 1) && plan.output.kind === 'table',
  };
}

export function fakePipeStatement({ plan, maxRows }: PipeQuery): PipeStatement {
  const source = {
    lines: ({ columns }: { readonly columns: string }) => `SELECT ${columns} FROM lines`,
    counts: () => 'SELECT 0 AS bucket',
    patterns: () => 'SELECT 0 AS pattern_id',
    patternSql: 'pattern_id',
    lineColumns: ['message'],
    rangeSeconds: 1,
  };
  const { sql, params } = compilePipes(plan, source, maxRows);
  return { sql, parameters: params };
}
