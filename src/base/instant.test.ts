import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInstant } from './instant.ts';

/** Thursday, 31 July 2025. */
const nowMs = Date.UTC(2025, 6, 31, 14, 23, 45, 678);
const iso = (ns: bigint | undefined): string | undefined =>
  ns === undefined
    ? undefined
    : `${new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;

const readable: readonly (readonly [string | number, string])[] = [
  ['2025-07-15T10:23:45.123Z', '2025-07-15T10:23:45.123000000'],
  ['2025-07-15T10:23:45.123456789Z', '2025-07-15T10:23:45.123456789'],
  ['2025-07-15T10:23:45+02:00', '2025-07-15T08:23:45.000000000'],
  ['2025-07-15T10:23:45-0330', '2025-07-15T13:53:45.000000000'],
  ['2025-07-15 10:23', '2025-07-15T10:23:00.000000000'],
  ['2025-07-15', '2025-07-15T00:00:00.000000000'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000000'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000000000'],
  ['2025-07-15T10:23:45,5Z', '2025-07-15T10:23:45.500000000'],
  [1_752_575_025, '2025-07-15T10:23:45.000000000'],
  [1_752_575_025.25, '2025-07-15T10:23:45.250000000'],
  [1_752_575_025_123, '2025-07-15T10:23:45.123000000'],
  ['1752575025123456', '2025-07-15T10:23:45.123456000'],
  ['1752575025123456789', '2025-07-15T10:23:45.123456789'],
  [0, '1970-01-01T00:00:00.000000000'],
  ['now', '2025-07-31T14:23:45.678000000'],
  ['now-1h', '2025-07-31T13:23:45.678000000'],
  ['now+15m', '2025-07-31T14:38:45.678000000'],
  ['now/d', '2025-07-31T00:00:00.000000000'],
  ['now-7d/d', '2025-07-24T00:00:00.000000000'],
  ['now/h-1m', '2025-07-31T13:59:00.000000000'],
  ['now/w', '2025-07-28T00:00:00.000000000'],
  ['now/M', '2025-07-01T00:00:00.000000000'],
  ['now/y', '2025-01-01T00:00:00.000000000'],
  ['now-1M', '2025-06-30T14:23:45.678000000'],
  ['now-5M/d', '2025-02-28T00:00:00.000000000'],
  ['now-1y', '2024-07-31T14:23:45.678000000'],
  ['now-1d+2h', '2025-07-30T16:23:45.678000000'],
  ['  now-30s ', '2025-07-31T14:23:15.678000000'],
];

for (const [value, expected] of readable) {
  test(`reads ${JSON.stringify(value)}`, () => assert.equal(iso(parseInstant(value, nowMs)), expected));
}

const unreadable: readonly (string | number)[] = [
  '',
  'yesterday',
  'now-',
  'now-1',
  'now-1x',
  'now-h',
  'nowish',
  'now-1h;DROP TABLE logs',
  'now/d/',
  '2025-13-01',
  '2025-02-30',
  '2025-02-29T00:00:00Z',
  '2025-07-15T24:00:00Z',
  '2025-07-15T10:60:00Z',
  '2025-07-15T10:00:61Z',
  '2025-07-15T10:00:00+24:00',
  '2025-07-15T10:00:00.1234567890Z',
  '1969-12-31T23:59:59Z',
  '2300-01-01',
  '99999999999999999999',
  '999999999999999999999999',
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e300,
  '1e9',
  '0x10',
  'now-999999999y',
  `now${'-1s'.repeat(50)}`,
  "2025-07-15T10:00:00Z' OR 1=1",
];

for (const value of unreadable) {
  test(`refuses ${JSON.stringify(value)}`, () => assert.equal(parseInstant(value, nowMs), undefined));
}

test('agrees with Date for every millisecond time', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2262-01-01'), noInvalidDate: true }), (date) => {
      assert.equal(parseInstant(date.toISOString(), nowMs), BigInt(date.getTime()) * 1_000_000n);
    }),
  );
});

test('never throws, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `now${rest}`),
        fc.double(),
      ),
      (value) => {
        const ns = parseInstant(value, nowMs);
        assert.ok(ns === undefined || (ns >= 0n && ns < 2n ** 63n));
      },
    ),
  );
});
