import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EngineTables, tableNames } from './engine-tables.ts';
import { computedCases, storedCases } from './golden.ts';
import { goldenRows } from './golden-rows.ts';

describe('golden cases', () => {
  let engine: EngineTables;
  before(() => {
    engine = new EngineTables();
    engine.load(goldenRows);
  });
  after(() => engine.close());

  test('parser, printer, SQL compiler and matcher give what is stored', () => {
    assert.deepEqual(computedCases(), storedCases());
  });

  for (const golden of storedCases()) {
    test(`the engine selects the stored rows for ${JSON.stringify(golden.query)}`, () => {
      for (const table of tableNames) assert.deepEqual(engine.select(table, golden), golden.rows, table);
    });
  }
});
