import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { compileFieldNumber, compileFieldValue, compileNameProbes, compileSql } from './compile-sql.ts';
import { parseQuery } from './parser.ts';
import { logIndexes, messageSearchExpression as text } from './text-index.ts';

/** Query, SQL, values of p0, p1 … The golden cases in test/language have many more. */
const compiled: readonly (readonly [string, string, readonly (string | number)[]])[] = [
  ['', '1', []],
  ['level:ERROR', '(level BETWEEN {p0:UInt8} AND {p1:UInt8})', [17, 20]],
  ['level>=WARN', '(level >= {p0:UInt8})', [13]],
  ['level>FATAL', '0', []],
  ['service:a -host:b*', '((service = {p0:String}) AND NOT startsWith(host, {p1:String}))', ['a', 'b']],
  ['"Card  Declined!"', `hasPhrase(${text}, {p0:String})`, ['card declined']],
  ['pay*', `(${text} LIKE {p0:String} AND match(${text}, {p1:String}))`, ['%pay%', '(?:^|[\\x00-/:-@\\[-`{-\\x7f])pay']],
  [
    'metadata.x>5',
    'ifNull(toFloat64OrNull(attributes[{p0:String}]) > {p1:Float64} AND toFloat64OrNull(attributes[{p0:String}]) < inf, 0)',
    ['x', 5],
  ],
  ['service:[a TO b}', '(notEmpty(service) AND service >= {p0:String} AND service < {p1:String})', ['a', 'b']],
  [
    'ts:2025-03-01',
    '(ts >= fromUnixTimestamp64Nano({p0:Int64}) AND ts < fromUnixTimestamp64Nano({p1:Int64}))',
    ['1740787200000000000', '1740873600000000000'],
  ],
  ['metadata.x:""', '(mapContains(attributes, {p0:String}) AND (attributes[{p0:String}] = {p1:String}))', ['x', '']],
  [
    'TIMEOUT',
    `(hasToken(${text}, {p0:String}) OR has(mapValues(attributes), {p1:String}) OR (trace_id = {p1:String}) OR (span_id = {p1:String}) OR (service = {p1:String}) OR (host = {p1:String}))`,
    ['timeout', 'TIMEOUT'],
  ],
];

for (const [query, sql, values] of compiled) {
  test(`compiles ${JSON.stringify(query)}`, () => {
    assert.deepEqual(compileSql(parseQuery(query)), { sql, params: Object.fromEntries(values.map((value, i) => [`p${i}`, value])) });
  });
}

test('parameters take the prefix that is given', () => {
  assert.deepEqual(compileSql(parseQuery('service:a'), 'where_'), { sql: '(service = {where_0:String})', params: { where_0: 'a' } });
});

test('the probe for names holds the bare words, once each', () => {
  assert.deepEqual(compileNameProbes(parseQuery('a b -a (c OR pay*) "x y" service:z')), {
    words: ['a', 'b', 'c'],
    condition: `(${['trace_id', 'span_id', 'service', 'host'].map((column) => `${column} IN ({i0:String}, {i1:String}, {i2:String})`).join(' OR ')})`,
    params: { i0: 'a', i1: 'b', i2: 'c' },
  });
  assert.equal(compileNameProbes(parseQuery('"x y" level:ERROR')), undefined);
});

test('values of fields for grouping and computing', () => {
  assert.deepEqual(compileFieldValue('service.name'), { sql: 'service', params: {} });
  assert.deepEqual(compileFieldValue('meta.trace_id'), { sql: 'trace_id', params: {} });
  assert.deepEqual(compileFieldValue('metadata.user_id', 'g0_'), { sql: 'attributes[{g0_0:String}]', params: { g0_0: 'user_id' } });
  assert.equal(compileFieldValue('tenant').sql, 'if(notEmpty(attributes[{f0:String}]), attributes[{f0:String}], resource[{f0:String}])');
  assert.match(compileFieldNumber('metadata.latency_ms').sql, /^if\(isFinite\(toFloat64OrNull\(attributes\[\{n0:String\}\]\)\)/);
});

test('a hand-made node that asks for something that does not exist is refused', () => {
  for (const node of [
    { kind: 'field-equals', field: 'level', values: ['loud'] },
    { kind: 'field-prefix', field: 'level', prefix: 'ERR' },
    { kind: 'field-compare', field: 'latency_ms', operator: '>', value: 'now-5m' },
  ] as const) {
    assert.throws(
      () => compileSql(node),
      (error: AppError) => error.code === 'query_unsupported' && error.details.field === node.field,
    );
  }
});

test('every index has the name that its definition gives it', () => {
  for (const { name, ddl } of logIndexes) assert.ok(ddl.startsWith(`INDEX ${name} `), ddl);
});
