/** The explanation of a query. */
import type { QueryHint } from '#language/hints.ts';
import { explainQuery } from '#search/explain.ts';
import type { QueryExplanation } from '#search/explain.ts';
import type { PipeParts } from '#search/pipe-search.ts';
import type { IndexUse } from '#store/read-plan.ts';
import { rangeObject } from './answer-shapes.ts';
import { explainBody, explainEndpoints } from './explain-endpoints.ts';
import { createRequestReader } from './request-reader.ts';
import { jsonReply, mustHaveCaller } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';
import { selectionOf } from './selection.ts';

const readExplainBody = createRequestReader(explainBody, 'the body');

export function explainRoutes(parts: PipeParts): ApiRoute[] {
  return [{ endpoint: explainEndpoints.explain, handle: (request) => explain(parts, request) }];
}

async function explain(parts: PipeParts, { body, principal, signal }: ApiRequest): Promise<ApiReply> {
  mustHaveCaller(principal);
  return jsonReply(
    JSON.stringify(explanationObject(await explainQuery(parts, selectionOf(readExplainBody(body ?? {})), principal, signal))),
  );
}

function explanationObject({ ast, pipes, canonical, hints, plan, estimate, range, tookMs }: QueryExplanation): object {
  return {
    ast,
    ...(pipes ? { pipes: pipes.stages, statement: pipes.statement } : {}),
    canonical,
    hints: hints.map(hintObject),
    sql: plan.condition,
    parameters: plan.parameters,
    indexes: plan.indexes.map(indexObject),
    parts: plan.parts,
    granules: plan.granules,
    rows: plan.rows,
    memtables: plan.memtables,
    counts_from_rollup: plan.countsFromRollup,
    estimate: { lines: estimate.lines, scanned: estimate.scannedRows },
    time_range: { ...rangeObject(range), ...(range.byDefault ? { default: true } : {}) },
    took_ms: tookMs,
  };
}

function hintObject({ message, suggestion, span }: QueryHint): object {
  return { message, suggestion, ...(span ? { position: span.start, length: span.end - span.start } : {}) };
}

function indexObject({ kind, name, partsBefore, parts, granulesBefore, granules }: IndexUse): object {
  return { kind, name, parts_before: partsBefore, parts, granules_before: granulesBefore, granules };
}
