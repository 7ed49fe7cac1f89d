/** Generated queries over generated rows: SQL on three kinds of tables and the matcher select the same rows. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { notOf } from '#language/ast.ts';
import { compileMatcher, MatcherSet } from '#language/compile-matcher.ts';
import { compileNameProbes, compileScanSql, compileSql } from '#language/compile-sql.ts';
import { parseQuery } from '#language/parser.ts';
import { printQuery } from '#language/printer.ts';
import { withFixedTimes } from '#language/query-times.ts';
import { EngineTables, tableNames } from './engine-tables.ts';
import { queryNode, withoutSpans } from './sample-queries.ts';
import { batchViewOf, sampleMessages, sampleNowMs, sampleRow } from './sample-rows.ts';
import type { QueryNode } from '#language/ast.ts';
import type { SampleRow } from './sample-rows.ts';

const seed = Number(process.env.MILLRACE_TEST_SEED ?? (Math.random() * 2 ** 31) | 0);
const queriesPerRun = Number(process.env.MILLRACE_TEST_QUERIES ?? 400);
const rowCount = 300;

let engine: EngineTables;
let rows: readonly SampleRow[];
before(() => {
  engine = new EngineTables();
  const generated = fc.sample(sampleRow, { seed, numRuns: rowCount - sampleMessages.length });
  rows = [...generated, ...sampleMessages.map((message, i) => ({ ...generated[i], message }))];
  engine.load(rows);
});
after(() => engine.close());

function check(query: QueryNode, matched: readonly number[]): void {
  const text = printQuery(query);
  const fixed = withFixedTimes(query, sampleNowMs);
  for (const compiled of [compileSql(fixed), compileScanSql(fixed)]) {
    for (const table of tableNames) {
      assert.deepEqual(
        engine.select(table, compiled),
        matched,
        `seed ${seed}, table ${table} and matcher differ on: ${text}\n${compiled.sql}\n${JSON.stringify(compiled.params)}`,
      );
    }
  }
}

test(`engine and matcher select the same rows (seed ${seed})`, () => {
  const queries = fc.sample(queryNode, { seed: seed + 1, numRuns: queriesPerRun }).map((query) => parseQuery(printQuery(query)));
  const view = batchViewOf(rows);
  const set = new MatcherSet();
  const handles = queries.map((query) => set.add(query));
  const matches = set.match(view);
  let selectedSome = 0;
  queries.forEach((query, i) => {
    const matched = [...matches(handles[i]).rows()];
    if (matched.length > 0 && matched.length < rows.length) selectedSome++;
    check(query, matched);
    assert.deepEqual([...compileMatcher(query).match(view).rows()], matched, `seed ${seed}: alone and in a set: ${printQuery(query)}`);
    const complement = new Set(matched);
    assert.deepEqual(
      [...compileMatcher(notOf(query)).match(view).rows()],
      rows.map((_, row) => row).filter((row) => !complement.has(row)),
    );
  });
  assert.ok(selectedSome > queriesPerRun / 4, `only ${selectedSome} of ${queriesPerRun} queries selected some rows but not all`);
});

test(`parse(print(ast)) = ast (seed ${seed})`, () => {
  for (const node of fc.sample(queryNode, { seed: seed + 3, numRuns: 2000 })) {
    const text = printQuery(node);
    assert.deepEqual(withoutSpans(parseQuery(text)), withoutSpans(node), `seed ${seed}: ${text}`);
  }
});

test('known absent names change no answer', () => {
  const queries = fc.sample(queryNode, { seed: seed + 2, numRuns: 100 });
  const view = batchViewOf(rows);
  for (const query of queries) {
    const probe = compileNameProbes(query);
    if (probe === undefined) continue;
    const matched = [...compileMatcher(query).match(view).rows()];
    const namesOf = ({ traceId, spanId, service, host }: (typeof rows)[number]): string[] => [traceId, spanId, service, host];
    const isName = (word: string): boolean => rows.some((row) => namesOf(row).includes(word));
    const withNames: number[] = rows.flatMap((row, index) => (probe.words.some((word) => namesOf(row).includes(word)) ? [index] : []));
    for (const table of tableNames) {
      assert.deepEqual(engine.select(table, { sql: probe.condition, params: probe.params }), withNames);
      const simpler = compileSql(withFixedTimes(query, sampleNowMs), 'p', {
        absentNames: new Set(probe.words.filter((word) => !isName(word))),
      });
      assert.deepEqual(engine.select(table, simpler), matched, `seed ${seed}: ${printQuery(query)}`);
    }
  }
});
