import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from './nearest-name.ts';

const known = ['limit', 'cursor', 'time_range', 'group_by', 'sort'];

for (const [name, expected] of [
  ['limt', 'limit'],
  ['LIMIT', 'limit'],
  ['timerange', 'time_range'],
  ['time-range', 'time_range'],
  ['cusror', 'cursor'],
  ['groupby', 'group_by'],
  ['srot', 'sort'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
  ['l'.repeat(100_000), undefined],
] as const) {
  test(`nearest to ${JSON.stringify(name.slice(0, 20))} is ${expected}`, () => {
    assert.equal(nearestName(name, known), expected);
  });
}
