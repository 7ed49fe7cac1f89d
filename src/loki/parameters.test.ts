import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultsOf } from '../../test/support/config-defaults.ts';
import { lokiReadingConfig } from './config.ts';
import { Parameters } from './parameters.ts';

const nowMs = Date.UTC(2025, 5, 15, 12);
const config = defaultsOf(lokiReadingConfig);
const of = (text: string): Parameters => new Parameters([...new URLSearchParams(text)]);

const instants: readonly (readonly [string, bigint | RegExp])[] = [
  ['1750000000', 1_750_000_000_000_000_000n],
  ['1750000000123456789', 1_750_000_000_123_456_789n],
  ['1750000000.5', 1_750_000_000_500_000_000n],
  ['1750000000.123456', 1_750_000_000_123_000_000n],
  ['2025-06-15T12:00:00Z', 1_749_988_800_000_000_000n],
  ['2025-06-15T14:00:00.000000001%2B02:00', 1_749_988_800_000_000_001n],
  ['now-1h', 1_749_985_200_000_000_000n],
  ['soon', /could not parse 'time' parameter: cannot parse "soon" to a valid timestamp/],
];
for (const [text, expected] of instants) {
  test(`reads the moment ${text}`, () => {
    const read = (): bigint | undefined => of(`time=${text}`).instant('time', nowMs);
    if (typeof expected === 'bigint') assert.equal(read(), expected);
    else assert.throws(read, expected);
  });
}

test('a range is the last hour, what since says, or from start to end', () => {
  const nowNs = BigInt(nowMs) * 1_000_000n;
  const hourNs = 3_600_000_000_000n;
  assert.deepEqual(of('').range(nowMs), { fromNs: nowNs - hourNs, toNs: nowNs });
  assert.deepEqual(of('since=2h').range(nowMs), { fromNs: nowNs - 2n * hourNs, toNs: nowNs });
  assert.deepEqual(of('start=1&end=2').range(nowMs), { fromNs: 1_000_000_000n, toNs: 2_000_000_000n });
  // an end ahead of now moves no start
  assert.deepEqual(of('end=now%2B1h').range(nowMs), { fromNs: nowNs - hourNs, toNs: nowNs + hourNs });
});

test('steps and limits have bounds that name their settings', () => {
  const range = { fromNs: 0n, toNs: 3_600_000_000_000n };
  assert.equal(of('').stepNs(range, config), 14_000_000_000n);
  assert.equal(of('step=15').stepNs(range, config), 15_000_000_000n);
  assert.equal(of('step=15.5').stepNs(range, config), 15_500_000_000n);
  assert.equal(of('step=60000ms').stepNs(range, config), 60_000_000_000n);
  assert.equal(of('step=1m30s').stepNs(range, config), 90_000_000_000n);
  assert.throws(() => of('step=x').stepNs(range, config), /cannot parse "x" to a valid duration/);
  assert.throws(() => of('step=0.1').stepNs(range, config), {
    code: 'limit_exceeded',
    details: { setting: 'loki.max_steps', max: 11_000 },
  });
  assert.equal(of('').limit(config), 100);
  assert.throws(() => of('limit=5001').limit(config), { code: 'limit_exceeded', details: { setting: 'loki.max_entries', max: 5000 } });
  assert.throws(() => of('limit=0').limit(config), /limit must be a positive value/);
  assert.deepEqual([of('').order(), of('direction=FORWARD').order(), of('direction=backward').order()], ['desc', 'asc', 'desc']);
});

test('lists, and the last of what is given twice', () => {
  assert.deepEqual(of('match=a&match[]=b&match%5B%5D=c').list('match'), ['a', 'b', 'c']);
  assert.equal(of('query=a&query=b').required('query'), 'b');
  assert.throws(() => of('').required('query'), /missing 'query' parameter/);
});
