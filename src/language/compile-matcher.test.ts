/** What the trinity test cannot show: sets, handles, batches without rows or columns, bits at the edges of words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BugError } from '#base/errors.ts';
import type { BatchView, DictionaryColumn, TextColumn } from '#model/batch-view.ts';
import { compileMatcher, MatcherSet } from './compile-matcher.ts';
import { parseQuery } from './parser.ts';
import { RowSet } from './row-set.ts';

const emptyTexts = (count: number): TextColumn => ({
  bytes: new Uint8Array(0),
  starts: new Uint32Array(count),
  ends: new Uint32Array(count),
});
const emptyNames: DictionaryColumn = { values: [''], indexes: new Uint8Array(0) };

/** A batch that has messages and levels only; `asked` collects the columns that were read. */
function batchOf(messages: readonly string[], levels: readonly number[] = [], asked: string[] = []): BatchView {
  const rowCount = messages.length;
  const bytes = Buffer.from(messages.join(''));
  const ends = new Uint32Array(rowCount);
  messages.reduce((at, text, i) => (ends[i] = at + Buffer.byteLength(text)), 0);
  const message: TextColumn = { bytes, starts: Uint32Array.from(ends, (_, i) => (i === 0 ? 0 : ends[i - 1])), ends };
  const read = <T>(name: string, column: T): T => {
    asked.push(name);
    return column;
  };
  return {
    rowCount,
    ts: new BigInt64Array(rowCount),
    receiveTs: new BigInt64Array(rowCount),
    origin: new Uint32Array(rowCount),
    seq: new BigUint64Array(rowCount),
    rowNo: new Uint16Array(rowCount),
    sampleRate: new Float32Array(rowCount),
    patternId: new BigUint64Array(rowCount),
    skewed: new Uint8Array(rowCount),
    level: Uint8Array.from(messages, (_, i) => levels[i] ?? 0),
    dictionary: (column) => read(column, { values: [''], indexes: new Uint8Array(rowCount) }),
    text: (column) => read(column, column === 'message' ? message : emptyTexts(rowCount)),
    map: (column) => read(column, { offsets: new Uint32Array(rowCount + 1), keys: emptyNames, values: emptyTexts(0) }),
    list: (column) => read(column, { offsets: new Uint32Array(rowCount + 1), values: emptyNames }),
  };
}

test('an empty batch has no rows, whatever is asked', () => {
  for (const query of ['', 'a', 'NOT a', 'level>=WARN', 'x:* OR y:z', 'tags:a'])
    assert.equal(compileMatcher(parseQuery(query)).match(batchOf([])).count(), 0);
});

test('equal queries share a handle until the last user is gone', () => {
  const set = new MatcherSet();
  const first = set.add(parseQuery('pay  "card declined"'));
  const second = set.add(parseQuery('pay AND "card declined"'));
  assert.equal(first, second);
  assert.equal(set.size, 1);
  set.remove(first);
  assert.equal(
    set
      .match(batchOf(['pay: card declined', 'pay']))(second)
      .count(),
    1,
  );
  set.remove(second);
  assert.equal(set.size, 0);
  assert.throws(() => set.remove(second), BugError);
  assert.throws(() => set.match(batchOf(['x']))(second), BugError);
});

test('queries may come and go between batches', () => {
  const set = new MatcherSet();
  const pay = set.add(parseQuery('pay'));
  const early = set.match(batchOf(['pay', 'x']));
  const x = set.add(parseQuery('x'));
  const late = set.match(batchOf(['pay', 'x']));
  assert.deepEqual([...early(pay).rows()], [0]);
  assert.deepEqual([[...late(pay).rows()], [...late(x).rows()]], [[0], [1]]);
});

test('texts and maps are not read where cheap conditions leave no row', () => {
  const asked: string[] = [];
  const set = new MatcherSet();
  set.add(parseQuery('level:FATAL pay'));
  set.add(parseQuery('service:nobody (pay* OR user:x)'));
  set.match(batchOf(['pay', 'x'], [9, 9], asked));
  assert.deepEqual(
    asked.filter((column) => column !== 'service' && column !== 'host'),
    [],
  );
});

test('a query with few rows does not narrow those of others', () => {
  const set = new MatcherSet();
  const fatal = set.add(parseQuery('level:FATAL NOT pay'));
  const all = set.add(parseQuery('pay'));
  const matches = set.match(batchOf(['pay', 'no', 'no', 'pay'], [21, 21, 9, 9]));
  assert.deepEqual([[...matches(fatal).rows()], [...matches(all).rows()]], [[1], [0, 3]]);
});

test('tokens at the edges of a text, next to other texts', () => {
  const messages = ['pay', 'payment', 'prepay', 'pay ', ' pay', 'p', 'ay', 'pay-day', 'p-ay', 'PAY', 'payé', 'épay', ''];
  const rowsOf = (query: string): number[] => [...compileMatcher(parseQuery(query)).match(batchOf(messages)).rows()];
  assert.deepEqual(rowsOf('message:pay'), [0, 3, 4, 7, 9]);
  assert.deepEqual(rowsOf('pay*'), [0, 1, 3, 4, 7, 9, 10]);
  assert.deepEqual(rowsOf('p*'), [0, 1, 2, 3, 4, 5, 7, 8, 9, 10]);
  assert.deepEqual(rowsOf('"pay day"'), [7]);
  assert.deepEqual(rowsOf('"p ay"'), [8]);
});

test('row sets behave as sets, at every size', () => {
  const size = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(size, fc.array(fc.nat(99)), fc.array(fc.nat(99)), (rowCount, a, b) => {
      const make = (rows: number[]): [RowSet, Set<number>] => {
        const inside = new Set(rows.filter((row) => row < rowCount));
        const set = new RowSet(rowCount);
        for (const row of inside) set.add(row);
        return [set, inside];
      };
      const [x, xs] = make(a);
      const [y, ys] = make(b);
      const everything = Array.from({ length: rowCount }, (_, row) => row);
      const expected = (test: (row: number) => boolean): number[] => everything.filter(test);
      assert.deepEqual(
        [...x.and(y).rows()],
        expected((row) => xs.has(row) && ys.has(row)),
      );
      assert.deepEqual(
        [...x.or(y).rows()],
        expected((row) => xs.has(row) || ys.has(row)),
      );
      assert.deepEqual(
        [...x.not().rows()],
        expected((row) => !xs.has(row)),
      );
      assert.deepEqual([...RowSet.all(rowCount).rows()], everything);
      assert.deepEqual([x.count(), x.isEmpty()], [xs.size, xs.size === 0]);
      assert.deepEqual(
        expected((row) => x.has(row)),
        [...x.rows()],
      );
    }),
  );
});
