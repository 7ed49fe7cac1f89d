import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimestampParser, formatTimestamp, parseTimestamp } from './timestamps.ts';

const second = 1_000_000_000n;
const base = BigInt(Date.UTC(2025, 6, 15, 10, 23, 45)) * 1_000_000n;

const readable: readonly (readonly [string, bigint])[] = [
  ['2025-07-15T10:23:45Z', base],
  ['2025-07-15T10:23:45.123Z', base + 123_000_000n],
  ['2025-07-15t10:23:45.1z', base + 100_000_000n],
  ['2025-07-15 10:23:45,123456', base + 123_456_000n],
  ['2025-07-15T10:23:45.123456789Z', base + 123_456_789n],
  ['2025-07-15T10:23:45.1234567899999Z', base + 123_456_789n],
  ['2025-07-15T12:23:45+02:00', base],
  ['2025-07-15T04:53:45-0530', base],
  ['2025-07-15T11:23:45+01', base],
  ['2025-07-15 10:23:45 Z', base],
  ['2025-07-15 10:23:45 +0000', base],
  ['2025-07-15T10:23', base - 45n * second],
  ['2025-07-15T10:23Z', base - 45n * second],
  ['2025-07-15', BigInt(Date.UTC(2025, 6, 15)) * 1_000_000n],
  ['  2025-07-15T10:23:45Z\n', base],
  ['2024-02-29T00:00:00Z', BigInt(Date.UTC(2024, 1, 29)) * 1_000_000n],
  ['2016-12-31T23:59:60Z', BigInt(Date.UTC(2017, 0, 1)) * 1_000_000n],
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01T01:00:00+01:00', 0n],
  ['2262-04-11T23:47:16.854775807Z', 2n ** 63n - 1n],
  ['0', 0n],
  ['1752575025', 1_752_575_025n * second],
  ['1752575025.25', 1_752_575_025n * second + 250_000_000n],
  ['1752575025123', 1_752_575_025_123n * 1_000_000n],
  ['1752575025123.5', 1_752_575_025_123n * 1_000_000n + 500_000n],
  ['1752575025123456', 1_752_575_025_123_456n * 1000n],
  ['1752575025123456789', 1_752_575_025_123_456_789n],
  ['0001752575025', 1_752_575_025n * second],
  ['1.752575025e9', 1_752_575_025n * second],
  ['9223372036', 9_223_372_036n * second],
];
const unreadable = [
  '',
  ' ',
  'yesterday',
  '2025-7-15',
  '2025-13-01T00:00:00Z',
  '2025-00-01',
  '2025-02-29T00:00:00Z',
  '1900-02-29',
  '2025-07-32',
  '2025-07-15T24:00:00Z',
  '2025-07-15T10:60:00Z',
  '2025-07-15T10:23:61Z',
  '2025-07-15T10:23:45.Z',
  '2025-07-15T10:23:45+25:00',
  '2025-07-15T10:23:45+1',
  '2025-07-15T10:23:45+01:',
  '2025-07-15T10:23:45Zx',
  '2025-07-15T10:23:45 UTC',
  '2025-07-15X10:23:45Z',
  '2025/07/15',
  '20250715T102345Z',
  '2025-07-15T1:23:45Z',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+01:00',
  '2262-04-11T23:47:16.854775808Z',
  '2263-01-01',
  '9223372037',
  '99999999999',
  '99999999999999',
  '12345678901234567890',
  '-1',
  '+5',
  '1.',
  '.5',
  '1e',
  '1e999',
  '1752575025x',
  'NaN',
  'Infinity',
  '\0\0\0\0\0\0\0\0\0\0T10:23:45Z',
];

test('readable times', () => {
  for (const [text, ns] of readable) assert.equal(parseTimestamp(text), ns, text);
});

test('unreadable times', () => {
  for (const text of unreadable) assert.equal(parseTimestamp(text), undefined, JSON.stringify(text));
});

test('a parser gives the same with and without the date of the call before', () => {
  const parser = new TimestampParser();
  const all = [...readable.map(([text]) => text), ...unreadable];
  for (const before of all) {
    for (const text of all) {
      for (const each of [before, text]) {
        const bytes = Buffer.from(each);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const read = parser.parseText(view, 0, bytes.length) ? (BigInt(parser.high) << 32n) | BigInt(parser.low) : undefined;
        assert.equal(read, parseTimestamp(each), `${each} after ${before}`);
      }
    }
  }
});

test('what is printed is read back, with 3, 6 or 9 digits', () => {
  assert.equal(formatTimestamp(base), '2025-07-15T10:23:45.000Z');
  assert.equal(formatTimestamp(base + 1_000n), '2025-07-15T10:23:45.000001Z');
  assert.equal(formatTimestamp(base + 120_000_001n), '2025-07-15T10:23:45.120000001Z');
  assert.equal(formatTimestamp(-1n), '1969-12-31T23:59:59.999999999Z');
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 63n - 1n), (ns) => parseTimestamp(formatTimestamp(ns)) === ns),
    { numRuns: 5000 },
  );
});

test('milliseconds agree with Date for every offset', () => {
  const time = fc.date({ min: new Date(86_400_000), max: new Date('2262-04-01T00:00:00Z'), noInvalidDate: true });
  fc.assert(
    fc.property(time, fc.integer({ min: -23 * 60, max: 23 * 60 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const two = (value: number): string => String(value).padStart(2, '0');
      const text = `${local}${offset < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
      assert.equal(parseTimestamp(text), BigInt(date.getTime()) * 1_000_000n, text);
    }),
    { numRuns: 5000 },
  );
});
