/** Generated pipelines over generated rows: the engine and the evaluation in memory make the same tables. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { parsePipeline, planPipeline, printPipeline } from '#language/pipes.ts';
import { EngineTables, tableNames } from './engine-tables.ts';
import { byEngine, inMemory } from './pipe-tables.ts';
import { pipeline } from './sample-pipes.ts';
import { sampleNowMs, sampleRow } from './sample-rows.ts';
import type { PipePlan } from '#language/pipes.ts';
import type { SampleRow } from './sample-rows.ts';

const seed = Number(process.env.MILLRACE_TEST_SEED ?? (Math.random() * 2 ** 31) | 0);
const pipelinesPerRun = Number(process.env.MILLRACE_TEST_QUERIES ?? 200);

/** Sums of the others are exact, in whatever order they are added. */
const inexact = '9007199254740993';

let engine: EngineTables;
let rows: readonly SampleRow[];
before(() => {
  engine = new EngineTables();
  const withoutInexact = (map: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value === inexact ? '7' : value]));
  rows = fc
    .sample(sampleRow, { seed, numRuns: 200 })
    .map((row) => ({ ...row, attributes: withoutInexact(row.attributes), resource: withoutInexact(row.resource) }));
  engine.load(rows);
});
after(() => engine.close());

/** Undefined where a column is not there, or not of the type that it is used as. */
function planOf(text: string): PipePlan | undefined {
  try {
    return planPipeline(parsePipeline(text), { text, nowMs: sampleNowMs });
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'query_unsupported', `${text}: ${String(error)}`);
    assert.equal(typeof error.details['position'], 'number', text);
    return undefined;
  }
}

/** The engine estimates them. */
function hasQuantile({ steps }: PipePlan): boolean {
  return steps.some((step) => step.kind === 'group' && step.measures.some((measure) => measure.function === 'percentile'));
}

test(`engine and memory make the same rows (seed ${seed})`, () => {
  let planned = 0;
  let found = 0;
  for (const sample of fc.sample(pipeline, { seed: seed + 1, numRuns: pipelinesPerRun })) {
    const text = printPipeline(sample);
    const plan = planOf(text);
    if (plan === undefined || hasQuantile(plan)) continue;
    planned++;
    const expected = inMemory(rows, plan);
    if (expected.length > 1) found++;
    const table = tableNames[planned % tableNames.length];
    assert.deepEqual(byEngine(engine, table, plan), expected, `seed ${seed}, table ${table}: ${text}`);
  }
  assert.ok(
    planned > pipelinesPerRun / 4 && found > pipelinesPerRun / 10,
    `${planned} of ${pipelinesPerRun} had a plan, ${found} made rows`,
  );
});

test(`parse(print(pipeline)) = pipeline (seed ${seed})`, () => {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'span' ? undefined : part)));
  for (const sample of fc.sample(pipeline, { seed: seed + 2, numRuns: 2000 })) {
    const text = printPipeline(sample);
    assert.deepEqual(plain(parsePipeline(text)), plain(sample), `seed ${seed}: ${text}`);
  }
});

test('quantiles are near', () => {
  const numbered = Array.from({ length: 1000 }, (_, i) => ({ ...rows[0], message: 'n', attributes: { n: String(i + 1) }, resource: {} }));
  engine.load(numbered);
  for (const [name, expected] of [
    ['p50', 500],
    ['p90', 900],
    ['p99', 990],
    ['p99.9', 999],
  ] as const) {
    const plan = planOf(`| dedup n | stats ${name}(n)`);
    assert.ok(plan !== undefined);
    const [[value]] = byEngine(engine, 'indexed', plan) as number[][];
    assert.ok(Math.abs(value - expected) < 5, `${name}: ${value}`);
    const [[exact]] = inMemory(numbered, plan) as number[][];
    assert.ok(Math.abs(exact - expected) <= 1, `${name}: ${exact} in memory`);
  }
});
