import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ceiling } from './ceiling.ts';
import { Latencies } from './harness/latencies.ts';
import { judge, printReport, rounded } from './report.ts';
import type { Goal } from './scenario.ts';

const ceiling: Ceiling = { lines: 1000, linesPerSecond: 400_000, insertCpuSeconds: 2, restCpuSeconds: 3, bytesPerLine: 80 };
const rate: Goal = { id: 'a.rate', title: 'rate', unit: 'lines/s', limit: 0.45, direction: 'at_least', relativeTo: 'linesPerSecond' };
const delay: Goal = { id: 'a.delay', title: 'delay', unit: 'ms', limit: 5, direction: 'at_most' };
const result = (goal: string, value: number) => ({ measurements: [{ goal, value }], wrong: [], details: {} });

const judged: readonly (readonly [goal: Goal, value: number, reached: boolean])[] = [
  [rate, 180_000, true],
  [rate, 179_999, false],
  [delay, 5, true],
  [delay, 5.01, false],
  [delay, Number.NaN, false],
];

for (const [goal, value, reached] of judged) {
  test(`${goal.id} ${value}: ${reached ? 'reached' : 'missed'}`, () => {
    assert.equal(judge([rate, delay], result(goal.id, value), ceiling)[0].reached, reached);
  });
}

test('a ratio without a ceiling, and a measurement without a goal, are refused', () => {
  assert.throws(() => judge([rate], result('a.rate', 1), undefined));
  assert.throws(() => judge([rate], result('b', 1), ceiling));
});

test('the table names what was measured, missed, wrong and not run', () => {
  const rows = judge(
    [rate, delay],
    {
      measurements: [
        { goal: 'a.rate', value: 200_000 },
        { goal: 'a.delay', value: 7.123 },
      ],
      wrong: [],
      details: {},
    },
    ceiling,
  );
  const text = printReport({
    startedAt: '',
    machine: {},
    options: {},
    ceiling,
    scenarios: [
      { name: 'a', rows, wrong: ['1 instead of 2'], details: {}, tookMs: 1, otherLoadCores: 1.5 },
      { name: 'b', rows: [], wrong: [], details: {}, tookMs: 1, otherLoadCores: 0, failure: 'no server' },
    ],
  });
  assert.match(text, /rate +200,000 lines\/s +0\.50 × +≥ 0\.45 × ceiling +reached/);
  assert.match(text, /delay +7\.12 ms +≤ 5 ms +MISSED/);
  assert.match(text, /disturbed.*: a \(1\.5 cores\)$/m);
  assert.match(text, /WRONG {2}a: 1 instead of 2/);
  assert.match(text, /b could not be measured: no server/);
});

test('numbers are rounded to what they are worth', () => {
  assert.deepEqual([0.12345, 7.5, 99.99, 1234567.8, Number.NaN].map(rounded), ['0.123', '7.5', '100', '1,234,568', '-']);
});

test('percentiles are exact', () => {
  const latencies = new Latencies();
  for (let value = 100; value >= 1; value--) latencies.add(value);
  assert.deepEqual(
    [1, 50, 99, 100].map((percent) => latencies.percentile(percent)),
    [1, 50, 99, 100],
  );
  latencies.add(1000);
  assert.equal(latencies.percentile(100), 1000);
  assert.ok(Number.isNaN(new Latencies().percentile(50)));
});
