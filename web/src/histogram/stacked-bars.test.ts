import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { axisMarks, intervalFor } from './intervals.ts';
import { niceTop, stackBars } from './stacked-bars.ts';

const minuteMs = 60_000;
const range = { fromMs: 30_000, toMs: 5 * minuteMs };

test('bars cover the range, the first and last as far as it goes', () => {
  const { bars, total, highest } = stackBars(
    [
      { timeMs: 0, group: 'INFO', count: 2 },
      { timeMs: minuteMs, group: 'ERROR', count: 1 },
      { timeMs: minuteMs, group: 'INFO', count: 4 },
    ],
    range,
    minuteMs,
    true,
  );
  assert.deepEqual(
    bars.map(({ fromMs, toMs, total: count }) => [fromMs, toMs, count]),
    [
      [30_000, minuteMs, 2],
      [minuteMs, 2 * minuteMs, 5],
      [2 * minuteMs, 3 * minuteMs, 0],
      [3 * minuteMs, 4 * minuteMs, 0],
      [4 * minuteMs, 5 * minuteMs, 0],
    ],
  );
  assert.deepEqual([total, highest], [7, 5]);
});

test('levels stand in their order, the worst at the bottom', () => {
  const buckets = ['', 'INFO', 'FATAL', 'DEBUG', 'ERROR', 'WARN', 'TRACE'].map((group) => ({ timeMs: minuteMs, group, count: 1 }));
  assert.deepEqual(
    stackBars(buckets, range, minuteMs, true).groups.map(({ name }) => name),
    ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', ''],
  );
});

test('of many groups the most frequent are told apart', () => {
  const buckets = Array.from({ length: 20 }, (_, i) => ({ timeMs: minuteMs, group: `g${i}`, count: i + 1 }));
  const { groups, bars, total } = stackBars(buckets, range, minuteMs, false);
  assert.deepEqual(
    groups.map(({ name }) => name),
    ['g19', 'g18', 'g17', 'g16', 'g15', 'g14', 'g13', '13 others'],
  );
  assert.equal(total, 210);
  assert.equal(bars[1].total, 210);
  assert.equal(bars[1].counts.at(-1), 91);
});

test('no line is lost between buckets and bars', () => {
  const bucket = fc.record({ timeMs: fc.integer({ min: 0, max: 6 * minuteMs }), group: fc.constantFrom('a', 'b', ''), count: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(bucket), fc.constantFrom(1000, minuteMs), (buckets, intervalMs) => {
      const { bars, total } = stackBars(buckets, range, intervalMs, false);
      const sum = buckets.reduce((all, { count }) => all + count, 0);
      assert.equal(
        bars.reduce((all, bar) => all + bar.total, 0),
        sum,
      );
      assert.equal(total, sum);
    }),
  );
});

test('about a hundred bars whatever the range', () => {
  for (const [span, expected] of [
    [minuteMs, 1000],
    [15 * minuteMs, 10_000],
    [60 * minuteMs, 30_000],
    [4 * 60 * minuteMs, 2 * minuteMs],
    [24 * 60 * minuteMs, 15 * minuteMs],
    [7 * 24 * 60 * minuteMs, 2 * 60 * minuteMs],
    [30 * 24 * 60 * minuteMs, 6 * 60 * minuteMs],
  ]) {
    assert.equal(intervalFor({ fromMs: 0, toMs: span }), expected, String(span));
  }
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 100 * 365 * 86_400_000 }), (toMs) => {
      const bars = toMs / intervalFor({ fromMs: 0, toMs });
      assert.ok(bars <= 120);
    }),
  );
});

test('the axis has round times of the zone and a round top', () => {
  const day = { fromMs: Date.parse('2026-11-20T20:10:00Z'), toMs: Date.parse('2026-11-21T20:10:00Z') };
  assert.deepEqual(
    axisMarks(day, 8, 3_600_000).map((ms) => new Date(ms + 3_600_000).toISOString().slice(11, 16)),
    ['00:00', '03:00', '06:00', '09:00', '12:00', '15:00', '18:00', '21:00'],
  );
  assert.deepEqual([0, 1, 3, 7, 11, 99, 101, 1450].map(niceTop), [1, 1, 3, 8, 15, 100, 150, 1500]);
});
