import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { TextTimes } from './timestamp-formats.ts';

const now = '2026-01-15T12:00:00Z';

function timesIn(zone: string, nowText = now): TextTimes {
  return new TextTimes({ zone, nowMs: () => Date.parse(nowText) });
}

function nsOf(times: TextTimes): bigint {
  return (BigInt(times.high) << 32n) | BigInt(times.low);
}

/** The time at the beginning of a text, to milliseconds, and what follows it. */
function read(text: string, times = timesIn('UTC')): [time: string, rest: string] | undefined {
  const bytes = new TextEncoder().encode(text);
  const behind = times.read(bytes, 0, bytes.length);
  return behind < 0 ? undefined : [new Date(Number(nsOf(times) / 1_000_000n)).toISOString(), text.slice(behind)];
}

const shapes: readonly (readonly [text: string, time: string, rest?: string])[] = [
  ['2015-10-18 18:01:47,978 INFO', '2015-10-18T18:01:47.978Z', ' INFO'],
  ['2015-10-18T18:01:47.978Z x', '2015-10-18T18:01:47.978Z', ' x'],
  ['2015-10-18t18:01:47z', '2015-10-18T18:01:47.000Z'],
  ['2015-10-18T18:01:47+02:00', '2015-10-18T16:01:47.000Z'],
  ['2015-10-18 18:01:47 -0700 x', '2015-10-19T01:01:47.000Z', ' x'],
  ['2015-10-18 18:01:47 - x', '2015-10-18T18:01:47.000Z', ' - x'],
  ['2015-10-18 18:01', '2015-10-18T18:01:00.000Z'],
  ['2015-10-18', '2015-10-18T00:00:00.000Z'],
  ['2015/10/18 18:01:47 [error]', '2015-10-18T18:01:47.000Z', ' [error]'],
  ['2015-6-3 8:01:47', '2015-06-03T08:01:47.000Z'],
  ['2005-06-03-15.42.50.675872 R02', '2005-06-03T15:42:50.675Z', ' R02'],
  ['20151018T180147Z', '2015-10-18T18:01:47.000Z'],
  ['20151018-18:01:47:978|', '2015-10-18T18:01:47.978Z', '|'],
  ['20151018180147', '2015-10-18T18:01:47.000Z'],
  ['081109 203615 148', '2008-11-09T20:36:15.000Z', ' 148'],
  ['151018 18:01:47 [', '2015-10-18T18:01:47.000Z', ' ['],
  ['151018  8:01:47', '2015-10-18T08:01:47.000Z'],
  ['17/06/09 20:10:40 INFO', '2017-06-09T20:10:40.000Z', ' INFO'],
  ['10/Oct/2000:13:55:36 -0700]', '2000-10-10T20:55:36.000Z', ']'],
  ['06/Feb/2009:12:14:14.655]', '2009-02-06T12:14:14.655Z', ']'],
  ['18-Oct-2015 18:01:47.978 INFO', '2015-10-18T18:01:47.978Z', ' INFO'],
  ['18 Oct 2015 18:01:47.978 *', '2015-10-18T18:01:47.978Z', ' *'],
  ['18.10.2015 18:01:47', '2015-10-18T18:01:47.000Z'],
  ['10/18/2015 6:01:47 PM', '2015-10-18T18:01:47.000Z'],
  ['18/10/2015 18:01:47', '2015-10-18T18:01:47.000Z'],
  ['3/4/2015 12:00:00 AM', '2015-03-04T00:00:00.000Z'],
  ['Oct 18 18:01:47 host', '2025-10-18T18:01:47.000Z', ' host'],
  ['Oct  8 18:01:47.123 host', '2025-10-08T18:01:47.123Z', ' host'],
  ['Oct 18 2015 18:01:47: %ASA', '2015-10-18T18:01:47.000Z', ': %ASA'],
  ['Jan 2, 2006 3:04:05 PM com', '2006-01-02T15:04:05.000Z', ' com'],
  ['Sun Dec 04 04:47:44 2005]', '2005-12-04T04:47:44.000Z', ']'],
  ['Sun Dec 04 04:47:44.123456 2005]', '2005-12-04T04:47:44.123Z', ']'],
  ['Sun Dec  4 04:47:44 UTC 2005', '2005-12-04T04:47:44.000Z'],
  ['Mon, 02 Jan 2006 15:04:05 GMT', '2006-01-02T15:04:05.000Z'],
  ['Mon, 2 Jan 2006 15:04:05 -0700', '2006-01-02T22:04:05.000Z'],
  ['Monday, 02-Jan-06 15:04:05 MST', '2006-01-02T22:04:05.000Z'],
  ['2015-10-18 18:01:47 CEST x', '2015-10-18T16:01:47.000Z', ' x'],
  ['2015-10-18 18:01:47 UTC+2 x', '2015-10-18T16:01:47.000Z', ' x'],
  ['2015-10-18 18:01:47 GMT-05:30', '2015-10-18T23:31:47.000Z'],
  ['2015-10-18 18:01:47 EST', '2015-10-18T23:01:47.000Z'],
  ['2015-10-18 18:01:47 INFO', '2015-10-18T18:01:47.000Z', ' INFO'],
  ['10.30 16:49:06]', '2025-10-30T16:49:06.000Z', ']'],
  ['03-17 16:13:38.811  1702', '2025-03-17T16:13:38.811Z', '  1702'],
  ['14:06:17.123 [main]', '2026-01-14T14:06:17.123Z', ' [main]'],
  ['10:06:17 [main]', '2026-01-15T10:06:17.000Z', ' [main]'],
  ['1700000000', '2023-11-14T22:13:20.000Z'],
  ['1700000000.5 x', '2023-11-14T22:13:20.500Z', ' x'],
  ['1700000000123', '2023-11-14T22:13:20.123Z'],
  ['1700000000123456', '2023-11-14T22:13:20.123Z'],
  ['1700000000123456789', '2023-11-14T22:13:20.123Z'],
  ['2016-12-31 23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2016-02-29 00:00:00', '2016-02-29T00:00:00.000Z'],
];

