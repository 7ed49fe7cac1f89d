import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxIncarnation, maxRowsPerBatch, maxSequence, maxShards } from '#base/ids.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const point = fc.record({ sequence: fc.nat(maxSequence), row: fc.nat(maxRowsPerBatch) }, { noNullPrototype: true });
const position = fc
  .dictionary(fc.nat(maxShards - 1).map(String), point)
  .map((points) => new Map(Object.entries(points).map(([shard, at]) => [Number(shard), at])));

test('a cursor comes back as it was', () => {
  fc.assert(
    fc.property(fc.nat(maxIncarnation), position, (incarnation, at) => {
      const cursor = decodeCursor(encodeCursor(incarnation, at));
      assert.equal(cursor.incarnation, incarnation);
      assert.deepEqual(new Map(cursor.position), at);
    }),
  );
});

test('with all shards at their largest it is still taken', () => {
  const largest = new Map(Array.from({ length: maxShards }, (_, shard) => [shard, { sequence: maxSequence, row: maxRowsPerBatch }]));
  assert.equal(decodeCursor(encodeCursor(maxIncarnation, largest)).position.size, maxShards);
});

test('its form is fixed: cursors outlive releases', () => {
  const at = new Map([
    [0, { sequence: 12, row: 3 }],
    [5, { sequence: 0, row: 0 }],
  ]);
  assert.equal(encodeCursor(42, at), Buffer.from('1;42;0.12.3;5.0.0').toString('base64url'));
});

test('any other text is refused with invalid_cursor', () => {
  const of = (text: string): string => Buffer.from(text).toString('base64url');
  const bad = [
    '',
    ' ',
    'ä',
    'MTs=',
    of(''),
    of('2;1'),
    of('1'),
    of('1;x'),
    of('1;-1'),
    of(`1;${maxIncarnation + 1}`),
    of('1;1;'),
    of('1;1;0.1'),
    of('1;1;0.1.2.3'),
    of('1;1;64.0.0'),
    of('1;1;0.0.0;0.0.0'),
    of('1;1;0.99999999999.0'),
    of('1;1;0.1e3.0'),
    'A'.repeat(5000),
  ];
  for (const cursor of bad) assert.throws(() => decodeCursor(cursor), { code: 'invalid_cursor' }, cursor);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        decodeCursor(text);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'invalid_cursor');
      }
    }),
  );
});
