/** What a query means and what it would cost, without asking it. */
import type { QueryNode } from '#language/ast.ts';
import { printPipeline } from '#language/pipes.ts';
import type { Stage } from '#language/pipes.ts';
import { hintsOf } from '#language/hints.ts';
import type { QueryHint } from '#language/hints.ts';
import type { LineEstimate } from '#store/line-estimate.ts';
import type { ReadPlan } from '#store/read-plan.ts';
import type { PipeStatement } from '#store/pipe-reads.ts';
import { planPipes } from './pipe-search.ts';
import type { PipeParts } from './pipe-search.ts';
import { plainRange } from './query-runner.ts';
import type { Searcher, Selection } from './query-runner.ts';
import type { ResolvedRange } from './time-range.ts';

export interface QueryExplanation {
  /** As it was read, with the filters joined to it; places are those of the query text. */
  readonly ast: QueryNode;
  /** Of a query with pipes: the stages, and the statement that it would be. */
  readonly pipes?: { readonly stages: readonly Stage[]; readonly statement: PipeStatement };
  readonly canonical: string;
  readonly range: ResolvedRange;
  readonly hints: readonly QueryHint[];
  readonly plan: ReadPlan;
  readonly estimate: LineEstimate;
  readonly tookMs: number;
}

/** AppError as a search: query_syntax, query_unsupported, invalid_time_range, search_unavailable … */
export function explainQuery(parts: PipeParts, selection: Selection, searcher: Searcher, signal: AbortSignal): Promise<QueryExplanation> {
  const { runner } = parts;
  const { store } = runner;
  return runner.measured('explain', async (startedMs) => {
    const { pipeline, query, range, question } = await planPipes(parts, selection, searcher);
    const { query: ast, stages } = pipeline;
    const lines = { tenant: searcher.tenant, where: query.plan.where, range: plainRange(range) };
    const [plan, estimate, statement] = await runner.admitted(searcher, signal, (_, options) =>
      Promise.all([
        store.planRead(lines, options),
        store.estimateLines({ ...lines, ...question }, options),
        stages.length === 0 ? undefined : store.pipeStatement(query, options),
      ]),
    );
    return {
      ast,
      ...(statement === undefined ? {} : { pipes: { stages, statement } }),
      canonical: printPipeline(pipeline),
      range,
      hints: hintsOf(ast),
      plan,
      estimate,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}
