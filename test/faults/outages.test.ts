/**
 * What the product does while something it needs is away: the engine is down under load, the disk is full. Ingestion
 * says what it can take, nothing that was acknowledged is lost, and it recovers by itself.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/product.ts';
import { engineOutage } from './engine-outage.ts';
import { KillRun, smallFlushes } from './kill-nine.ts';
import { NumberedSenders } from './numbered-lines.ts';

test(
  'while the engine is down lines are taken and tailed, search says 503 and why, and then everything is found',
  { timeout: 180_000 },
  (t) => engineOutage(t, 8000),
);

test('a full disk refuses with 503 or 429 and Retry-After, loses nothing, and is over when there is room', {
  timeout: 180_000,
}, async (t) => {
  const directory = await smallDisk(t, 96);
  if (directory === undefined) return t.skip('a tmpfs cannot be mounted here');
  const flags = [...smallFlushes, '--log.min_free_bytes=4MB', '--log.segment_bytes=1MB'];
  const run = await KillRun.start(t, flags, new NumberedSenders({ pauseMs: 10 }), join(directory, 'data'));
  await sleep(3000);
  const ballast = join(directory, 'ballast');
  await fill(ballast);
  await eventually(
    async () => run.senders.refusals.length,
    (count) => count >= 5,
    60_000,
  );
  await sleep(4000);
  for (const { status, retryAfter, code } of run.senders.refusals) {
    assert.ok(status === 503 || status === 429, `${status} ${code}`);
    assert.ok(Number(retryAfter) >= 1, `Retry-After of ${status} ${code} is ${retryAfter}`);
  }
  assert.equal((await run.product.status())['engine'].status, 'ready');
  const acknowledgedFull = run.senders.acknowledgedLines;
  await rm(ballast);
  await eventually(
    async () => run.senders.acknowledgedLines,
    (count) => count > acknowledgedFull + 2000,
    60_000,
  );
  await run.works();
  await run.compare();
});

test('counts never fall while lines arrive and are flushed, and are right at the end', { timeout: 120_000 }, async (t) => {
  const run = await KillRun.start(
    t,
    ['--store.flush_rows=3000', '--store.flush_age=1s'],
    new NumberedSenders({ clients: 2, batchLines: 300 }),
  );
  const generation = async (): Promise<number> => (await run.product.status())['store'].generation;
  const before = await generation();
  await eventually(generation, (now) => now >= before + 8 && run.counter.complete >= 40, 60_000);
  assert.equal(run.counter.incomplete, 0);
  assert.deepEqual([...run.counter.refusals], []);
  await run.compare();
});

/** A file system of so many MB, or undefined where mounting is not allowed. */
async function smallDisk(t: TestContext, megabytes: number): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    await rm(directory, { recursive: true });
    return undefined;
  }
  t.after(async () => {
    execFileSync('umount', ['--lazy', directory]);
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Takes all room that is left. */
async function fill(path: string): Promise<void> {
  await writeFile(path, '');
  const chunk = Buffer.alloc(2 ** 20);
  for (let size = 0; ; size += chunk.length) {
    try {
      await writeFile(path, chunk, { flag: 'a' });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      await truncate(path, size);
      await writeFile(path, chunk, { flag: 'a' }).catch(() => undefined);
      return;
    }
  }
}
