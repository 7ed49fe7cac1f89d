import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { shrinkHeap } from './heap.ts';

test('what nobody holds any more is given back', () => {
  let held: unknown[] | undefined = Array.from({ length: 300_000 }, (_, index) => ({ index }));
  const before = getHeapStatistics();
  assert.equal(held.length, 300_000);
  held = undefined;
  shrinkHeap();
  const after = getHeapStatistics();
  assert.ok(
    after.total_physical_size < before.total_physical_size - 10_000_000,
    `${before.total_physical_size} → ${after.total_physical_size}`,
  );
});
