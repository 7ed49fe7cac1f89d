/**
 * The writing side of the store under single named faults, over the fake engine: each is one that the simulation found or
 * that docs/specs/generations.md has a rule for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#platform/logger.ts';
import { storeConfig } from '#store/config.ts';
import type { InsertBatch } from '#store/line-sink.ts';
import type { Snapshot } from '../../src/store/clickhouse/snapshots.ts';
import { openWritingSide } from '../../src/store/clickhouse/writing-side.ts';
import type { WritingSide } from '../../src/store/clickhouse/writing-side.ts';
import { defaultsOf } from '../support/config-defaults.ts';
import { encodeRows, FakeEngine } from './fake-engine.ts';
import { seededRandom } from './seeded-random.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SimulatedFiles } from './simulated-files.ts';

const origin = 64;

class Bed {
  readonly files = new SimulatedFiles({ seed: 1 });
  readonly clock = new SimulatedClock();
  readonly engine = new FakeEngine(seededRandom(1));
  store!: WritingSide;
  select!: ReturnType<FakeEngine['connect']>['select'];

  /** A start of the product: opens the store and recovers it. */
  async start(): Promise<void> {
    const { statements, select } = this.engine.connect();
    this.select = select;
    this.store = await openWritingSide({
      database: statements,
      directory: '/data/store',
      incarnation: 1,
      files: this.files.process(),
      clock: this.clock,
      logger: silentLogger,
      config: defaultsOf(storeConfig),
      spanOf: () => undefined,
    });
    await this.done(this.store.memtables.recover());
  }

  /** Lets engine and time go on until the promise settles. */
  async done<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    void promise.then(
      () => (state.settled = true),
      () => (state.settled = true),
    );
    for (let turns = 0; !state.settled; turns += 1) {
      assert.ok(turns < 1000, 'it does not end');
      this.engine.step();
      await new Promise((resolve) => setImmediate(resolve));
      if (turns > 20) this.clock.advance(100);
    }
    return promise;
  }

  /** Rows with ids from `firstId`, as the frame `seq` of shard 0. */
  insert(seq: number, firstId: number, count: number): Promise<void> {
    const block = encodeRows(origin, seq, firstId, count);
    const accepted = { accepted: count, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
    const batch: InsertBatch = {
      blocks: [block],
      rowCount: count,
      byteCount: block.length,
      end: new Map([[0, seq + 1]]),
      outcomes: new Map([['acme', accepted]]),
    };
    return this.done(this.store.memtables.insert(batch));
  }

  async idsOf(snapshot: Snapshot): Promise<number[]> {
    return (await this.done(this.select(snapshot))).map(({ id }) => id).sort((a, b) => a - b);
  }

  async ids(): Promise<number[]> {
    const snapshot = this.store.snapshots.acquire();
    try {
      return await this.idsOf(snapshot);
    } finally {
      snapshot.release();
    }
  }
}

async function startedBed(): Promise<Bed> {
  const bed = new Bed();
  await bed.start();
  return bed;
}

test('after a loss nothing is inserted or committed until the recovery, and queries say what they lack', async () => {
  const bed = await startedBed();
  await bed.insert(0, 0, 3);
  const before = bed.store.snapshots.acquire();
  let wasTold = false;
  bed.store.memtables.onLoss(() => (wasTold = true));
  bed.engine.crash();
  bed.store.memtables.lose();
  bed.engine.isUp = true;
  assert.ok(wasTold);
  assert.match(before.incompleteReason ?? '', /restarted/);
  before.release();
  assert.match(bed.store.snapshots.acquire().incompleteReason ?? '', /restarted/);
  await assert.rejects(bed.insert(1, 3, 2), { code: 'search_unavailable' });
  await bed.done(bed.store.memtables.flush());
  assert.deepEqual([...bed.store.memtables.committed], []);
  await bed.done(bed.store.memtables.recover());
  await bed.insert(0, 0, 3);
  await bed.insert(1, 3, 2);
  assert.deepEqual(await bed.ids(), [0, 1, 2, 3, 4]);
});

