import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../test/faults/simulated-clock.ts';
import { machineCoreTimes, MachineLoad } from './machine-load.ts';

test('says how much of all cores was in use since the last look, which is at most every half second', () => {
  const clock = new SimulatedClock();
  let times = { busyMs: 1000, idleMs: 5000 };
  let looks = 0;
  const load = new MachineLoad(clock, () => {
    looks += 1;
    return times;
  });
  times = { busyMs: 1900, idleMs: 5100 };
  clock.advance(499);
  assert.deepEqual([load.busyShare, looks], [0, 1]);
  clock.advance(1);
  assert.deepEqual([load.busyShare, looks], [0.9, 2]);
  times = { busyMs: 1900, idleMs: 7100 };
  clock.advance(100);
  assert.deepEqual([load.busyShare, looks], [0.9, 2]);
  clock.advance(900);
  assert.deepEqual([load.busyShare, looks], [0, 3]);
  clock.advance(500);
  assert.equal(load.busyShare, 0, 'times that stand still say nothing');
});

test('the times of this machine rise', () => {
  const before = machineCoreTimes();
  const after = machineCoreTimes();
  assert.ok(before.busyMs > 0 && after.busyMs >= before.busyMs && after.idleMs >= before.idleMs);
});
