import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '#language/parser.ts';
import { bytesOfSeries, joinSeries, matchingSeries, placesWithin, readSeries, weightAt } from './rollup-series.ts';
import type { RollupSeries } from './rollup-series.ts';
import { encodeSeries } from './rollup-series.test-support.ts';
import type { MinuteCount } from './rollup-series.test-support.ts';

const seriesOf = (counts: readonly MinuteCount[]): RollupSeries[] => readSeries(encodeSeries(counts));

/** `service environment level minute` → lines and weight. */
function tally(counts: readonly MinuteCount[]): Map<string, readonly [number, number]> {
  const sums = new Map<string, readonly [number, number]>();
  for (const { service, environment, level, minute, lines, weight } of counts) {
    const name = JSON.stringify([service, environment, level, minute]);
    const [linesBefore, weightBefore] = sums.get(name) ?? [0, 0];
    sums.set(name, [linesBefore + lines, weightBefore + weight]);
  }
  return sums;
}

const told = (series: readonly RollupSeries[]): Map<string, readonly [number, number]> =>
  new Map(
    series.flatMap((one) =>
      [...one.minutes].map((minute, index) => [
        JSON.stringify([one.service, one.environment, one.level, minute]),
        [one.lines[index], weightAt(one, index)] as const,
      ]),
    ),
  );

/** Weights are eighths, so that sums are exact in any order. */
const counts = fc.array(
  fc
    .record({
      service: fc.constantFrom('', 'api', 'größe', '支付'),
      environment: fc.constantFrom('', 'prod'),
      level: fc.constantFrom(0, 9, 17, 24),
      minute: fc.integer({ min: 0, max: 71_582_787 }),
      lines: fc.integer({ min: 1, max: 1_000_000 }),
      sampled: fc.boolean(),
    })
    .map(({ sampled, ...count }): MinuteCount => ({ ...count, weight: sampled ? count.lines * 8 : count.lines })),
  { maxLength: 60 },
);

test('what is read and joined are the sums of all that was told', () => {
  fc.assert(
    fc.property(fc.array(counts, { maxLength: 4 }), (generations) => {
      const joined = generations.map(seriesOf).reduce(joinSeries, []);
      assert.deepEqual(told(joined), tally(generations.flat()));
      for (const { minutes } of joined) assert.ok(minutes.every((minute, index) => index === 0 || minute > minutes[index - 1]));
    }),
  );
});

test('what was there before a join stays as it was', () => {
  const before = seriesOf([{ service: 'api', environment: '', level: 9, minute: 5, lines: 2, weight: 2 }]);
  joinSeries(before, seriesOf([{ service: 'api', environment: '', level: 9, minute: 5, lines: 1, weight: 4 }]));
  assert.deepEqual([...before[0].lines], [2]);
  assert.equal(before[0].weights, undefined);
});

test('weights take room only where a line weighs other than 1', () => {
  const minute = { service: 'api', environment: '', level: 9, lines: 3 };
  const plain = seriesOf(Array.from({ length: 100 }, (_, index) => ({ ...minute, minute: index, weight: 3 })));
  const sampled = seriesOf(Array.from({ length: 100 }, (_, index) => ({ ...minute, minute: index, weight: index === 7 ? 6 : 3 })));
  assert.deepEqual([plain[0].weights, sampled[0].weights?.[7]], [undefined, 6]);
  assert.equal(bytesOfSeries(sampled) - bytesOfSeries(plain), 800);
});

test('the places of minutes', () => {
  const [series] = seriesOf([3, 5, 9].map((minute) => ({ service: '', environment: '', level: 0, minute, lines: 1, weight: 1 })));
  for (const [first, end, expected] of [
    [0, 3, [0, 0]],
    [3, 4, [0, 1]],
    [4, 9, [1, 2]],
    [5, 10, [1, 3]],
    [10, 20, [3, 3]],
  ] as [number, number, [number, number]][])
    assert.deepEqual(placesWithin(series, first, end), expected);
});

const named = (service: string, environment: string, level: number): MinuteCount => ({
  service,
  environment,
  level,
  minute: 1,
  lines: 1,
  weight: 1,
});
const all = seriesOf([named('api', 'prod', 9), named('api', 'test', 17), named('pay', 'prod', 18), named('', '', 0)]);

for (const [query, expected] of [
  ['', ['api prod 9', 'api test 17', 'pay prod 18', '  0']],
  ['service:api', ['api prod 9', 'api test 17']],
  ['service:a* -environment:test', ['api prod 9']],
  ['level:ERROR', ['api test 17', 'pay prod 18']],
  ['level:ERROR OR service:(api OR other)', ['api prod 9', 'api test 17', 'pay prod 18']],
  ['-service:*', ['  0']],
  ['service:/^p/', ['pay prod 18']],
  ['level:>=WARN environment:prod', ['pay prod 18']],
  ['service:absent', []],
] as [string, string[]][])
  test(`series of ${query === '' ? 'all lines' : query}`, () => {
    const found = matchingSeries(all, parseQuery(query)).map(({ service, environment, level }) => `${service} ${environment} ${level}`);
    assert.deepEqual(found.sort(), expected.toSorted());
  });
