/**
 * The golden cases, `golden-cases.json`: query, canonical text, AST, SQL with parameters, DSL, and the rows it selects out of
 * golden-rows.ts. After a wanted change write them anew with `node test/language/golden.ts` and read the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileDsl } from '#language/compile-dsl.ts';
import { compileMatcher } from '#language/compile-matcher.ts';
import { compileSql } from '#language/compile-sql.ts';
import { parseQuery } from '#language/parser.ts';
import { printQuery } from '#language/printer.ts';
import { withFixedTimes } from '#language/query-times.ts';
import { goldenQueries, goldenRows } from './golden-rows.ts';
import { withoutSpans } from './sample-queries.ts';
import { batchViewOf, sampleNowMs } from './sample-rows.ts';
import type { QueryNode } from '#language/ast.ts';

export interface GoldenCase {
  readonly query: string;
  readonly printed: string;
  readonly ast: unknown;
  readonly sql: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly dsl: unknown;
  readonly rows: readonly number[];
}

const path = fileURLToPath(new URL('golden-cases.json', import.meta.url));

export function computedCases(): GoldenCase[] {
  const view = batchViewOf(goldenRows);
  return goldenQueries.map((query) => {
    const node = parseQuery(query);
    const fixed = withFixedTimes(node, sampleNowMs);
    const rows = [...compileMatcher(node).match(view).rows()];
    return { query, printed: printQuery(node), ast: withoutSpans(node), ...compileSql(fixed), dsl: dslOf(fixed), rows };
  });
}

/** What OpenSearch cannot say is its refusal. */
function dslOf(node: QueryNode): unknown {
  try {
    return compileDsl(node);
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

export function storedCases(): GoldenCase[] {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (import.meta.main)
  writeFileSync(
    path,
    `[\n${computedCases()
      .map((golden) => JSON.stringify(golden))
      .join(',\n')}\n]\n`,
  );
