/**
 * A disk that is filled under load and emptied again: what is refused, what goes on, and what is found afterwards. The file
 * system is a small one of its own.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/product.ts';
import { KillRun, smallFlushes } from './kill-nine.ts';
import { NumberedSenders } from './numbered-lines.ts';

/** Fills it so many times. */
export async function fullDisk(t: TestContext, times: number): Promise<void> {
  const directory = await smallDisk(t, 96);
  if (directory === undefined) return t.skip('a tmpfs cannot be mounted here');
  const flags = [...smallFlushes, '--log.min_free_bytes=4MB', '--log.segment_bytes=1MB'];
  const run = await KillRun.start(t, flags, new NumberedSenders({ pauseMs: 10 }), join(directory, 'data'));
  const ballast = join(directory, 'ballast');
  for (let time = 0; time < times; time += 1) {
    await sleep(3000);
    await fillAndEmpty(run, ballast);
    await run.works();
  }
  for (const { status, retryAfter, code } of run.senders.refusals) {
    assert.ok(status === 503 || status === 429, `${status} ${code}`);
    assert.ok(Number(retryAfter) >= 1, `Retry-After of ${status} ${code} is ${retryAfter}`);
  }
  const { store, log } = await run.product.status();
  t.diagnostic(
    `parts of the engine that were not whole: ${store.damaged_parts}; bytes of the log trimmed early: ${log.trimmed_early_bytes}`,
  );
  await run.compare();
}

/** Leaves it full until lines are refused and a while longer, then waits until lines are taken again. */
async function fillAndEmpty(run: KillRun, ballast: string): Promise<void> {
  const refusedBefore = run.senders.refusals.length;
  await fill(ballast);
  await eventually(
    async () => run.senders.refusals.length - refusedBefore,
    (count) => count >= 5,
    60_000,
  );
  await sleep(4000);
  const acknowledgedFull = run.senders.acknowledgedLines;
  await rm(ballast);
  await eventually(
    async () => run.senders.acknowledgedLines,
    (count) => count > acknowledgedFull + 2000,
    60_000,
  );
}

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

/** Takes all room that is left, down to the last page. */
async function fill(path: string): Promise<void> {
  await writeFile(path, '');
  for (let bytes = 2 ** 20; bytes >= 4096; bytes /= 2) {
    const chunk = Buffer.alloc(bytes);
    for (let isFull = false; !isFull; ) {
      await appendFile(path, chunk).catch((error: NodeJS.ErrnoException) => {
        assert.equal(error.code, 'ENOSPC');
        isFull = true;
      });
    }
  }
}
