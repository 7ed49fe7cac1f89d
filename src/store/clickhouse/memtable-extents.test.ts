import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockSpan } from '#model/block-span.ts';
import type { TimeRange } from '../log-store.ts';
import { allTime, hullOf, MemtableExtents } from './memtable-extents.ts';
import { Snapshots } from './snapshots.ts';

const range = (from: number, to: number): TimeRange => ({ fromNs: BigInt(from), toNs: BigInt(to) });
const span = (from: number, to: number, ...tenants: string[]): BlockSpan => ({ tenants, ...range(from, to) });

/** Extents of memtable 1 with a block of each span; undefined for one that cannot be read. */
function extentsWith(spans: readonly (BlockSpan | undefined)[]): MemtableExtents {
  const left = [...spans];
  const extents = new MemtableExtents(() => left.shift());
  extents.note(
    1,
    spans.map(() => new Uint8Array()),
  );
  return extents;
}

test('an extent holds all blocks of its tenant', () => {
  const extents = extentsWith([span(10, 20, 'a', 'b'), span(5, 7, 'a'), span(30, 31, 'b')]);
  assert.deepEqual([extents.of(1, 'a'), extents.of(1, 'b'), extents.of(1, 'c')], [range(5, 20), range(10, 31), undefined]);
  extents.forget(1);
  assert.deepEqual(extents.of(1, 'a'), allTime);
});

test('what is not known counts as everything: no blocks yet, a block that cannot be read, too many tenants', () => {
  const many = Array.from({ length: 1001 }, (_, index) => span(0, 1, `tenant-${index}`));
  for (const spans of [[], [span(1, 2, 'a'), undefined], [undefined, span(1, 2, 'a')], many]) {
    assert.deepEqual(extentsWith(spans).of(1, 'nobody'), allTime);
  }
});

test('the hull of ranges', () => {
  assert.deepEqual(hullOf(undefined, range(1, 2)), range(1, 2));
  assert.deepEqual(hullOf(range(3, 4), range(1, 2)), range(1, 4));
  assert.deepEqual(hullOf(range(1, 9), range(3, 4)), range(1, 9));
});

test('a snapshot has the memtables that can hold lines of its scope, and holds on to no other', () => {
  const dropped: number[] = [];
  const spans = [span(10, 20, 'a'), span(15, 40, 'a'), span(0, 99, 'b')];
  const extents = new MemtableExtents(() => spans.shift());
  const snapshots = new Snapshots({ generation: 0, memtables: [1, 2, 3], replacements: [] }, (number) => dropped.push(number), extents);
  for (const number of [1, 2, 3]) snapshots.noteInsert(number, [new Uint8Array()]);
  const inScope = (tenant: string, from: number, to: number): unknown => {
    const snapshot = snapshots.acquire({ tenant, range: range(from, to) });
    snapshot.release();
    return [snapshot.memtables, snapshot.liveExtent];
  };
  assert.deepEqual(inScope('a', 0, 100), [[1, 2], range(10, 40)]);
  assert.deepEqual(inScope('a', 12, 15), [[1], range(12, 15)]);
  assert.deepEqual(inScope('a', 40, 100), [[], range(0, 0)]);
  assert.deepEqual(inScope('c', 0, 100), [[], range(0, 0)]);
  const all = snapshots.acquire();
  assert.deepEqual([all.memtables, all.liveExtent], [[1, 2, 3], allTime]);
  all.release();

  const reader = snapshots.acquire({ tenant: 'a', range: range(0, 12) });
  snapshots.commit(1, 1, []);
  snapshots.commit(2, 2, []);
  assert.deepEqual(dropped, [2], 'the first is still read');
  reader.release();
  assert.deepEqual(dropped, [2, 1]);
  assert.deepEqual(extents.of(1, 'nobody'), allTime, 'what is dropped is forgotten');
});
