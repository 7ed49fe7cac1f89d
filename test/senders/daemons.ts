/** Programs that follow files and send until their test ends. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentFor } from './programs.ts';
import type { Program } from './programs.ts';

/** Starts a file of unpacked packages; ends it after the test. */
export function startDaemon(t: TestContext, program: Program, path: string, flags: readonly string[]): ChildProcess {
  return startProgram(t, join(program.directory, path), flags, environmentFor(program));
}

/** Starts a program; ends it after the test. */
export function startProgram(t: TestContext, path: string, flags: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(path, flags, { env, stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  return child;
}

/** Lines of a file that a daemon follows, numbered. */
export const linesFrom = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i} ünïcode\n`).join('');

/** The same as JSON objects. */
export const numberedObjects = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => {
    const message = `line ${from + i} ünïcode`;
    return `${JSON.stringify({ message, level: 'warn', service: 'shop', host: 'web-1', user: 'u1', deep: { flag: true } })}\n`;
  }).join('');

/** Writes a thousand numbered lines a second into a file all the while that something happens to the server; how many in the end. */
export async function writeWhile(
  file: string,
  happens: () => Promise<void>,
  leastLines = 5_000,
  linesOf: typeof linesFrom = linesFrom,
): Promise<number> {
  let isOver = false;
  const happening = sleep(1000)
    .then(happens)
    .finally(() => (isOver = true));
  let written = 0;
  while (!isOver || written < leastLines) {
    await appendFile(file, linesOf(written, written + 100));
    written += 100;
    await sleep(100);
  }
  await happening;
  return written;
}
