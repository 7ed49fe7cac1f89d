/**
 * The ceiling of a run: what the raw engine does with the same lines when all other work is already done. Ready-made
 * Native blocks of 50 K lines go into a plain MergeTree table, without text index, fsync, HTTP or decoding. The goals
 * of the product are ratios to this, measured on the same machine in the same run.
 *
 * The blocks are made by the engine itself from the generator's JSON, so that the ceiling does not depend on the
 * product's own encoder.
 */
import { fork } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InsertFigures } from './ceiling/child.ts';
import { LineGenerator } from './generator.ts';
import type { LineSet } from './generator.ts';

export interface Ceiling {
  readonly lines: number;
  readonly linesPerSecond: number;
  /** CPU of the inserts alone, and until merges rest, for the lines of the run. */
  readonly insertCpuSeconds: number;
  readonly restCpuSeconds: number;
  readonly bytesPerLine: number;
}

export interface CeilingOptions {
  readonly set?: LineSet;
  readonly lines: number;
  readonly endMs: number;
  readonly rangeMs: number;
  /** Emptied and removed afterwards. */
  readonly directory: string;
}

const blockLines = 50_000;
const jobTimeoutMs = 300_000;
const childFile = join(import.meta.dirname, 'ceiling', 'child.ts');

/** Measures the raw engine with the lines that the generator makes of the same options. */
export async function measureCeiling({ set, lines, endMs, rangeMs, directory }: CeilingOptions): Promise<Ceiling> {
  await mkdir(directory, { recursive: true });
  try {
    const blockFiles: string[] = [];
    const generator = new LineGenerator({ set, lines, endMs, rangeMs, batchLines: blockLines, encoding: 'identity' });
    for (const { body } of generator.batches()) {
      const jsonFile = join(directory, `${blockFiles.length}.json`);
      const nativeFile = join(directory, `${blockFiles.length}.native`);
      await writeFile(jsonFile, body.subarray('{"logs":'.length, body.length - 1));
      await runJob('prepare', join(directory, 'prepare'), [jsonFile, nativeFile]);
      await rm(jsonFile);
      blockFiles.push(nativeFile);
    }
    const figures = await runJob('insert', join(directory, 'plain'), blockFiles);
    if (figures === undefined || figures.rows !== lines) throw new Error(`the ceiling holds ${figures?.rows} lines instead of ${lines}`);
    return {
      lines,
      linesPerSecond: (1000 * lines) / figures.wallMs,
      insertCpuSeconds: figures.insertCpuMs / 1000,
      restCpuSeconds: figures.restCpuMs / 1000,
      bytesPerLine: figures.bytesOnDisk / lines,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runJob(job: 'prepare' | 'insert', dataDirectory: string, files: readonly string[]): Promise<InsertFigures | undefined> {
  return new Promise((resolve, reject) => {
    let figures: InsertFigures | undefined;
    const child = fork(childFile, [job, dataDirectory, ...files], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), jobTimeoutMs);
    child.on('message', (message) => (figures = message as InsertFigures));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(figures);
      else reject(new Error(`the raw engine ended with ${signal ?? code} at "${job}"`));
    });
  });
}
