/** What a query means and what it would cost, without asking it. */
import type { QueryNode } from '#language/ast.ts';
import { hintsOf } from '#language/hints.ts';
import type { QueryHint } from '#language/hints.ts';
import { printQuery } from '#language/printer.ts';
import type { LineEstimate } from '#store/line-estimate.ts';
import type { ReadPlan } from '#store/read-plan.ts';
import { plainRange } from './query-runner.ts';
import type { QueryRunner, Searcher, Selection } from './query-runner.ts';
import type { ResolvedRange } from './time-range.ts';

export interface QueryExplanation {
  /** As it was read, with the filters joined to it; places are those of the query text. */
  readonly ast: QueryNode;
  readonly canonical: string;
  readonly range: ResolvedRange;
  readonly hints: readonly QueryHint[];
  readonly plan: ReadPlan;
  readonly estimate: LineEstimate;
  readonly tookMs: number;
}

/** AppError as a search: query_syntax, query_unsupported, invalid_time_range, search_unavailable … */
export function explainQuery(
  runner: QueryRunner,
  selection: Selection,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<QueryExplanation> {
  return runner.measured('explain', async (startedMs) => {
    const ast = runner.parseAsWritten(selection);
    const range = await runner.resolveRange(selection, 'future-allowance', searcher);
    const query = { tenant: searcher.tenant, where: runner.parseSelection(selection), range: plainRange(range) };
    const [plan, estimate] = await runner.admitted(searcher, signal, (_, options) =>
      Promise.all([runner.store.planRead(query, options), runner.store.estimateLines(query, options)]),
    );
    return { ast, canonical: printQuery(ast), range, hints: hintsOf(ast), plan, estimate, tookMs: runner.elapsedMs(startedMs) };
  });
}
