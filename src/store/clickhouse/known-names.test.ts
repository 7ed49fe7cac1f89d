/** What is said of a word: never that no line has it where one may, whatever was read, failed or rewritten meanwhile. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { silentLogger } from '#platform/logger.ts';
import type { ReadOptions } from '../log-store.ts';
import type { RowsResult } from './database.ts';
import { RowBudgetExceeded } from './database.ts';
import { KnownNames } from './known-names.ts';
import type { Snapshot } from './snapshots.ts';

const options: ReadOptions = { limits: { timeoutMs: 1000, maxMemoryBytes: 2 ** 30, maxScannedRows: 1_000_000 } };

const snapshotOf = (generation: number): Snapshot => ({
  generation,
  replacements: [],
  memtables: [],
  liveExtent: { fromNs: 0n, toNs: 0n },
  incompleteReason: undefined,
  release() {},
});

const lengths = (...of: readonly number[]): string => of.reduce((bits, length) => bits | (1n << BigInt(length)), 0n).toString();

/** A table of which generation `g` has a service `service-g` and a host `host-g`, and ids of 16 and 32 characters. */
class Bed {
  rewrites = 0;
  readonly reads: [number, number][] = [];
  fails: Error | undefined;
  /** Reads wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly names: KnownNames;

  constructor(idLengths: readonly number[] = [0, 16, 32]) {
    const changes = {};
    Object.defineProperty(changes, 'rewrites', { get: () => this.rewrites });
    const select = async (_: string, parameters: Readonly<Record<string, unknown>>): Promise<RowsResult> => {
      const [from, to] = [Number(parameters['from_gen']), Number(parameters['to_gen'])];
      this.reads.push([from, to]);
      await this.gate;
      if (this.fails !== undefined) throw this.fails;
      const rows = Array.from({ length: to - from }, (__, index) => from + index + 1);
      return { rows: rows.map((at) => [`service-${at}`, `host-${at}`, lengths(...idLengths)]), scannedRows: rows.length };
    };
    this.names = new KnownNames({ database: { select }, changes: changes as { rewrites: number }, logger: silentLogger });
  }

  absent(generation: number, ...words: readonly string[]): readonly string[] {
    return this.names.absentAmong(words, 'acme', snapshotOf(generation), options);
  }

  /** After what the first question began to read is there. */
  async absentThen(generation: number, ...words: readonly string[]): Promise<readonly string[]> {
    this.absent(generation, ...words);
    await settled();
    const absent = this.absent(generation, ...words);
    await settled();
    return absent;
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}

test('nothing is said before it was read, and nobody waits', async () => {
  const bed = new Bed();
  assert.deepEqual(bed.absent(2, 'timeout'), []);
  assert.deepEqual(await bed.absentThen(2, 'timeout'), ['timeout']);
  assert.deepEqual(bed.reads, [[0, 2]]);
});

test('services, hosts and what is as long as an id may be names', async () => {
  const bed = new Bed();
  const maybe = ['service-1', 'host-2', 'a'.repeat(16), 'b'.repeat(32), 'ö'.repeat(8)];
  const absent = ['service-3', 'host-0', 'ö'.repeat(16) + 'x', 'c'.repeat(31), 'd'.repeat(200), 'HOST-1'];
  assert.deepEqual(await bed.absentThen(2, ...maybe, ...absent), absent);
});

test('very long ids count as of one length', async () => {
  const bed = new Bed([63]);
  const [long, longer, short] = [63, 500, 62].map((length) => 'a'.repeat(length));
  assert.deepEqual(await bed.absentThen(1, long, longer, short), [short]);
});

test('of a commit nothing is said until what it added was read, once and alone', async () => {
  const bed = new Bed();
  await bed.absentThen(2, 'x');
  const { promise, resolve } = Promise.withResolvers<void>();
  bed.gate = promise;
  assert.deepEqual([bed.absent(3, 'service-3', 'x'), bed.absent(3, 'service-3', 'x')], [[], []]);
  // an older snapshot is known as before
  assert.deepEqual(bed.absent(2, 'service-3', 'x'), ['service-3', 'x']);
  resolve();
  assert.deepEqual(await bed.absentThen(3, 'service-3', 'x'), ['x']);
  assert.deepEqual(bed.reads, [
    [0, 2],
    [2, 3],
  ]);
});

test('rewritten lines are read anew, and what was being read is forgotten', async () => {
  const bed = new Bed();
  await bed.absentThen(2, 'x');
  const { promise, resolve } = Promise.withResolvers<void>();
  bed.gate = promise;
  bed.absent(3, 'x');
  bed.rewrites++;
  assert.deepEqual(bed.absent(3, 'x'), []);
  resolve();
  assert.deepEqual(await bed.absentThen(3, 'service-1', 'x'), ['x']);
  assert.deepEqual(bed.reads.at(-1), [0, 3]);
});

test('what could not be read is tried again; what is too much is not', async () => {
  const bed = new Bed();
  bed.fails = new Error('the engine is gone');
  assert.deepEqual(await bed.absentThen(2, 'x'), []);
  bed.fails = undefined;
  assert.deepEqual(await bed.absentThen(2, 'x'), ['x']);
  bed.fails = new RowBudgetExceeded();
  const reads = bed.reads.length;
  assert.deepEqual([await bed.absentThen(3, 'x'), await bed.absentThen(4, 'x')], [[], []]);
  assert.equal(bed.reads.length, reads + 1);
});

test('more names than are kept count as too much', async () => {
  const bed = new Bed();
  assert.deepEqual(await bed.absentThen(10_001, 'x'), []);
  assert.deepEqual(await bed.absentThen(10_002, 'x'), []);
  assert.equal(bed.reads.length, 1);
});
