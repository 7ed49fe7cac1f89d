import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceActivity } from '#store/source-reads.ts';
import { judged } from './sources.ts';

const minuteMs = 60_000;
const nowMs = Date.UTC(2026, 0, 1, 12);

/** Last heard of `ago` minutes before now, first `began` minutes before. */
function source(ago: number, facts: Partial<SourceActivity> & { began?: number } = {}): SourceActivity {
  const { began = 600, ...rest } = facts;
  return {
    service: 'checkout',
    host: 'a',
    lineCount: 100,
    firstMinuteMs: nowMs - began * minuteMs,
    lastMinuteMs: nowMs - (ago + 1) * minuteMs,
    activeMinutes: 500,
    usualGapMinutes: 1,
    ...rest,
  };
}

const table: readonly [what: string, activity: SourceActivity, state: string][] = [
  ['just now', source(0), 'reporting'],
  ['at the edge of its patience', source(3), 'reporting'],
  ['beyond it', source(4), 'silent'],
  ['half an hour ago, where that is usual', source(30, { usualGapMinutes: 15, activeMinutes: 40 }), 'reporting'],
  ['an hour ago, where a quarter is usual', source(60, { usualGapMinutes: 15, activeMinutes: 40 }), 'silent'],
  ['an hourly job that has missed its third run', source(181, { usualGapMinutes: 60, activeMinutes: 20 }), 'silent'],
  ['a few lines a day', source(200, { activeMinutes: 4, usualGapMinutes: 90 }), 'rare'],
  ['a newcomer', source(0, { activeMinutes: 1, usualGapMinutes: 0, began: 1 }), 'reporting'],
];
for (const [what, activity, state] of table) {
  test(`last heard of ${what}: ${state}`, () => assert.equal(judged(activity, nowMs, []).state, state));
}

test('a host is replaced by one that began when it ended, not by one that was there all along', () => {
  const ended = source(120);
  const newcomer = source(0, { host: 'b', began: 122 });
  const colleague = source(0, { host: 'c' });
  const elsewhere = source(0, { host: 'd', service: 'cart', began: 122 });
  assert.equal(judged(ended, nowMs, [ended, newcomer, colleague]).state, 'replaced');
  assert.equal(judged(ended, nowMs, [ended, colleague, elsewhere]).state, 'silent');
  assert.equal(
    judged(ended, nowMs, [ended, { ...newcomer, lastMinuteMs: ended.lastMinuteMs - minuteMs }]).state,
    'silent',
    'it ended earlier',
  );
});
