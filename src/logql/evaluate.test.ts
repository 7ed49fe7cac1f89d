import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricExpression, RangeOperation } from './ast.ts';
import { evaluate } from './evaluate.ts';
import type { LabelNeeds } from './evaluate.ts';
import { parseLogQl } from './parser.ts';
import { aggregateSamples } from './range-functions.ts';
import type { Grid, Result, Series } from './series.ts';

const grid: Grid = { startNs: 0n, stepNs: 1_000_000_000n, steps: 2 };

/** Series that a range aggregation of the selector `{s="…"}` answers. */
const ranges: Readonly<Record<string, readonly Series[]>> = {
  a: [series('app=x,pod=1', 1, 10), series('app=x,pod=2', 3, undefined), series('app=y,pod=3', 5, 20)],
  b: [series('app=x', 2, 4), series('app=z', 7, 8)],
  none: [],
};

function series(labels: string, ...values: (number | undefined)[]): Series {
  return {
    labels: new Map(
      labels
        .split(',')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    ),
    values,
  };
}

const read = (expression: MetricExpression & { kind: 'range' }): Promise<readonly Series[]> =>
  Promise.resolve(ranges[expression.log.matchers[0].value]);

async function run(query: string): Promise<string[] | number> {
  const text = query.replaceAll(/\b(a|b|none)\b(?![(="])/g, 'rate({s="$1"}[1s])');
  const result: Result = await evaluate(parseLogQl(text) as MetricExpression, grid, read);
  if (result.kind === 'scalar') return result.value;
  return result.series.map(
    ({ labels, values }) => `${[...labels].map((pair) => pair.join('=')).join(',')} ${values.map((value) => value ?? '-').join(' ')}`,
  );
}

const cases: readonly (readonly [string, string[] | number])[] = [
  ['1 + 2 * 3', 7],
  ['2 ^ 3 ^ 0', 2],
  ['5 % 3 - -1', 3],
  ['1 > bool 2', 0],
  ['1 / 0', Number.NaN],
  ['vector(2) * 3', [' 6 6']],
  ['sum(a)', [' 9 30']],
  ['sum by (app) (a)', ['app=x 4 10', 'app=y 5 20']],
  ['sum without (pod) (a)', ['app=x 4 10', 'app=y 5 20']],
  ['avg by (app) (a)', ['app=x 2 10', 'app=y 5 20']],
  ['min(a)', [' 1 10']],
  ['max(a)', [' 5 20']],
  ['count(a)', [' 3 2']],
  ['stdvar(a)', [' 2.6666666666666665 25']],
  ['stddev(b)', [' 2.5 2']],
  ['sum(none)', []],
  ['topk(1, a)', ['app=y,pod=3 5 20']],
  ['topk(2, a)', ['app=x,pod=1 - 10', 'app=x,pod=2 3 -', 'app=y,pod=3 5 20']],
  ['bottomk(1, a)', ['app=x,pod=1 1 10']],
  ['topk by (app) (1, a)', ['app=x,pod=1 - 10', 'app=x,pod=2 3 -', 'app=y,pod=3 5 20']],
  ['a > 3', ['app=x,pod=1 - 10', 'app=y,pod=3 5 20']],
  ['3 < a', ['app=x,pod=1 - 10', 'app=y,pod=3 5 20']],
  ['b > bool 4', ['app=x 0 0', 'app=z 1 1']],
  ['sum by (app) (a) + b', ['app=x 6 14']],
  ['sum by (app) (a) / on (app) b', ['app=x 2 2.5']],
  ['a * on (app) group_left b', ['app=x,pod=1 2 40', 'app=x,pod=2 6 -']],
  ['b - on (app) group_right a', ['app=x,pod=1 1 -6', 'app=x,pod=2 -1 -']],
  ['b and sum by (app) (a)', ['app=x 2 4']],
  ['b unless sum by (app) (a)', ['app=z 7 8']],
  ['sum by (app) (a) or b', ['app=x 4 10', 'app=y 5 20', 'app=z 7 8']],
  ['a and on (app) b', ['app=x,pod=1 1 10', 'app=x,pod=2 3 -']],
  ['none or vector(0)', [' 0 0']],
  ['label_replace(b, "copy", "<$1>", "app", "(.).*")', ['app=x,copy=<x> 2 4', 'app=z,copy=<z> 7 8']],
  ['label_replace(b, "app", "", "app", "x")', [' 2 4', 'app=z 7 8']],
];

for (const [query, expected] of cases) test(query, async () => assert.deepEqual(await run(query), expected));

test('what cannot be matched is refused', async () => {
  await assert.rejects(run('a + a'.replace('a + a', 'sum by (pod) (a) + on (app) b')), /found duplicate series/);
  await assert.rejects(run('b and 1'), /unexpected literal for right leg of logical\/set binary operation \(and\)/);
});

test('a sum asks for no more labels than it keeps', async () => {
  const asked: (readonly string[] | undefined)[] = [];
  const note = async (_: unknown, { only, named }: LabelNeeds): Promise<Series[]> => {
    asked.push(only, [...named]);
    return [];
  };
  const ask = (query: string): Promise<Result> => evaluate(parseLogQl(query) as MetricExpression, grid, note);
  await ask('sum by (app) (count_over_time({s="a"}[1m]))');
  await ask('sum without (app) (rate({s="a"}[1m]))');
  await ask('max by (pod) (rate({s="a"}[1m]))');
  await ask('sum(avg_over_time({s="a"} | unwrap x [1m]))');
  await ask('sum(topk(2, rate({s="a"}[1m])))');
  assert.deepEqual(asked, [['app'], ['app'], undefined, ['app'], undefined, ['pod'], undefined, [], undefined, []]);
});

/** Samples at seconds 1 to 5. */
const samples = { timesNs: [1n, 2n, 3n, 4n, 5n].map((second) => second * 1_000_000_000n), values: [4, 1, 3, 9, 3] };
const windows: readonly (readonly [RangeOperation, number])[] = [
  ['sum_over_time', 15],
  ['count_over_time', 15],
  ['rate', 5],
  ['avg_over_time', 5],
  ['min_over_time', 3],
  ['max_over_time', 9],
  ['first_over_time', 3],
  ['last_over_time', 3],
  ['stdvar_over_time', 8],
  ['stddev_over_time', Math.sqrt(8)],
  ['quantile_over_time', 3],
  ['absent_over_time', 1],
];
for (const [operation, expected] of windows) {
  test(`${operation} of a window of three samples`, () => {
    const at: Grid = { startNs: 5_000_000_000n, stepNs: 1n, steps: 1 };
    assert.deepEqual(aggregateSamples(samples, { operation, parameter: 0.5, rangeMs: 3000, offsetMs: 0 }, at), [expected]);
  });
}

test('a counter grows over its resets', () => {
  const at: Grid = { startNs: 60_000_000_000n, stepNs: 1n, steps: 1 };
  const counter = { timesNs: [0n, 20n, 40n, 60n].map((second) => second * 1_000_000_000n + 1n), values: [10, 30, 5, 25] };
  const [value] = aggregateSamples(
    { ...counter, timesNs: counter.timesNs.map((ns) => ns - 1n) },
    { operation: 'rate_counter', rangeMs: 120_000, offsetMs: 0 },
    at,
  );
  // 20 + 5 + 20 in 60 s, and as much before as the counter could have grown since zero
  assert.equal(value, (45 * ((60 + 60 * (10 / 45)) / 60)) / 120);
});

test('each window has the samples of (t - range, t], whatever step, range and offset', () => {
  const steps = fc.record({
    step: fc.integer({ min: 1, max: 20 }),
    range: fc.integer({ min: 1, max: 60 }),
    offset: fc.integer({ min: -10, max: 10 }),
    count: fc.integer({ min: 1, max: 10 }),
  });
  const times = fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 40 }).map((seconds) => seconds.sort((a, b) => a - b));
  fc.assert(
    fc.property(times, steps, (seconds, { step, range, offset, count }) => {
      const found = aggregateSamples(
        { timesNs: seconds.map((second) => BigInt(second) * 1_000_000_000n), values: seconds.map(() => 1) },
        { operation: 'count_over_time', rangeMs: range * 1000, offsetMs: offset * 1000 },
        { startNs: 0n, stepNs: BigInt(step) * 1_000_000_000n, steps: count },
      );
      const expected = Array.from({ length: count }, (_, index) => {
        const at = index * step - offset;
        return seconds.filter((second) => second > at - range && second <= at).length || undefined;
      });
      assert.deepEqual(found, expected);
    }),
  );
});
