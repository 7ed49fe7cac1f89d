import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecords } from '#alerting/trial-lines.test-support.ts';
import { compileMatcher } from '#language/compile-matcher.ts';
import { parseQuery } from '#language/parser.ts';
import type { BatchView } from './batch-view.ts';
import { lineOfRow } from './native-block.ts';
import { rowRange } from './row-range.ts';

const records = Array.from({ length: 20 }, (_, index) => ({
  timestamp: new Date(1_700_000_000_000 + index).toISOString(),
  ...{ level: index % 2 === 0 ? 'ERROR' : 'INFO', service: `s${index % 3}`, host: `h${index}`, trace_id: `t${index}` },
  message: index % 5 === 0 ? `Ünïcode timeout ${index}` : `fine ${index}`,
  ...{ metadata: { number: index, text: 'x'.repeat(index) }, resource: { pod: `p${index % 4}` }, tags: index % 2 === 0 ? ['even'] : [] },
}));
const view = decodeRecords('t', records, 0).view as BatchView;
const queries = ['level:ERROR', 'timeout', 'number:>7', 'pod:p1', 'tags:even', 'trace_id:t7', '/tim.out/', 'NOT service:s1', 'x'.repeat(5)];

test('a range of rows is those lines, for every column and every query', () => {
  for (const [start, end] of [
    [0, 20],
    [0, 1],
    [7, 13],
    [19, 20],
    [5, 5],
  ]) {
    const range = rowRange(view, start, end);
    assert.equal(range.rowCount, end - start);
    for (let row = start; row < end; row++) assert.deepEqual(lineOfRow(range, row - start), lineOfRow(view, row));
    for (const query of queries) {
      const matcher = compileMatcher(parseQuery(query));
      const wanted = [...matcher.match(view).rows()].filter((row) => row >= start && row < end);
      const found = [...matcher.match(range).rows()].map((row) => row + start);
      assert.deepEqual(found, wanted, `${query} of ${start} to ${end}`);
    }
  }
});

test('the whole of a batch is the batch itself', () => {
  assert.equal(rowRange(view, 0, view.rowCount), view);
});
