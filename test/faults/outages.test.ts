/**
 * What the product does while something it needs is away: the engine is down under load, the disk is full. Ingestion
 * says what it can take, nothing that was acknowledged is lost, and it recovers by itself.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { eventually } from '../support/product.ts';
import { engineOutage } from './engine-outage.ts';
import { fullDisk } from './full-disk.ts';
import { KillRun } from './kill-nine.ts';
import { NumberedSenders } from './numbered-lines.ts';

test(
  'while the engine is down lines are taken and tailed, search says 503 and why, and then everything is found',
  { timeout: 420_000 },
  (t) => engineOutage(t, 8000),
);

test('a full disk refuses with 503 or 429 and Retry-After, loses nothing, and is over when there is room', { timeout: 420_000 }, (t) =>
  fullDisk(t, 1),
);

test('counts never fall while lines arrive and are flushed, and are right at the end', { timeout: 420_000 }, async (t) => {
  const run = await KillRun.start(
    t,
    ['--store.flush_rows=3000', '--store.flush_age=1s'],
    new NumberedSenders({ clients: 2, batchLines: 300 }),
  );
  const generation = async (): Promise<number> => (await run.product.status())['store'].generation;
  const before = await generation();
  await eventually(generation, (now) => now >= before + 8 && run.counter.complete >= 40, 120_000);
  assert.equal(run.counter.incomplete, 0);
  assert.deepEqual([...run.counter.refusals], []);
  await run.compare();
});
