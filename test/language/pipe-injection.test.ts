/** SQL in every position of a pipeline: nothing of it reaches the SQL text, and the engine makes the table that memory makes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { compilePipes, parsePipeline, planPipeline, printPipeline } from '#language/pipes.ts';
import { EngineTables, tableNames } from './engine-tables.ts';
import { injectionCorpus } from './injection-corpus.ts';
import { byEngine, inMemory, sourceOf } from './pipe-tables.ts';
import { sampleNowMs } from './sample-rows.ts';
import type { Pipeline, PipePlan, Stage } from '#language/pipes.ts';
import type { SampleRow } from './sample-rows.ts';

const corpus = injectionCorpus.map((text) => text.toWellFormed());

const lineWith = (text: string): SampleRow => ({
  service: text,
  host: '',
  environment: '',
  level: 9,
  skewed: false,
  traceId: '',
  spanId: '',
  message: `before ${text} behind`,
  attributes: { [text]: text, x: text },
  resource: {},
  tags: [],
});
const rows = [lineWith('ordinary'), ...corpus.map(lineWith)];

let engine: EngineTables;
before(() => {
  engine = new EngineTables();
  engine.load(rows);
});
after(() => engine.close());

const all = { kind: 'all' } as const;

/** Every position in which a text from outside can stand. */
function pipelinesWith(text: string): Pipeline[] {
  const column = { name: text };
  const where = (field: string): Stage => ({ kind: 'where', condition: { kind: 'field-equals', field, values: [text] } });
  const parse: Stage = { kind: 'parse', texts: ['before ', text, ''], places: [{ name: text }, { name: 'rest' }] };
  return [
    [where(text)],
    [{ kind: 'fields', columns: [column] }],
    [
      { kind: 'sort', keys: [{ column, order: 'desc' }] },
      { kind: 'limit', count: 5 },
    ],
    [{ kind: 'dedup', columns: [column] }],
    [{ kind: 'parse', texts: ['before ', ' behind'], places: [column] }, where(text)],
    [parse, where('rest'), { kind: 'dedup', columns: [column] }],
    [
      {
        kind: 'stats',
        aggregates: [{ function: 'max', field: column, as: text }, { function: 'count' }],
        by: [{ kind: 'field', column: { name: 'x' } }],
      },
      where('x'),
    ],
    [
      { kind: 'stats', aggregates: [{ function: 'last', field: { name: 'x' }, as: text }], by: [{ kind: 'field', column, as: 'g' }] },
      where(text),
    ],
    [{ kind: 'top', count: 3, columns: [column] }],
    [
      {
        kind: 'rate',
        by: [
          { kind: 'field', column, as: 'other' },
          { kind: 'bin', intervalMs: 1000, as: text === 'other' ? 'time' : text },
        ],
      },
    ],
  ].map((stages): Pipeline => ({ query: all, stages: stages as Stage[] }));
}

const planOf = (pipeline: Pipeline): PipePlan => planPipeline(pipeline, { text: printPipeline(pipeline), nowMs: sampleNowMs });

test('values and names in every position stay values', () => {
  const sqlOf = (pipeline: Pipeline): string => compilePipes(planOf(pipeline), sourceOf('lines', '1'), 10).sql;
  const harmless = pipelinesWith('harmless').map(sqlOf);
  for (const [number, text] of corpus.entries()) {
    pipelinesWith(text).forEach((pipeline, place) => {
      const sql = sqlOf(pipeline);
      // as a field "message" names the column; short texts are part of any SQL
      if (text !== 'message') assert.ok(!sql.includes(text) || harmless[place].includes(text), `${text}: ${sql}`);
      // each text in every other position: the engine takes its time
      if ((place + number) % 2 === 0) return;
      const plan = planOf(pipeline);
      assert.deepEqual(byEngine(engine, tableNames[place % tableNames.length], plan), inMemory(rows, plan), printPipeline(pipeline));
    });
  }
});

test('as text of a query', () => {
  for (const text of injectionCorpus) {
    for (const query of [
      `| ${text}`,
      `| stats count() by ${text}`,
      `| stats max(${text}) as ${text}`,
      `| parse "<a> ${text}" | where a:${text}`,
      `| sort ${text}`,
      `| limit ${text}`,
    ]) {
      try {
        byEngine(engine, 'memory', planPipeline(parsePipeline(query), { text: query, nowMs: sampleNowMs }));
      } catch (error) {
        assert.ok(error instanceof AppError, `${JSON.stringify(query)}: ${String(error)}`);
      }
    }
  }
});

test('the tables are still there', () => {
  for (const table of tableNames) assert.equal(engine.query(`SELECT count() FROM language.${table}`).trim(), String(rows.length));
});
