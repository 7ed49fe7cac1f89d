import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chiSquareTail, likelihoodRatio, tellingDifferences } from './compare.ts';

// Values of R: `2 * sum(O * log(O / E))`, `pchisq(x, 1, lower.tail = FALSE)`.
for (const [x, tail] of [
  [0, 1],
  [1, 0.3173105],
  [3.841459, 0.05],
  [6.634897, 0.01],
  [10.82757, 0.001],
] as const) {
  test(`the tail behind ${x} is ${tail}`, () => assert.ok(Math.abs(chiSquareTail(x) - tail) < 2e-7));
}

test('the likelihood ratio of a table', () => {
  assert.ok(Math.abs(likelihoodRatio(30, 100, 10, 100) - 12.97151) < 0.0001, `${likelihoodRatio(30, 100, 10, 100)}`);
  assert.equal(likelihoodRatio(10, 100, 100, 1000), 0);
  assert.ok(likelihoodRatio(100, 100, 0, 900) > 600);
});

test('the ratio is never negative and never no number, whatever the table', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000), (a, restA, b, restB) => {
      fc.pre(a + restA > 0 && b + restB > 0);
      const ratio = likelihoodRatio(a, a + restA, b, b + restB);
      assert.ok(ratio >= 0 && Number.isFinite(ratio));
      const tail = chiSquareTail(ratio);
      assert.ok(tail >= 0 && tail <= 1.000001);
    }),
  );
});

const difference = (key: string, selectionLines: number, baselineLines: number, value?: string) =>
  ({ source: 'attribute', key, selectionLines, baselineLines, ...(value === undefined ? {} : { value }) }) as const;

test('what is more frequent beyond chance is told, the most significant first', () => {
  const found = tellingDifferences(
    [
      difference('region', 50, 500, 'eu'),
      difference('version', 95, 20, '2.0'),
      difference('version', 5, 980, '1.0'),
      difference('code', 40, 0, 'E42'),
      difference('code', 40, 0),
      difference('luck', 3, 20, '7'),
    ],
    100,
    1000,
  );
  assert.deepEqual(
    found.map(({ field, value, lift }) => [field, value, lift]),
    [
      ['version', '2.0', 47.5],
      ['code', 'E42', undefined],
      ['code', undefined, undefined],
    ],
  );
});

test('of nothing there is no difference', () => {
  assert.deepEqual(tellingDifferences([difference('a', 5, 0)], 0, 10), []);
  assert.deepEqual(tellingDifferences([difference('a', 5, 0)], 5, 0), []);
});
