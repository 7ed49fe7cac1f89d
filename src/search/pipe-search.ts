/**
 * Queries with pipes: lines, or the table that is made of them, bounded, admitted and kept like every other answer. What a
 * pattern's id means comes from the catalogue of templates.
 */
import type { QueryNode } from '#language/ast.ts';
import { askedRows, groupsOf, lineCountsOf, planPipeline, printPipeline, takesNewestLines } from '#language/pipes.ts';
import type { OutputColumn, Pipeline, PipePlan, PipeValue } from '#language/pipes.ts';
import { timeRangeOf } from '#language/query-times.ts';
import type { LogLine } from '#model/log-line.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import type { TimeRange } from '#store/log-store.ts';
import type { PipeAnswer, PipeQuery } from '#store/pipe-reads.ts';
import { checkInterval } from './aggregate-plan.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Question } from './protection.ts';
import { completenessOf, overBound, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher, Selection } from './query-runner.ts';
import type { ResolvedRange } from './time-range.ts';

export interface PipeParts {
  readonly runner: QueryRunner;
  readonly cache: AnswerCache;
  readonly catalogue: Pick<PatternCatalogue, 'find' | 'aliasesOf'>;
}

export interface PipeRequest extends Selection {
  /** Rows of the answer. */
  readonly limit?: number;
}

export interface PipeResult extends Answer {
  /** `lines`: each row is a line, and `values` are those of the columns that `parse` has added. */
  readonly kind: 'lines' | 'table';
  readonly lines: readonly LogLine[];
  /** Fields of lines that are to be shown; undefined: the usual ones and what was added. */
  readonly shown: readonly OutputColumn[] | undefined;
  /** Of `values`. */
  readonly columns: readonly OutputColumn[];
  /** The text of a pattern in place of its id, where one is to be shown; null where it is not known. */
  readonly values: readonly (readonly PipeValue[])[];
  readonly hasMore: boolean;
  readonly extrapolated: boolean;
  /** The part of the range that was searched, where the search stopped early. */
  readonly covered?: TimeRange;
}

export interface PlannedPipes {
  /** As it was written, with the filters joined to it. */
  readonly pipeline: Pipeline;
  readonly query: PipeQuery;
  readonly range: ResolvedRange;
  readonly question: Question;
}

interface Asked {
  readonly answer: PipeAnswer;
  readonly range: ResolvedRange;
}

