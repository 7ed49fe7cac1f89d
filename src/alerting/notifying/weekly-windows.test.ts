import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WeeklyWindow } from '../notification-rules.ts';
import { isWithin, isZone, nextChangeMs } from './weekly-windows.ts';

const office: WeeklyWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00', zone: 'Europe/Berlin' };
const nights: WeeklyWindow = { days: ['fri', 'sat'], from: '22:00', to: '06:00', zone: 'UTC' };

const cases: readonly (readonly [WeeklyWindow, string, boolean])[] = [
  [office, '2026-01-07T07:59:59Z', false],
  [office, '2026-01-07T08:00:00Z', true],
  [office, '2026-01-07T15:59:59Z', true],
  [office, '2026-01-07T16:00:00Z', false],
  [office, '2026-01-10T10:00:00Z', false],
  // summer time: an hour earlier by UTC
  [office, '2026-07-08T07:00:00Z', true],
  [office, '2026-07-08T15:00:00Z', false],
  [nights, '2026-01-09T22:00:00Z', true],
  [nights, '2026-01-10T05:59:59Z', true],
  [nights, '2026-01-10T06:00:00Z', false],
  // Sunday morning belongs to the window that began on Saturday; Monday's does not
  [nights, '2026-01-11T03:00:00Z', true],
  [nights, '2026-01-12T03:00:00Z', false],
  [{}, '2026-01-12T03:00:00Z', true],
  [{ days: ['mon'] }, '2026-01-12T23:59:59Z', true],
  [{ days: ['mon'] }, '2026-01-13T00:00:00Z', false],
  [{ days: ['mon'], zone: 'Pacific/Kiritimati' }, '2026-01-11T10:00:00Z', true],
  [{ days: ['mon'], zone: '+02:00' }, '2026-01-11T22:00:00Z', true],
  // 02:30 is left out there: it begins an hour later
  [{ from: '02:30', to: '06:00', zone: 'America/New_York' }, '2026-03-08T07:29:59Z', false],
  [{ from: '02:30', to: '06:00', zone: 'America/New_York' }, '2026-03-08T07:30:00Z', true],
  // 02:30 comes twice: from the first, without a break, and until the first
  [{ from: '02:30', to: '06:00', zone: 'Europe/Berlin' }, '2026-10-25T00:30:00Z', true],
  [{ from: '02:30', to: '06:00', zone: 'Europe/Berlin' }, '2026-10-25T01:15:00Z', true],
  [{ from: '00:00', to: '02:30', zone: 'Europe/Berlin' }, '2026-10-25T01:15:00Z', false],
];

test('whether a time is within', () => {
  for (const [window, time, expected] of cases)
    assert.equal(isWithin([window], Date.parse(time)), expected, `${JSON.stringify(window)} ${time}`);
});

const changes: readonly (readonly [readonly WeeklyWindow[], string, string | undefined])[] = [
  [[office], '2026-01-07T10:00:00Z', '2026-01-07T16:00:00.000Z'],
  [[office], '2026-01-09T16:00:00Z', '2026-01-12T08:00:00.000Z'],
  // over the change of clocks of 29 March 2026
  [[office], '2026-03-27T17:00:00Z', '2026-03-30T07:00:00.000Z'],
  [[{ from: '02:30', to: '06:00', zone: 'America/New_York' }], '2026-03-08T06:00:00Z', '2026-03-08T07:30:00.000Z'],
  [[{ from: '00:00', to: '02:30', zone: 'Europe/Berlin' }], '2026-10-25T00:00:00Z', '2026-10-25T00:30:00.000Z'],
  [[nights], '2026-01-09T23:00:00Z', '2026-01-10T06:00:00.000Z'],
  [[{}], '2026-01-09T23:00:00Z', undefined],
  [[{ days: ['mon'] }, { days: ['tue'] }], '2026-01-12T10:00:00Z', '2026-01-14T00:00:00.000Z'],
  [
    [
      { from: '00:00', to: '12:00' },
      { from: '12:00', to: '24:00' },
    ],
    '2026-01-12T10:00:00Z',
    undefined,
  ],
  [[], '2026-01-12T10:00:00Z', undefined],
];

test('when that changes next', () => {
  for (const [windows, time, expected] of changes) {
    const changeMs = nextChangeMs(windows, Date.parse(time));
    assert.equal(changeMs === undefined ? undefined : new Date(changeMs).toISOString(), expected, `${JSON.stringify(windows)} ${time}`);
  }
});

test('nothing changes before the time at which it changes next, and then it does', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30'))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${m}`);
  const window = fc.record(
    {
      days: fc.uniqueArray(fc.constantFrom('mon', 'wed', 'sat', 'sun'), { minLength: 1 }),
      from: time,
      to: time,
      zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'),
    },
    { requiredKeys: [] },
  );
  const quarters = fc.integer({ min: Date.parse('2026-01-01') / 900_000, max: Date.parse('2027-01-01') / 900_000 });
  fc.assert(
    fc.property(fc.array(window, { maxLength: 3 }), quarters, (windows, quarter) => {
      const atMs = quarter * 900_000;
      const now = isWithin(windows as WeeklyWindow[], atMs);
      const changeMs = nextChangeMs(windows as WeeklyWindow[], atMs) ?? atMs + 3 * 86_400_000;
      for (let ms = atMs; ms < changeMs; ms += 900_000)
        assert.equal(isWithin(windows as WeeklyWindow[], ms), now, new Date(ms).toISOString());
      if (nextChangeMs(windows as WeeklyWindow[], atMs) !== undefined) assert.notEqual(isWithin(windows as WeeklyWindow[], changeMs), now);
    }),
    { numRuns: 300 },
  );
});

test('zones that there are', () => {
  assert.deepEqual(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Mars/Base', ''].map(isZone), [true, true, true, false, false]);
});
