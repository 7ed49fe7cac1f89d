import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IsolationForest, meanPathLength } from './isolation-forest.ts';
import { seededRandom } from './seeded-random.ts';

const options = { trees: 100, sampleSize: 128, seed: 7 };

/** Points about the middle of a square, and what lies outside of it. */
function cloud(count: number, features: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * features }, () => random() + random() + random() - 1.5);
}

for (const [count, expected] of [
  [0, 0],
  [1, 0],
  [2, 1],
  // 2 H(n-1) - 2(n-1)/n with H(i) = ln(i) + Euler's constant, as the paper gives it
  [256, 2 * (Math.log(255) + 0.577_215_664_9) - (2 * 255) / 256],
] as const)
  test(`the mean path length of ${count} samples`, () => assert.ok(Math.abs(meanPathLength(count) - expected) < 1e-9));

test('what lies far out has a higher score than what lies inside', () => {
  const forest = new IsolationForest(cloud(256, 3, 1), 3, options);
  const inside = forest.score(Float32Array.of(0, 0, 0));
  const outside = forest.score(Float32Array.of(5, -5, 5));
  assert.ok(inside < 0.5 && outside > 0.65, `${inside} ${outside}`);
});

test('scores lie between 0 and 1, and are the same for the same seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.integer({ min: 1, max: 5 }), fc.integer(), (count, features, seed) => {
      const samples = cloud(count, features, seed);
      const [one, same] = [0, 1].map(() => new IsolationForest(samples, features, { ...options, trees: 10, seed }));
      for (let row = 0; row < count; row += 7) {
        const score = one.score(samples, row * features);
        assert.ok(score > 0 && score <= 1);
        assert.equal(same.score(samples, row * features), score);
      }
    }),
    { numRuns: 30 },
  );
});

test('samples that are all the same are grown and scored', () => {
  const forest = new IsolationForest(new Float32Array(300).fill(2), 3, options);
  assert.equal(forest.score(Float32Array.of(2, 2, 2)), forest.score(Float32Array.of(9, 9, 9)));
});

test('the feature that stands out contributes the most', () => {
  const forest = new IsolationForest(cloud(256, 4, 3), 4, options);
  for (const feature of [0, 1, 2, 3]) {
    const point = new Float32Array(4);
    point[feature] = 4;
    const contributions = forest.contributions(point, new Float32Array(4));
    assert.equal(contributions.indexOf(Math.max(...contributions)), feature);
  }
});

test('another number of features than the rows have is refused', () => {
  assert.throws(() => new IsolationForest(new Float32Array(7), 3, options), /rows of 3 features/);
  assert.throws(() => new IsolationForest(new Float32Array(3), 3, options), /rows of 3 features/);
});
