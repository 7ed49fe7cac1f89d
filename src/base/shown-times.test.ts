import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownInstant, shownSpan } from './shown-times.ts';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

const spans: readonly (readonly [spanMs: number, text: string])[] = [
  [0, '0 s'],
  [-5, '0 s'],
  [0.0412, '0.0412 ms'],
  [12.34, '12.3 ms'],
  [840, '840 ms'],
  [999.6, '1 s'],
  [12_340, '12.3 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min'],
  [4 * minute + 10 * second, '4 min 10 s'],
  [59 * minute + 59.6 * second, '1 h'],
  [2 * hour + 5 * minute, '2 h 5 min'],
  [2 * hour + 5.4 * minute, '2 h 5 min'],
  [day - 1, '1 d'],
  [2 * day + 3 * hour, '2 d 3 h'],
  [400 * day + 23.6 * hour, '401 d'],
];

test('lengths of time', () => {
  for (const [spanMs, text] of spans) assert.equal(shownSpan(spanMs), text, `${spanMs}`);
});

test('instants', () => {
  assert.equal(shownInstant(Date.parse('2026-11-21T23:18:59.999Z')), '2026-11-21 23:18:59 UTC');
  assert.equal(shownInstant(NaN), 'an impossible time');
  assert.equal(shownInstant(8.65e15), 'an impossible time');
});
