/** Each way in which counts in memory could be of another state than the question's. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { silentLogger } from '#platform/logger.ts';
import type { ReadOptions } from '../log-store.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Replacement } from './generation-record.ts';
import { KeptRollups } from './kept-rollups.ts';
import { encodeSeries } from './rollup-series.test-support.ts';
import type { Snapshot } from './snapshots.ts';

const options: ReadOptions = { limits: { timeoutMs: 1000, maxMemoryBytes: 2 ** 30, maxScannedRows: 1_000_000 } };
const replacement: Replacement = { generation: 2, origin: 64, fromSequence: 0, toSequence: 1 };

const snapshotOf = (generation: number, replacements: readonly Replacement[] = []): Snapshot => ({
  generation,
  replacements,
  memtables: [],
  liveExtent: { fromNs: 0n, toNs: 0n },
  incompleteReason: undefined,
  release() {},
});

/** A table of which generation `g` has `g` lines, each in a minute of its own. */
class Bed {
  rewrites = 0;
  /** Lines of each generation are so many times more. */
  factor = 1;
  /** Generations read: from, exclusive, and to. */
  readonly reads: [number, number][] = [];
  fails: Error | undefined;
  /** Reads wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly rollups: KeptRollups;

  constructor(maxBytes = 100_000) {
    const changes = {};
    Object.defineProperty(changes, 'rewrites', { get: () => this.rewrites });
    const database = {
      selectBytes: async (_: string, parameters: Readonly<Record<string, unknown>>): Promise<Buffer> => {
        const [from, to] = [Number(parameters['from_gen']), Number(parameters['to_gen'])];
        this.reads.push([from, to]);
        const { factor, fails } = this;
        await this.gate;
        if (fails !== undefined) throw fails;
        const generations = Array.from({ length: to - from }, (__, index) => from + index + 1);
        return encodeSeries(
          generations.map((generation) => ({
            service: 'api',
            environment: '',
            level: 9,
            minute: generation,
            lines: generation * factor,
            weight: generation * factor,
          })),
        );
      },
    };
    this.rollups = new KeptRollups({ database, changes: changes as { rewrites: number }, logger: silentLogger, maxBytes });
  }

  /** Lines in memory; undefined where the engine would be asked. */
  async ask(generation: number, tenant = 'acme', replacements: readonly Replacement[] = []): Promise<number | undefined> {
    const series = await this.rollups.of(tenant, snapshotOf(generation, replacements), options);
    return series?.flatMap(({ lines }) => [...lines]).reduce((sum, lines) => sum + lines, 0);
  }

  /** The same after what it began to read is there. */
  async askTwice(generation: number, tenant = 'acme'): Promise<number | undefined> {
    await this.ask(generation, tenant);
    await settled();
    return this.ask(generation, tenant);
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn();
}

test('the first question is not kept waiting, the next one is answered', async () => {
  const bed = new Bed();
  assert.equal(await bed.ask(3), undefined);
  await settled();
  assert.deepEqual([await bed.ask(3), await bed.ask(3)], [6, 6]);
  assert.deepEqual(bed.reads, [[0, 3]]);
});

test('of a commit only what it added is read, once for all who ask', async () => {
  const bed = new Bed();
  await bed.askTwice(3);
  assert.deepEqual(await Promise.all([bed.ask(5), bed.ask(5)]), [15, 15]);
  assert.deepEqual(bed.reads, [
    [0, 3],
    [3, 5],
  ]);
});

test('an older snapshot is not answered by newer counts', async () => {
  const bed = new Bed();
  await bed.askTwice(5);
  assert.deepEqual([await bed.ask(4), await bed.ask(5)], [undefined, 15]);
});

test('who asks while an older generation is being joined is not answered by it', async () => {
  const bed = new Bed();
  await bed.askTwice(3);
  const { promise, resolve } = Promise.withResolvers<void>();
  bed.gate = promise;
  const answers = [bed.ask(4), bed.ask(5)];
  resolve();
  assert.deepEqual(await Promise.all(answers), [10, undefined]);
  assert.equal(await bed.ask(5), 15);
});

test('rewritten lines are read anew', async () => {
  const bed = new Bed();
  await bed.askTwice(3);
  bed.rewrites++;
  bed.factor = 2;
  assert.equal(await bed.ask(3), undefined);
  await settled();
  assert.equal(await bed.ask(3), 12);
});

test('what was being read when lines were rewritten is thrown away', async () => {
  const bed = new Bed();
  const { promise, resolve } = Promise.withResolvers<void>();
  bed.gate = promise;
  await bed.ask(3);
  bed.rewrites++;
  resolve();
  await settled();
  bed.factor = 2;
  assert.equal(await bed.ask(3), undefined);
  await settled();
  assert.equal(await bed.ask(3), 12);
});

test('the same of what a commit added', async () => {
  const bed = new Bed();
  await bed.askTwice(3);
  const { promise, resolve } = Promise.withResolvers<void>();
  bed.gate = promise;
  const asking = bed.ask(4);
  await settled();
  bed.rewrites++;
  resolve();
  assert.equal(await asking, undefined);
});

test('while replaced lines are not yet deleted the engine is asked', async () => {
  const bed = new Bed();
  await bed.askTwice(3);
  assert.equal(await bed.ask(3, 'acme', [replacement]), undefined);
  assert.deepEqual(bed.reads, [[0, 3]]);
});

test('what could not be read is tried again, and nobody hears of it', async () => {
  const bed = new Bed();
  bed.fails = new Error('the engine is gone');
  assert.equal(await bed.askTwice(3), undefined);
  bed.fails = undefined;
  assert.equal(await bed.askTwice(3), 6);
  bed.fails = new Error('the engine is gone');
  assert.equal(await bed.ask(4), undefined);
  bed.fails = undefined;
  assert.equal(await bed.ask(4), 10);
});

test('a tenant with more than the bound is answered by the engine, and not read again', async () => {
  const tooMany = new Bed(100);
  assert.equal(await tooMany.askTwice(3), undefined);
  const refused = new Bed();
  refused.fails = new RowBudgetExceeded();
  assert.equal(await refused.askTwice(3), undefined);
  assert.deepEqual([tooMany.reads.length, refused.reads.length], [1, 1]);
});

test('tenants do not see each other, and those asked for longest ago go first', async () => {
  const bed = new Bed(1000);
  for (const tenant of ['a', 'b', 'c']) assert.equal(await bed.askTwice(3, tenant), 6);
  assert.equal(await bed.ask(3, 'a'), 6);
  for (const tenant of ['d', 'e']) await bed.askTwice(3, tenant);
  assert.deepEqual([await bed.ask(3, 'a'), await bed.ask(3, 'b')], [6, undefined]);
});

test('nothing is kept where there is no room for it', async () => {
  const bed = new Bed(0);
  assert.equal(await bed.askTwice(3), undefined);
  assert.deepEqual(bed.reads, []);
});