test('an engine that restarted unnoticed is found at the flush, which commits nothing', async () => {
  const bed = await startedBed();
  await bed.insert(0, 0, 3);
  bed.engine.crash();
  bed.engine.isUp = true;
  await bed.insert(1, 3, 2);
  await assert.rejects(bed.done(bed.store.memtables.flush()), { code: 'search_unavailable' });
  assert.deepEqual([...bed.store.memtables.committed], []);
  assert.notEqual(bed.store.snapshots.acquire().incompleteReason, undefined);
  assert.deepEqual(await bed.done(bed.store.memtables.recover()), new Map());
  assert.deepEqual(await bed.ids(), []);
});

for (const operation of ['writev', 'datasync', 'rename', 'syncDirectory'] as const) {
  test(`a commit whose ${operation} fails is not half there, whenever the machine goes down`, async () => {
    const bed = await startedBed();
    await bed.insert(0, 0, 3);
    bed.files.fault = (failing) => (failing === operation ? { code: 'EIO' } : undefined);
    const flushed = bed.store.memtables.flush();
    await bed.done(Promise.race([flushed, bed.clock.sleep(500)]));
    bed.files.fault = undefined;
    // The rows are removed before the next attempt: from then on the record on disk must not say that they are there.
    await bed.done(flushed);
    assert.deepEqual(await bed.ids(), [0, 1, 2]);
    assert.deepEqual([...bed.store.memtables.committed], [[0, 1]]);
    bed.engine.crash();
    bed.engine.isUp = true;
    bed.files.crash();
    await bed.start();
    assert.deepEqual([...bed.store.memtables.committed], [[0, 1]]);
    assert.deepEqual(await bed.ids(), [0, 1, 2]);
  });
}

test('a record that was renamed but not synced when the process died is synced before rows go on its word', async () => {
  const bed = await startedBed();
  await bed.insert(0, 0, 3);
  await bed.done(bed.store.memtables.flush());
  await bed.insert(1, 3, 2);
  bed.files.fault = (failing) => (failing === 'syncDirectory' ? { code: 'EIO' } : undefined);
  void bed.store.memtables.flush().catch(() => undefined);
  await bed.done(bed.clock.sleep(900));
  bed.files.kill();
  bed.engine.crash();
  bed.engine.isUp = true;
  bed.files.fault = undefined;
  await bed.start();
  const committed = [...bed.store.memtables.committed];
  const ids = await bed.ids();
  bed.files.crash();
  bed.engine.crash();
  bed.engine.isUp = true;
  await bed.start();
  assert.deepEqual([...bed.store.memtables.committed], committed, 'what the first start found stays');
  assert.deepEqual(await bed.ids(), ids);
});

test('replaced rows stay until the last query that shows them has ended', async () => {
  const bed = await startedBed();
  await bed.insert(0, 0, 3);
  await bed.done(bed.store.memtables.flush());
  const before = bed.store.snapshots.acquire();
  await bed.done(bed.store.replacer.replace({ blocks: [encodeRows(origin, 0, 10, 3)] }, { origin, fromSequence: 0, toSequence: 1 }));
  await bed.done(bed.store.replacer.tick());
  assert.deepEqual(await bed.idsOf(before), [0, 1, 2]);
  assert.deepEqual(await bed.ids(), [10, 11, 12]);
  before.release();
  const { rewrites } = bed.store.changes;
  await bed.done(bed.store.replacer.tick());
  assert.deepEqual(bed.store.record.current.replacements, []);
  assert.deepEqual(await bed.ids(), [10, 11, 12]);
  assert.ok(bed.store.changes.rewrites > rewrites, 'what was counted while they were there is told to be of another state');
});

test('a memtable with a failed insert is never flushed; the recovery gives it up', async () => {
  const bed = await startedBed();
  await bed.insert(0, 0, 3);
  bed.engine.faultRate = 1;
  await assert.rejects(bed.insert(1, 3, 20));
  bed.engine.faultRate = 0;
  void bed.store.memtables.flush().catch(() => undefined);
  await bed.done(bed.clock.sleep(5000));
  assert.deepEqual([...bed.store.memtables.committed], []);
  await bed.done(bed.store.memtables.recover());
  await bed.insert(0, 0, 3);
  await bed.insert(1, 3, 20);
  await bed.done(bed.store.memtables.flush());
  assert.equal((await bed.ids()).length, 23);
});
