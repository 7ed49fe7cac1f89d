import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../../test/faults/simulated-clock.ts';
import { CpuBudget } from './cpu-budget.ts';

function start(share: number) {
  const clock = new SimulatedClock();
  let [cpuMs, busyShare] = [0, 0];
  const budget = new CpuBudget({ clock, cpuMs: () => cpuMs, busyShare: () => busyShare, share });
  return {
    clock,
    budget,
    work: (ms: number, elsewhereMs = 0): number => budget.charge(() => (cpuMs += ms), elsewhereMs),
    setBusy: (value: number) => (busyShare = value),
  };
}

/** How long it takes until there is room again. */
function pauseMs(clock: SimulatedClock, budget: CpuBudget): number {
  for (let ms = 0; ms < 100_000; ms += 1) {
    if (budget.hasRoom) return ms;
    clock.advance(1);
  }
  throw new Error('there is never room again');
}

test('work is paid back at the share, with what its garbage costs; beside that half a second is saved up', () => {
  const { clock, budget, work } = start(0.1);
  // 50 ms are saved up; 60 ms of work cost 90 ms
  assert.equal(work(60), 90);
  assert.ok(Math.abs(pauseMs(clock, budget) - 400) <= 2);
  assert.equal(budget.spreadMs(10), 100);
});

test('what is done elsewhere counts as it is', () => {
  const { clock, budget, work } = start(0.1);
  assert.equal(work(0, 70), 70);
  assert.ok(Math.abs(pauseMs(clock, budget) - 200) <= 2);
});

test('on a busy machine all takes three times as long, and only then', () => {
  const { clock, budget, work, setBusy } = start(0.1);
  setBusy(0.9);
  work(60);
  assert.ok(Math.abs(pauseMs(clock, budget) - 1200) <= 4);
  assert.ok(Math.abs(budget.spreadMs(10) - 300) < 1e-6);
  setBusy(0.89);
  assert.equal(budget.spreadMs(10), 100);
});

test('a share of 0 never has room, and spreads for ever', () => {
  const { clock, budget } = start(0);
  clock.advance(1e6);
  assert.equal(budget.hasRoom, false);
  assert.equal(budget.spreadMs(1), Number.POSITIVE_INFINITY);
});
