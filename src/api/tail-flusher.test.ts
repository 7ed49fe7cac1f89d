import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { TailCpuShare } from '#consumers/live-tail.ts';
import { SimulatedClock } from '../../test/faults/simulated-clock.ts';
import { TailFlusher } from './tail-flusher.ts';
import type { TailConnection } from './tail-flusher.ts';

const share = 0.1;

/** A flusher whose connections take the given time of the core each time they are flushed. */
function start(t: { after(fn: () => void): void }, costMs: number) {
  const clock = new SimulatedClock();
  const flushedAtMs: number[] = [];
  let chargedMs = 0;
  const cpuShare: TailCpuShare = {
    charge(work, elsewhereMs = 0) {
      work();
      chargedMs += costMs + elsewhereMs;
      return costMs + elsewhereMs;
    },
    spreadMs: (workMs) => workMs / share,
  };
  const flusher = new TailFlusher({ clock, cpuShare, flushIntervalMs: 50, heartbeatIntervalMs: 15_000 });
  t.after(() => flusher.stop());
  const connect = (): TailConnection => {
    const connection: TailConnection = {
      flush() {
        flushedAtMs.push(clock.monotonicMs());
        clock.advance(costMs);
      },
      heartbeat: () => undefined,
      end: () => undefined,
    };
    flusher.add(connection);
    return connection;
  };
  /** Time passes in small steps. */
  const pass = async (durationMs: number): Promise<void> => {
    for (let ms = 0; ms < durationMs; ms += 1) {
      clock.advance(1);
      await setImmediate();
    }
  };
  return { flusher, connect, pass, flushedAtMs, chargedMs: () => chargedMs };
}

test('the first line after a calm is sent at once, the next ones an interval later', async (t) => {
  const { flusher, connect, pass, flushedAtMs } = start(t, 0);
  const connection = connect();
  flusher.schedule(connection);
  await setImmediate();
  flusher.schedule(connection);
  flusher.schedule(connection);
  await pass(200);
  assert.deepEqual(flushedAtMs, [0, 50]);
});

test('after an expensive round the next one waits until the CPU share has paid for it, relaying included', async (t) => {
  const { flusher, connect, pass, flushedAtMs, chargedMs } = start(t, 3);
  const connections = [connect(), connect(), connect()];
  for (const connection of connections) flusher.schedule(connection);
  await pass(10);
  assert.equal(flushedAtMs.length, 3);
  assert.ok(chargedMs() > 9 && chargedMs() < 10, `${chargedMs()} ms were charged`);
  for (const connection of connections) flusher.schedule(connection);
  await pass(70);
  assert.equal(flushedAtMs.length, 3);
  await pass(30);
  assert.equal(flushedAtMs.length, 6);
  assert.ok(flushedAtMs[3] >= 9 / share, `the second round began at ${flushedAtMs[3]} ms`);
});

test('a connection that goes during a round is not flushed any more', async (t) => {
  const { flusher, connect, pass, flushedAtMs } = start(t, 10);
  const connections = [connect(), connect()];
  for (const connection of connections) flusher.schedule(connection);
  while (flushedAtMs.length === 0) await Promise.resolve();
  flusher.remove(connections[1]);
  await pass(500);
  assert.equal(flushedAtMs.length, 1);
});
