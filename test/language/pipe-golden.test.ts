import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineTables, tableNames } from './engine-tables.ts';
import { goldenRows } from './golden-rows.ts';
import { computedCases, planOf, storedCases } from './pipe-golden.ts';
import { byEngine } from './pipe-tables.ts';

describe('golden cases of pipes', () => {
  let engine: EngineTables;
  before(() => {
    engine = new EngineTables();
    engine.load(goldenRows);
  });
  after(() => engine.close());

  test('parser, printer, SQL compiler and evaluation in memory give what is stored', () => {
    assert.deepEqual(computedCases(), storedCases());
  });

  for (const { query, rows } of storedCases()) {
    test(`the engine makes the stored rows of ${JSON.stringify(query)}`, () => {
      for (const table of tableNames) assert.deepEqual(byEngine(engine, table, planOf(query)), rows, table);
    });
  }
});
