import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { timeWindow } from './time-window.ts';

const nowMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;

function refusal(offsetMs: number | undefined, max_age: number, max_future: number) {
  const builder = new LogBatchBuilder();
  builder.finisher = timeWindow({ max_age, max_future }, () => nowMs);
  builder.begin();
  if (offsetMs !== undefined) {
    const ns = BigInt(nowMs + offsetMs) * 1_000_000n;
    builder.setTime(Number(ns >> 32n), Number(ns & 0xffff_ffffn));
  }
  return builder.commit();
}

test('times outside the window are refused, others and missing ones are not', () => {
  const cases: readonly [offsetMs: number | undefined, isRefused: boolean][] = [
    [undefined, false],
    [-hourMs, false],
    [-hourMs - 1, true],
    [10_000, false],
    [10_001, true],
  ];
  for (const [offsetMs, isRefused] of cases) {
    assert.equal(refusal(offsetMs, hourMs, 10_000), isRefused ? 'timestamp_out_of_window' : undefined, String(offsetMs));
  }
});

test('a bound of 0 is none', () => {
  assert.equal(
    timeWindow({ max_age: 0, max_future: 0 }, () => nowMs),
    undefined,
  );
  assert.equal(refusal(-1000 * hourMs, 0, 10_000), undefined);
  assert.equal(refusal(1000 * hourMs, hourMs, 0), undefined);
});
