import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FilterPath } from './filter-path.ts';

const leaves = ['took', 'errors', 'items.create._index', 'items.create.status', 'items.create.error.type', 'items.create.error.reason'];

const table: readonly (readonly [filter: string, kept: readonly string[]])[] = [
  ['', leaves],
  ['took', ['took']],
  ['errors,items.*.error,items.*.status', ['errors', 'items.create.status', 'items.create.error.type', 'items.create.error.reason']],
  ['items.*._index,items.*.error.type', ['items.create._index', 'items.create.error.type']],
  ['items', leaves.slice(2)],
  ['items.create', leaves.slice(2)],
  ['items.index', []],
  ['**.error', leaves.slice(4)],
  ['**.type', ['items.create.error.type']],
  ['**', leaves],
  ['*', leaves],
  ['t*k', ['took']],
  ['e*rs,*ook', ['took', 'errors']],
  ['items.c*e.s*t*s', ['items.create.status']],
  ['items.*.status*status', []],
  ['-items', ['took', 'errors']],
  ['-**.reason', leaves.slice(0, 5)],
  ['items,-items.*.error', leaves.slice(2, 4)],
  [' took , errors ', ['took', 'errors']],
  ['nothing', []],
];

for (const [filter, kept] of table) {
  test(`"${filter}"`, () => {
    const path = new FilterPath(filter);
    assert.deepEqual(
      leaves.filter((leaf) => path.keeps(leaf.split('.'))),
      kept,
    );
  });
}

test('a filter made to be slow is not', () => {
  new FilterPath(`${'**.'.repeat(2000)}x,${'*a'.repeat(5000)}`).keeps(['items', 'create', 'error', 'type']);
});