/** AppError as `SearchService.search`. */
export function runPipes(parts: PipeParts, request: PipeRequest, searcher: Searcher, signal: AbortSignal): Promise<PipeResult> {
  const { runner, cache } = parts;
  return runner.measured('pipes', async (startedMs) => {
    const { query, range, question } = await planPipes(parts, request, searcher);
    const { plan, maxRows, aliases } = query;
    const asked = {
      tenant: searcher.tenant,
      range: query.range,
      shape: { kind: 'pipes', plan, maxRows, aliases: plan.output.kind === 'table' ? [...aliases] : [] },
      askedRange: request.timeRange ?? 'default',
      sizeOf: ({ answer }: Asked) => (answer.complete ? sizeOf(answer) : undefined),
    };
    const ask = async (shared: AbortSignal): Promise<Asked> => ({
      answer: await runner.admitted(searcher, shared, (_, options) => runner.store.runPipes(query, options), question),
      range,
    });
    const { value, cached } = await cache.answer(asked, signal, ask);
    const { answer } = value;
    return {
      ...resultOf(answer, query, parts.catalogue),
      ...completenessOf(answer),
      // who shares an answer gets the range of whoever asked first
      range: { ...value.range, byDefault: range.byDefault },
      ...(cached ? { cached } : {}),
      scannedRows: cached ? 0 : answer.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

/** What would be asked of the store, every bound checked. AppError as `SearchService.search`. */
export async function planPipes({ runner, catalogue }: PipeParts, request: PipeRequest, searcher: Searcher): Promise<PlannedPipes> {
  const { query: text = '', allowWideRange } = request;
  const pipeline = runner.parsePipeline(request);
  const nowMs = runner.clock.nowMs();
  const plan = planPipeline(pipeline, { text, nowMs });
  const timeRange = request.timeRange ?? timeRangeOf(plan.where, nowMs);
  const isTable = plan.output.kind === 'table';
  const range = await runner.resolveRange({ timeRange, allowWideRange }, isTable ? 'now' : 'future-allowance', searcher);
  const { max_group_by: maxGroups } = runner.config;
  for (const { keys, intervalMs } of groupsOf(plan)) {
    if (keys > maxGroups) throw overBound('the number of fields to group by,', keys, maxGroups, 'max_group_by', 'group by fewer');
    if (intervalMs !== undefined) checkInterval(intervalMs, range, runner.config);
  }
  const query = {
    tenant: searcher.tenant,
    plan,
    range: plainRange(range),
    maxRows: maxRowsOf(plan, request, runner),
    aliases: catalogue.aliasesOf(searcher.tenant),
  };
  return { pipeline, query, range, question: questionOf(pipeline, plan, query.range) };
}

function maxRowsOf(plan: PipePlan, { limit }: PipeRequest, { config }: QueryRunner): number {
  const setting = plan.output.kind === 'table' ? 'max_table_rows' : 'max_limit';
  const bound = config[setting];
  const asked = askedRows(plan);
  const tooMany = [limit, asked].find((count) => count !== undefined && count > bound);
  if (tooMany !== undefined) throw overBound('limit', tooMany, bound, setting, 'narrow the query, or export the lines');
  if (limit !== undefined) return limit;
  return plan.output.kind === 'table' || asked !== undefined ? bound : Math.min(config.default_limit, bound);
}

/** Lines from the newest on cost what a search costs, everything else what an aggregation does. */
function questionOf(pipeline: Pipeline, plan: PipePlan, range: TimeRange): Question {
  const where: QueryNode = plan.where;
  const pipes = printPipeline(pipeline);
  if (takesNewestLines(plan)) return { kind: 'search', where, range, pipes };
  const counts = lineCountsOf(plan);
  if (counts !== undefined) return { kind: 'aggregate', where, range, groupBy: counts.fields, metric: { kind: 'count' }, pipes };
  return { kind: 'aggregate', where, range, metric: { kind: 'distinct', field: 'message' }, pipes };
}

function resultOf(answer: PipeAnswer, { plan, tenant, range }: PipeQuery, catalogue: PipeParts['catalogue']) {
  const { output } = plan;
  const columns = output.kind === 'table' ? output.columns : output.added;
  const textOf = (id: PipeValue): PipeValue => catalogue.find(tenant, String(id))?.text ?? null;
  const hasTexts = columns.some(({ value }) => value.type === 'template');
  const withTexts = (row: readonly PipeValue[]): readonly PipeValue[] =>
    row.map((value, i) => (columns[i].value.type === 'template' ? textOf(value) : value));
  const { searchedToNs } = answer;
  return {
    kind: output.kind,
    lines: answer.lines,
    shown: output.kind === 'lines' ? output.columns : undefined,
    columns,
    values: hasTexts ? answer.rows.map(withTexts) : answer.rows,
    hasMore: answer.hasMore,
    extrapolated: answer.extrapolated,
    ...(searchedToNs === undefined ? {} : { covered: { fromNs: searchedToNs, toNs: range.toNs } }),
  };
}

const lineBytes = 1500;
const valueBytes = 40;

/** About. */
function sizeOf({ lines, rows }: PipeAnswer): number {
  const values = rows.reduce((sum, row) => sum + row.length, 0);
  const texts = rows.reduce(
    (sum, row) => row.reduce<number>((bytes, value) => bytes + (typeof value === 'string' ? 2 * value.length : 0), sum),
    0,
  );
  return lines.length * lineBytes + values * valueBytes + texts;
}
