import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileMatcher } from '#language/compile-matcher.ts';
import { parseQuery } from '#language/parser.ts';
import { lineText } from '#language/line-values.ts';
import { lineOfRow } from '#model/native-block.ts';
import { batchOf, startMs } from './evaluator.test-support.ts';
import { BatchFields } from './line-fields.ts';
import { needsOf } from './query-needs.ts';
import { RuleIndex } from './rule-index.ts';
import type { IndexedInput } from './rule-index.ts';

const queries = [
  '*',
  'service:a',
  'service:(a OR b)',
  'service:a OR service:c',
  'service:a service:b',
  'service:a level:ERROR',
  'level>=WARN',
  'level:INFO level>=ERROR',
  'service:a failed',
  'service:b failed',
  'service:(a OR c) failed',
  'service:a NOT failed',
  'NOT service:a',
  'service:a OR failed',
  'service:* timeout',
  'service:b level>=WARN region:eu host:h1',
  'region:eu',
  'fail*',
  'service:c /time.*again/',
  'service:c "timeout again" latency:>20',
  'service:""',
] as const;

const line = fc.record({
  atMs: fc.constant(startMs),
  service: fc.constantFrom('', 'a', 'b', 'c', 'd'),
  host: fc.constantFrom('h1', 'h2'),
  level: fc.constantFrom(0, 9, 13, 17),
  message: fc.constantFrom('all well', 'request failed', 'timeout again'),
  attributes: fc.record({ region: fc.constantFrom('eu', 'us'), latency: fc.constantFrom('5', '50', 'x') }),
});

test('the index finds the rows that each query selects, whatever others there are, and were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { minLength: 1, maxLength: 70 }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom(...queries), { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(29)),
      (batches, wanted, removed) => {
        const index = new RuleIndex<number>();
        const inputs = wanted.map((query, i): IndexedInput<number> => index.add(parseQuery(query), i));
        const gone = new Set(removed.filter((i) => i < wanted.length));
        for (const i of gone) index.remove(inputs[i]);
        for (const lines of batches) {
          const view = batchOf(lines, startMs);
          const found = new Map<number, number[]>();
          index.match(view, (target, rows) => {
            assert.ok(!found.has(target) && rows.length > 0, 'once a batch, and never with nothing');
            found.set(target, [...rows]);
          });
          wanted.forEach((query, i) => {
            const expected = gone.has(i) ? [] : [...compileMatcher(parseQuery(query)).match(view).rows()];
            assert.deepEqual(found.get(i) ?? [], expected, query);
          });
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('more queries of services than one matcher takes', () => {
  const index = new RuleIndex<number>();
  const lines = Array.from({ length: 100 }, (_, i) => ({ atMs: startMs, service: `s${i}`, message: `word${i} and more` }));
  const inputs = lines.map((_, i) => index.add(parseQuery(`service:s${i} word${i}`), i));
  const found: number[] = [];
  index.match(batchOf(lines, startMs), (target, rows) => found.push(target, ...rows));
  assert.deepEqual(
    found,
    lines.flatMap((_, i) => [i, i]),
  );
  for (const input of inputs) index.remove(input);
  index.match(batchOf(lines, startMs), () => assert.fail('nothing is left'));
});

test('what a query needs: services, levels, the rest', () => {
  const cases: readonly [string, readonly string[] | undefined, number, number, boolean][] = [
    ['*', undefined, 0, 255, false],
    ['service:a', ['a'], 0, 255, false],
    ['service.name:a AND service:(b OR a)', ['a'], 0, 255, false],
    ['(service:a OR service:b) level>=ERROR', ['a', 'b'], 17, 24, false],
    ['level>=WARN level:<=ERROR', undefined, 13, 20, false],
    ['service:a OR level:ERROR', undefined, 0, 255, true],
    ['NOT service:a', undefined, 0, 255, true],
    ['service:pay*', undefined, 0, 255, true],
    ['service:a timeout', ['a'], 0, 255, true],
  ];
  for (const [query, services, from, to, hasRest] of cases) {
    const { rest, ...needs } = needsOf(parseQuery(query));
    assert.deepEqual(needs, { services, fromLevel: from, toLevel: to }, query);
    assert.equal(rest !== undefined, hasRest, query);
  }
});

test('fields of a batch read as fields of its lines', () => {
  const names = [
    ...['service', 'host', 'env', 'level', 'message', 'timestamp', 'trace_id', 'tags', 'skewed', '@line'],
    ...['region', 'meta.region', 'attributes.latency', 'resource.region', 'none', 'constructor', '__proto__'],
  ];
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), (lines) => {
      const view = batchOf(lines, startMs);
      const fields = new BatchFields(view, new Map());
      lines.forEach((_, row) => {
        for (const name of names) assert.equal(fields.text(row, name), lineText(lineOfRow(view, row), name), name);
      });
    }),
  );
});

test('numbers of fields', () => {
  const cases: readonly [string, number][] = [
    ['5', 5],
    ['0', 0],
    ['-7', -7],
    ['+7', 7],
    ['2.5', 2.5],
    ['2.', 2],
    ['.5', 0.5],
    ['1e3', 1000],
    ['123456789012345678', 123456789012345680],
    ['0.1234567890123456', 0.1234567890123456],
    ['', Number.NaN],
    ['x', Number.NaN],
    ['1.2.3', Number.NaN],
    ['5ms', Number.NaN],
    [' 5', Number.NaN],
    ['Infinity', Number.NaN],
    ['0x10', Number.NaN],
    ['9'.repeat(400), Number.NaN],
  ];
  const view = batchOf(
    cases.map(([n]) => ({ atMs: startMs, attributes: { n } })),
    startMs,
  );
  const fields = new BatchFields(view, new Map());
  cases.forEach(([text, value], row) => {
    assert.equal(fields.number(row, 'n'), value, text);
    assert.equal(fields.number(row, 'attributes.n'), value, text);
  });
  assert.equal(fields.number(0, 'none'), Number.NaN);
  assert.equal(fields.number(0, 'service'), Number.NaN);
});
