import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '#base/errors.ts';
import { checkWidth, resolveTimeRange } from './time-range.ts';
import type { ResolveOptions, TimeRangeSpec } from './time-range.ts';

const nowMs = Date.UTC(2025, 6, 31, 12);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const settings = { default_range: hourMs, future_allowance: 60_000, max_range: 30 * dayMs, max_wide_range: 90 * dayMs };
const search: ResolveOptions = { nowMs, openEnd: 'future-allowance' };

const relativeMs = (ns: bigint): number => Number(ns / 1_000_000n) - nowMs;

const accepted: readonly (readonly [TimeRangeSpec | undefined, ResolveOptions['openEnd'], number, number, boolean])[] = [
  [undefined, 'future-allowance', -hourMs, 60_000, true],
  [undefined, 'now', -hourMs, 0, true],
  [{}, 'now', -hourMs, 0, true],
  [{ last: '1h' }, 'future-allowance', -hourMs, 60_000, false],
  [{ last: '1h30m' }, 'now', -1.5 * hourMs, 0, false],
  [{ from: 'now-2h' }, 'future-allowance', -2 * hourMs, 60_000, false],
  [{ from: 'now-2h', to: 'now' }, 'future-allowance', -2 * hourMs, 0, false],
  [{ from: 'now-1d/d', to: 'now/d' }, 'now', -36 * hourMs, -12 * hourMs, false],
  [{ to: '2025-07-31T10:00:00Z' }, 'future-allowance', -3 * hourMs, -2 * hourMs, false],
  [{ from: nowMs, to: 'now+5m' }, 'now', 0, 300_000, false],
];

for (const [spec, openEnd, fromMs, toMs, byDefault] of accepted) {
  test(`${JSON.stringify(spec) ?? 'no range'}, open end ${openEnd}`, () => {
    const range = resolveTimeRange(spec, { nowMs, openEnd }, settings);
    assert.deepEqual([relativeMs(range.fromNs), relativeMs(range.toNs), range.byDefault], [fromMs, toMs, byDefault]);
  });
}

const refused: readonly (readonly [TimeRangeSpec, RegExp])[] = [
  [{ from: 'now', to: 'now-1h' }, /turned round/],
  [{ from: 'now-1h', to: 'now-1h' }, /is empty/],
  [{ from: 'now+1h' }, /turned round/],
  [{ from: 'yesterday' }, /cannot read "from": "yesterday"/],
  [{ to: '32 July' }, /cannot read "to"/],
  [{ last: 'soon' }, /cannot read "last"/],
  [{ last: '60' }, /not a duration/],
  [{ last: '0s' }, /not a duration/],
  [{ last: '-1h' }, /not a duration/],
  [{ last: '1h', from: 'now-2h' }, /not both/],
  [{ from: 'x'.repeat(1000) }, /"x{80}…"/],
];

for (const [spec, message] of refused) {
  test(`refuses ${JSON.stringify(spec).slice(0, 60)}`, () => {
    assert.throws(
      () => resolveTimeRange(spec, search, settings),
      (error: AppError) => error.code === 'invalid_time_range' && message.test(error.message),
    );
  });
}

test('a duration beyond 1970 begins at 1970', () => {
  assert.equal(resolveTimeRange({ last: '99999d' }, search, settings).fromNs, 0n);
});

const rangeOfDays = (days: number) => resolveTimeRange({ from: `now-${days}d`, to: 'now' }, search, settings);

test('30 days pass, 32 do not, and the error names setting and way out', async () => {
  await checkWidth(resolveTimeRange({ last: '30d' }, search, settings), false, settings);
  await checkWidth(resolveTimeRange({ from: 'now-30d/d' }, search, settings), false, settings);
  await assert.rejects(checkWidth(rangeOfDays(32), false, settings), (error: AppError) => {
    assert.equal(error.code, 'limit_exceeded');
    assert.equal(error.details['setting'], 'search.max_range');
    assert.match(error.message, /32d wide, over the bound of 30d.*allow_wide_range/);
    return true;
  });
});

test('the override widens to its own bound and no further', async () => {
  await checkWidth(rangeOfDays(90), true, settings);
  await assert.rejects(
    checkWidth(rangeOfDays(92), true, settings),
    (error: AppError) => error.details['setting'] === 'search.max_wide_range',
  );
});

test('a wide range is measured over the part in which lines exist', async () => {
  const extentOf = (fromDays: number, toDays: number) => async () => rangeFromTo(fromDays, toDays);
  const rangeFromTo = (fromDays: number, toDays: number) => ({
    fromNs: BigInt(nowMs - fromDays * dayMs) * 1_000_000n,
    toNs: BigInt(nowMs - toDays * dayMs) * 1_000_000n,
  });
  await checkWidth(rangeOfDays(400), false, settings, extentOf(20, 0));
  await checkWidth(rangeOfDays(400), false, settings, async () => undefined);
  await checkWidth(rangeOfDays(40), false, settings, extentOf(500, 20));
  await assert.rejects(checkWidth(rangeOfDays(400), false, settings, extentOf(35, 0)), /35d wide/);
});

test('the extent is not asked for a range within the bound', async () => {
  await checkWidth(rangeOfDays(30), false, settings, () => assert.fail('asked'));
});
