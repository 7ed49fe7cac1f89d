/** SQL in every position of a query: nothing of it reaches the SQL text, and the engine answers as for any other text. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { compileMatcher } from '#language/compile-matcher.ts';
import { compileFieldNumber, compileFieldValue, compileSql } from '#language/compile-sql.ts';
import { parseFilters } from '#language/filters.ts';
import { parseQuery } from '#language/parser.ts';
import { EngineTables, tableNames } from './engine-tables.ts';
import { injectionCorpus as corpus } from './injection-corpus.ts';
import { batchViewOf } from './sample-rows.ts';
import type { QueryNode } from '#language/ast.ts';
import type { SampleRow } from './sample-rows.ts';

const lineWith = (text: string): SampleRow => ({
  service: text,
  host: '',
  environment: '',
  level: 9,
  skewed: false,
  traceId: '',
  spanId: '',
  message: text,
  attributes: { [text]: text },
  resource: { [text]: text },
  tags: [text],
});
const ordinary = lineWith('ordinary');

let engine: EngineTables;
before(() => {
  engine = new EngineTables();
  engine.load([ordinary, ...corpus.map((text) => lineWith(text.toWellFormed()))]);
});
after(() => engine.close());

/** An expression that finds exactly the text. */
function literalPattern(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '\\$&');
}

/** Every position in which a text from outside can stand. */
function nodesWith(text: string): QueryNode[] {
  return [
    { kind: 'word', text },
    { kind: 'phrase', text },
    { kind: 'prefix', text },
    ...['service', 'trace_id', 'tags', 'message', 'x', 'metadata.x', 'resource.x'].flatMap((field): QueryNode[] => [
      { kind: 'field-equals', field, values: [text, 'other'] },
      { kind: 'field-prefix', field, prefix: text },
      { kind: 'field-wildcard', field, pieces: ['', text, ''] },
      { kind: 'field-regex', field, pattern: literalPattern(text) },
    ]),
    { kind: 'wildcard', pieces: ['', text, ''] },
    { kind: 'regex', pattern: literalPattern(text) },
    { kind: 'field-compare', field: 'service', operator: '>=', value: text },
    { kind: 'field-range', field: 'x', from: { value: text, included: true }, to: { value: `${text}z`, included: false } },
    ...[text, `metadata.${text}`, `resource.${text}`].flatMap((field): QueryNode[] => [
      { kind: 'field-equals', field, values: [text] },
      { kind: 'field-prefix', field, prefix: 'a' },
      { kind: 'field-exists', field },
    ]),
  ];
}

test('values and names in every position stay values', () => {
  const view = batchViewOf([ordinary, ...corpus.map((text) => lineWith(text.toWellFormed()))]);
  const templates = new Map<string, string>();
  const harmless = nodesWith('harmless');
  for (const text of corpus.map((entry) => entry.toWellFormed())) {
    nodesWith(text).forEach((node, place) => {
      const compiled = compileSql(node);
      const harmlessSql = compileSql(harmless[place]).sql;
      // as a field "message" names the column
      if (text !== 'message') assert.ok(!compiled.sql.includes(text) || harmlessSql.includes(text), compiled.sql);
      templates.set(compiled.sql, `${place}`);
      const matched = [...compileMatcher(node).match(view).rows()];
      // a part without indexes runs the same code as the Memory table
      for (const table of ['memory', 'indexed'] as const)
        assert.deepEqual(engine.select(table, compiled), matched, `${table}: ${JSON.stringify(node)}`);
    });
  }
  // the SQL text depends on the shape of a query alone
  assert.ok(templates.size < 80, `${templates.size} SQL texts`);
});

test('fields to group by and to compute with', () => {
  for (const text of corpus.map((entry) => entry.toWellFormed())) {
    for (const field of [text, `metadata.${text}`, `resource.${text}`]) {
      const value = compileFieldValue(field);
      const number = compileFieldNumber(field);
      for (const table of tableNames) {
        engine.query(`SELECT ${value.sql} AS v, count() FROM language.${table} GROUP BY v`, value.params);
        engine.query(`SELECT sum(${number.sql}) FROM language.${table}`, number.params);
      }
    }
  }
});

test('as query text and as filters', () => {
  for (const text of corpus) {
    for (const make of [
      () => parseQuery(text),
      () => parseQuery(`service:${text}`),
      () => parseQuery(`${text}:x`),
      () => parseQuery(`/${text}/ *${text}*`),
      () => parseQuery(`x:[${text} TO "${text}"]`),
      () => parseQuery(`ip:(>${text} OR ${text}/8)`),
      () => parseFilters({ [text]: text }),
      () => parseFilters({ service: [text] }),
    ]) {
      try {
        engine.select('memory', compileSql(make()));
      } catch (error) {
        assert.ok(error instanceof AppError, `${JSON.stringify(text)}: ${error}`);
      }
    }
  }
});

test('the tables are still there', () => {
  for (const table of tableNames) assert.equal(engine.query(`SELECT count() FROM language.${table}`).trim(), String(corpus.length + 1));
});