test('shapes of times, and where they end', () => {
  for (const [text, time, rest = ''] of shapes) assert.deepEqual(read(text), [time, rest], text);
});

test('what is no time', () => {
  const none = ['', '42', '10.5', '10.5 volts', '12345678901', '12', 'Jan', 'Jan 2 foo', 'Monday', 'may be', '2015-13-18 18:01:47'];
  const more = [
    '2015-02-29 10:00:00',
    '2015-10-18 24:01:47',
    '2015-10-18x',
    '18:61:00',
    '99999999 10:00:00',
    'v1.2.3',
    '10.0.0.1',
    '1/2',
    '--',
  ];
  for (const text of [...none, ...more, '2015-10-18T', '5000000000', '20151318180147', '31/Feb/2015:10:00:00 +0000']) {
    const found = read(text);
    // a date alone is one, where what follows cannot belong to it
    assert.ok(found === undefined || found[1] !== '', `${text}: ${String(found)}`);
    if (text !== '2015-10-18 24:01:47') assert.equal(found, undefined, text);
  }
});

test('nine digits of a fraction are kept', () => {
  const times = timesIn('UTC');
  for (const text of ['2015-10-18T18:01:47.123456789Z', '1445191307.123456789', '1445191307123456789']) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(times.readWhole(bytes, 0, bytes.length), true, text);
    assert.equal(nsOf(times), 1_445_191_307_123_456_789n, text);
  }
});

test('the missing year is the last that is not more than a day ahead', () => {
  for (const [nowText, text, time] of [
    ['2026-01-01T00:00:05Z', 'Dec 31 23:59:59 h', '2025-12-31T23:59:59.000Z'],
    ['2025-12-31T23:59:58Z', 'Jan  1 00:00:01 h', '2026-01-01T00:00:01.000Z'],
    ['2026-06-01T00:00:00Z', 'Jun  1 20:00:00 h', '2026-06-01T20:00:00.000Z'],
    ['2026-06-01T00:00:00Z', 'Jun  3 20:00:00 h', '2025-06-03T20:00:00.000Z'],
    ['2026-06-01T00:00:00Z', 'Feb 29 20:00:00 h', '2024-02-29T20:00:00.000Z'],
  ] as const) {
    assert.deepEqual(read(text, timesIn('UTC', nowText)), [time, ' h']);
  }
});

test('zones: summer, winter, the hour that comes twice, the one that is left out', () => {
  const berlin = timesIn('Europe/Berlin');
  for (const [text, time] of [
    ['2015-07-18 12:00:00', '2015-07-18T10:00:00.000Z'],
    ['2015-01-18 12:00:00', '2015-01-18T11:00:00.000Z'],
    ['2015-10-25 02:30:00', '2015-10-25T00:30:00.000Z'],
    ['2015-10-25 03:00:00', '2015-10-25T02:00:00.000Z'],
    ['2015-03-29 01:59:59', '2015-03-29T00:59:59.000Z'],
    ['2015-03-29 02:30:00', '2015-03-29T01:30:00.000Z'],
    ['2015-03-29 03:00:00', '2015-03-29T01:00:00.000Z'],
    ['2015-07-18 12:00:00Z', '2015-07-18T12:00:00.000Z'],
  ]) {
    assert.deepEqual(read(text, berlin), [time, ''], text);
  }
  assert.deepEqual(read('2015-07-18 12:00:00', timesIn('+05:30')), ['2015-07-18T06:30:00.000Z', '']);
  assert.throws(
    () => timesIn('Mars/Base'),
    (error) => error instanceof AppError && error.code === 'bad_request',
  );
});

test('any time printed in any shape is read back', () => {
  const times = timesIn('UTC', '2199-01-01T00:00:00Z');
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
      const date = new Date(ms);
      const iso = date.toISOString();
      const [day, clock] = [iso.slice(0, 10), iso.slice(11, 23)];
      const [year, month, dayOfMonth] = day.split('-');
      const name = names[Number(month) - 1];
      for (const text of [
        iso,
        `${day} ${clock}`,
        `${year}/${month}/${dayOfMonth} ${clock.replace('.', ',')}`,
        `${dayOfMonth}/${name}/${year}:${clock} +0000`,
      ]) {
        assert.deepEqual(read(text, times), [iso, '']);
      }
      assert.deepEqual(read(`${name} ${Number(dayOfMonth)} ${clock} ${year}`, times), [iso, '']);
      assert.deepEqual(read(`${year}${month}${dayOfMonth}T${clock.replaceAll(':', '')}`, times), [iso, '']);
    }),
    { numRuns: 2000 },
  );
});

test('any bytes: a place within them, or none', () => {
  const times = timesIn('Europe/Berlin');
  const alphabet = fc.constantFrom(...'0123456789:/-. ,+TZJanOctMon:'.split(''));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: alphabet, maxLength: 40 }), fc.string({ maxLength: 40 })), (text) => {
      const bytes = new TextEncoder().encode(text);
      const behind = times.read(bytes, 0, bytes.length);
      assert.ok(behind === -1 || (behind > 0 && behind <= bytes.length));
    }),
    { numRuns: 20_000 },
  );
});
