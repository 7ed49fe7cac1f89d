/** The engine skips granules by the indexes of text-index.ts for every kind of condition that they are made for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compileNameProbes, compileSql } from '#language/compile-sql.ts';
import { parseQuery } from '#language/parser.ts';
import { EngineTables } from './engine-tables.ts';
import type { SampleRow } from './sample-rows.ts';

const rowCount = 1600;
const granules = rowCount / 16;

/** One line holds the rare texts, all others common ones. */
function line(row: number): SampleRow {
  const isRare = row === 800;
  return {
    service: 'common',
    host: 'common',
    environment: 'production',
    level: 9,
    skewed: false,
    traceId: isRare ? 'rare-trace' : `t${row}`,
    spanId: `s${row}`,
    message: isRare ? 'needle in Heuhaufen: größte Suche' : 'hay and straw lie in the größere Halle',
    attributes: isRare ? { user_id: 'u-123', order: 'needle-7' } : { user_id: `u-${row + 1000}`, order: 'hay' },
    resource: { region: 'eu-west-1' },
    tags: [],
  };
}

let engine: EngineTables;
before(() => {
  engine = new EngineTables();
  engine.load(Array.from({ length: rowCount }, (_, row) => line(row)));
});
after(() => engine.close());

/** Granules that are read after all indexes. */
function granulesRead(query: string): number {
  const { sql, params } = compileSql(parseQuery(query));
  const plan = engine.query(`EXPLAIN indexes = 1 SELECT count() FROM language.indexed WHERE ${sql}`, params);
  const counts = [...plan.matchAll(/Granules: (\d+)\/(\d+)/g)];
  assert.ok(counts.length > 0, plan);
  return Number(counts[counts.length - 1][1]);
}

for (const query of [
  'needle',
  '"needle in"',
  'needl*',
  'nee*',
  'ne*',
  '"needle in heu"*',
  'grosste',
  '"grosste suche"',
  'message:needle',
  'u-123',
  'needle-7',
  'rare-trace',
  'user_id:u-123',
  'metadata.user_id:u-123',
  'user_id:(u-123 OR u-124)',
  'trace_id:rare-trace',
  'absent OR "needle in"',
]) {
  test(`${query} reads one granule of ${granules}`, () => {
    const { sql, params } = compileSql(parseQuery(query));
    assert.deepEqual(engine.select('indexed', { sql, params }), [800]);
    assert.ok(granulesRead(query) <= 2, `${granulesRead(query)} of ${granules} granules`);
  });
}

test('the probe for names is answered by indexes', () => {
  const probe = compileNameProbes(parseQuery('hay OR (straw -needle)'));
  assert.ok(probe !== undefined);
  assert.deepEqual(probe.words, ['hay', 'straw', 'needle']);
  const plan = engine.query(`EXPLAIN indexes = 1 SELECT count() FROM language.indexed WHERE ${probe.condition}`, probe.params);
  const counts = [...plan.matchAll(/Granules: (\d+)\/100/g)];
  assert.ok(Number(counts.at(-1)?.[1]) <= 5, plan);
});

test('the count reads all granules without an index', () => {
  assert.equal(granulesRead('level:INFO'), granules);
});
