/** The parts that keep memory bounded: groups, wakes, samples, sketches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { QuantileSketch } from '#base/quantile-sketch.ts';
import { noGroup } from './condition-state.ts';
import { CrowdSketch } from './crowd-sketch.ts';
import { batchOf, startMs } from './evaluator.test-support.ts';
import { GroupTable } from './group-table.ts';
import { KeptSamples, SamplePool } from './sample-pool.ts';
import { WakeHeap } from './wake-heap.ts';
import { DistinctSketch } from './windows/distinct-sketch.ts';

test('wakes come in the order of their times; what is no longer wanted is left out, and takes no room', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), fc.boolean())), (wakes) => {
      const heap = new WakeHeap<boolean>(({ target }) => target);
      for (const [atMs, isWanted] of wakes) heap.push({ atMs, target: isWanted });
      const popped: number[] = [];
      for (let wake = heap.popDue(700); wake !== undefined; wake = heap.popDue(700)) popped.push(wake.atMs);
      const expected = wakes.filter(([atMs, isWanted]) => isWanted && atMs <= 700).map(([atMs]) => atMs);
      assert.deepEqual(
        popped,
        expected.sort((a, b) => a - b),
      );
    }),
  );
  const heap = new WakeHeap<number>(({ target }) => target === 0);
  for (let i = 0; i < 100_000; i++) heap.push({ atMs: 1e6 - i, target: i % 1000 });
  assert.ok(heap.size < 5000, `${heap.size} of 100 wanted ones`);
  let count = 0;
  while (heap.popDue(1e6) !== undefined) count++;
  assert.equal(count, 100);
});

test('groups: no two lists of values are one group, numbers are used again', () => {
  const table = new GroupTable(10);
  const lists = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['', 'abc'],
    ['1:a', 'b'],
    ['1', 'a1:b'],
  ];
  assert.equal(new Set(lists.map((values) => table.numberOf(values))).size, lists.length);
  table.drop(1);
  assert.deepEqual(table.valuesOf(1), []);
  assert.equal(table.numberOf(['new', '']), 1);
  assert.equal(table.size, lists.length);
  table.drop(99);
});

test('groups beyond the bound: counted, weighed, and let in when they are larger', () => {
  const table = new GroupTable(2);
  const [small, large] = [table.numberOf(['small']), table.numberOf(['large'])];
  for (let i = 0; i < 100; i++) table.numberOf(['large']);
  for (let i = 0; i < 50; i++) assert.equal(table.numberOf(['middle']), noGroup);
  assert.equal(table.linesWithoutGroup, 50);
  const restored = new GroupTable(2);
  restored.restore(JSON.parse(JSON.stringify(table.save())));
  restored.add(['small'], table.sizeOf(small));
  restored.add(['large'], table.sizeOf(large));
  for (const each of [table, restored]) {
    const out: string[] = [];
    const welcomed: string[] = [];
    each.exchange(
      startMs,
      () => true,
      (number) => {
        out.push(...each.valuesOf(number));
        each.drop(number);
      },
      (number) => welcomed.push(...each.valuesOf(number)),
    );
    assert.deepEqual([out, welcomed, each.size], [['small'], ['middle'], 2]);
  }
});

test('the crowd is weighed in bounded memory, and never too light', () => {
  const crowd = new CrowdSketch();
  for (let i = 0; i < 50_000; i++) {
    crowd.add(`once-${i}`, [`once-${i}`]);
    if (i % 100 === 0) crowd.add('heavy', ['heavy']);
  }
  assert.ok(crowd.bytes < 20_000);
  const [heaviest] = crowd.takeLargest();
  assert.deepEqual(heaviest.values, ['heavy']);
  assert.ok(heaviest.size >= 500, String(heaviest.size));
  assert.deepEqual(crowd.takeLargest(), []);
});

test('samples: the newest of a group, the newest of all, none of a forgotten group', () => {
  const view = batchOf(
    Array.from({ length: 100 }, (_, i) => ({ atMs: startMs, message: `message ${i}` })),
    startMs,
  );
  const pool = new SamplePool({ max_kept_samples: 6, samples_per_tick: 1000 });
  pool.beginBatch(view);
  const [first, second, third] = [new KeptSamples(), new KeptSamples(), new KeptSamples()];
  const shown = (samples: KeptSamples) => samples.lines.map(({ sample }) => sample.message.slice(8)).join();
  for (const row of [0, 1, 2, 3]) pool.take(first, row, 3);
  assert.equal(shown(first), '1,2,3');
  for (const row of [4, 5, 6]) pool.take(second, row, 3);
  assert.equal(shown(first), '1,2,3');
  pool.take(third, 7, 3);
  assert.deepEqual([first, second, third].map(shown), ['2,3', '4,5,6', '7']);
  pool.forget(second);
  for (const row of [8, 9]) pool.take(third, row, 3);
  assert.deepEqual([first, second, third].map(shown), ['2,3', '', '7,8,9']);
  const groups = Array.from({ length: 5000 }, () => new KeptSamples());
  groups.forEach((samples, i) => pool.take(samples, i % 100, 1));
  assert.equal(groups.filter(({ lines }) => lines.length > 0).length, 6);
});

test('sketches that are saved and restored, or added up, tell what one sketch tells', () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
  const shares = [0, 0.25, 0.5, 0.9, 0.99, 1];
  fc.assert(
    fc.property(numbers, fc.nat(300), (values, cut) => {
      const [whole, left, right] = [new QuantileSketch(), new QuantileSketch(), new QuantileSketch()];
      values.forEach((value, i) => {
        whole.add(value);
        (i < cut ? left : right).add(value);
      });
      const joined = QuantileSketch.restore(JSON.parse(JSON.stringify(left.save())));
      joined.addAll(right);
      assert.deepEqual(joined.quantiles(shares), whole.quantiles(shares));
      const sorted = [...values].sort((a, b) => a - b);
      whole.quantiles([0.5, 1]).forEach((found, i) => {
        const exact = sorted[i === 0 ? Math.ceil(values.length / 2) - 1 : values.length - 1];
        assert.ok(Math.abs((found ?? 0) - exact) <= Math.abs(exact) * 0.0101 + 1e-5, `${found} is not ${exact}`);
      });
    }),
  );
  for (const [count, tolerance] of [
    [100, 0],
    [513, 0.05],
    [30_000, 0.06],
  ]) {
    const [left, right] = [new DistinctSketch(), new DistinctSketch()];
    for (let i = 0; i < count; i++) (i % 3 === 0 ? left : right).add(`value ${i}`);
    for (let i = 0; i < count; i += 2) left.add(`value ${i}`);
    const joined = DistinctSketch.restore(JSON.parse(JSON.stringify(left.save())));
    joined.addAll(DistinctSketch.restore(JSON.parse(JSON.stringify(right.save()))));
    assert.ok(Math.abs(joined.estimate - count) <= tolerance * count, `${joined.estimate} of ${count}`);
    assert.ok(joined.bytes < 30_000);
  }
});
