import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRange } from './read-range.ts';
import { settleRange } from './time-choice.ts';

const nowMs = Date.parse('2026-11-21T20:00:00.000Z');

function check(text: string, from: string, to: string, zone = 'utc', now = nowMs): void {
  const choice = readRange(text, { nowMs: now, zone });
  const settled = choice && settleRange(choice, now);
  const shown = settled && [settled.fromMs, settled.toMs].map((ms) => new Date(ms).toISOString().replace(/:00\.000Z$/, ''));
  assert.deepEqual(shown, [from, to], JSON.stringify({ text, choice }));
}

test('typed ranges are read', () => {
  check('14:00 - 14:10', '2026-11-21T14:00', '2026-11-21T14:10');
  check('14:00-14:10', '2026-11-21T14:00', '2026-11-21T14:10');
  check('14:00–14:10', '2026-11-21T14:00', '2026-11-21T14:10');
  check('14:00 to 14:10', '2026-11-21T14:00', '2026-11-21T14:10');
  check('2pm - 2:10pm', '2026-11-21T14:00', '2026-11-21T14:10');
  check('14:00:05 - 14:00:09', '2026-11-21T14:00:05.000Z', '2026-11-21T14:00:09.000Z');
  check('14:02', '2026-11-21T14:02', '2026-11-21T14:03');
  check('2026-11-20 14:00 - 15:00', '2026-11-20T14:00', '2026-11-20T15:00');
  check('2026-11-20 14:00 - 2026-11-21 15:00', '2026-11-20T14:00', '2026-11-21T15:00');
  check('2026-11-20T14:00:00Z/2026-11-20T15:00:00Z', '2026-11-20T14:00', '2026-11-20T15:00');
  check('2026-11-20T14:00:00+02:00 - 2026-11-20T15:00:00+02:00', '2026-11-20T12:00', '2026-11-20T13:00');
  check('2026-11-20', '2026-11-20T00:00', '2026-11-21T00:00');
  check('2026-11', '2026-11-01T00:00', '2026-12-01T00:00');
  check('2026-11-18 to 2026-11-19', '2026-11-18T00:00', '2026-11-20T00:00');
  check('today', '2026-11-21T00:00', '2026-11-22T00:00');
  check('yesterday', '2026-11-20T00:00', '2026-11-21T00:00');
  check('yesterday 14:00 - 14:10', '2026-11-20T14:00', '2026-11-20T14:10');
  check('now-3h - now-1h', '2026-11-21T17:00', '2026-11-21T19:00');
  check('now-2h', '2026-11-21T18:00', '2026-11-21T20:00');
  check('1795204800 - 1795208400', '2026-11-20T20:00', '2026-11-20T21:00');
  check('1795204800000 - 1795208400000', '2026-11-20T20:00', '2026-11-20T21:00');
  check('since 14:00', '2026-11-21T14:00', '2026-11-21T20:00');
  check('since yesterday', '2026-11-20T00:00', '2026-11-21T20:00');
});

test('a moment is shown with what was around it', () => {
  check('2026-11-20T14:00:00Z', '2026-11-20T13:55', '2026-11-20T14:05');
  check('1795204800', '2026-11-20T19:55', '2026-11-20T20:05');
});

test('spans end now', () => {
  for (const [text, last] of [
    ['3h', '3h'],
    ['15 min', '15m'],
    ['last 3 hours', '3h'],
    ['past day', '1d'],
    ['the last week', '1w'],
    ['90 seconds', '90s'],
    ['1.5h', '90m'],
  ]) {
    assert.deepEqual(readRange(text, { nowMs, zone: 'utc' }), { last }, text);
  }
});

test('clock times that have not come yet were yesterday, and a range may go over midnight', () => {
  check('22:00 - 22:10', '2026-11-20T22:00', '2026-11-20T22:10');
  check('23:50 - 00:10', '2026-11-20T23:50', '2026-11-21T00:10');
  check('22:00', '2026-11-20T22:00', '2026-11-20T22:01');
});

test('wall times are those of the zone, also where its clocks change', () => {
  check('14:00 - 14:10', '2026-11-21T13:00', '2026-11-21T13:10', 'Europe/Berlin');
  check('2026-07-01 14:00 - 15:00', '2026-07-01T12:00', '2026-07-01T13:00', 'Europe/Berlin');
  check('2026-10-25', '2026-10-24T22:00', '2026-10-25T23:00', 'Europe/Berlin');
  check('2026-03-29', '2026-03-28T23:00', '2026-03-29T22:00', 'Europe/Berlin');
  check('14:00 - 14:10', '2026-11-21T08:30', '2026-11-21T08:40', 'Asia/Kolkata');
});

test('what is no range is refused', () => {
  for (const text of [
    '',
    'x',
    '25:00',
    '14:60',
    '3',
    '3 bananas',
    'last',
    '2026-13-01',
    '2026-02-30',
    '2026-11-21 - 2026-11-20',
    '0h',
    'now+1h',
  ]) {
    assert.equal(readRange(text, { nowMs, zone: 'utc' }), undefined, text);
  }
});

test('any text is read or refused, and what is read is a range', () => {
  const part = fc.constantFrom(
    '14:00',
    '2026-11-20',
    'now',
    'now-1h',
    ' - ',
    ' to ',
    '3h',
    'last ',
    '..',
    '/',
    '1795204800',
    'Z',
    ' ',
    'pm',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 4 })), { maxLength: 5 }), (parts) => {
      const choice = readRange(parts.join(''), { nowMs, zone: 'Europe/Berlin' });
      assert.ok(choice === undefined || settleRange(choice, nowMs) !== undefined, JSON.stringify({ parts, choice }));
    }),
  );
});
