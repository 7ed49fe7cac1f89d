import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import type { Files } from '#platform/files.ts';
import { nodeFiles } from '#platform/files.ts';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import type { Fault, FileOperation } from '../../../test/faults/simulated-files.ts';
import { readAll } from '../durable-log.contract.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';
import type { WalUnderTest } from './wal-log.fake.ts';

const directory = '/data/log';
const bytes = (count: number, fill = 1): Uint8Array[] => [Buffer.alloc(count, fill)];

async function sequences(wal: WalUnderTest, shard = 0): Promise<number[]> {
  const reader = await wal.log.openReader(shard, 0);
  const frames = await readAll(reader);
  await reader.close();
  assert.deepEqual([reader.damagedFrames, reader.skippedFrames, reader.lostRows], [0, 0, 0]);
  return frames.map(({ sequence }) => sequence);
}

/** Fails the next operations of the given kinds, one each, in this order. */
function failing(files: SimulatedFiles, ...kinds: FileOperation[]): FileOperation[] {
  const left = [...kinds];
  files.fault = (operation): Fault | undefined => {
    if (operation !== left[0]) return undefined;
    left.shift();
    return { code: 'EIO' };
  };
  return left;
}

/** Counts operations. */
function counting(files: SimulatedFiles): Map<FileOperation, number> {
  const counts = new Map<FileOperation, number>();
  files.beforeOperation = (operation) => void counts.set(operation, (counts.get(operation) ?? 0) + 1);
  return counts;
}

describe('group commit', () => {
  test('frames that arrive during a sync are written and synced together', async () => {
    const files = new SimulatedFiles({ seed: 1 });
    const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ segment_bytes: 60_000 }) });
    const writer = wal.writer(0);
    await writer.append(headerOf(1), bytes(10));
    const counts = counting(files);
    let released = (): void => {};
    const held = new Promise<void>((resolve) => void (released = resolve));
    const count = files.beforeOperation;
    files.beforeOperation = async (operation, path) => {
      void count?.(operation, path);
      if (operation === 'datasync' && counts.get('datasync') === 1) await held;
    };
    const first = writer.append(headerOf(1), bytes(10));
    await new Promise((resolve) => setImmediate(resolve));
    const rest = Array.from({ length: 50 }, () => writer.append(headerOf(1), bytes(10)));
    released();
    await Promise.all([first, ...rest]);
    assert.deepEqual([counts.get('writev'), counts.get('datasync')], [2, 2]);
  });

  test('a group is bounded, a larger frame goes alone', async () => {
    const files = new SimulatedFiles({ seed: 1 });
    const config = smallLogConfig({ segment_bytes: 60_000, max_group_bytes: 4096 });
    const wal = await openTestWal({ files: files.process(), directory, config });
    const writer = wal.writer(0);
    const counts = counting(files);
    await Promise.all(
      [bytes(3000), bytes(9000), bytes(1000), bytes(1000), bytes(1000)].map((payload) => writer.append(headerOf(1), payload)),
    );
    assert.equal(counts.get('datasync'), 3);
    assert.equal((await sequences(wal)).length, 5);
  });
});

describe('segments', () => {
  test('a new one is begun by size and by age, and its directory entry is synced', async () => {
    const files = new SimulatedFiles({ seed: 1 });
    const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ segment_max_age: 1000 }) });
    const writer = wal.writer(0);
    const segments = (): number => files.paths().filter((path) => path.endsWith('.wal')).length;
    const counts = counting(files);
    await writer.append(headerOf(1), bytes(100));
    await writer.append(headerOf(1), bytes(3000));
    assert.deepEqual([segments(), counts.get('syncDirectory')], [1, 2], 'of the shard and of the log');
    await writer.append(headerOf(1), bytes(100));
    assert.deepEqual([segments(), counts.get('syncDirectory')], [2, 3]);
    wal.pass(999);
    await writer.append(headerOf(1), bytes(100));
    assert.equal(segments(), 2);
    wal.pass(1);
    await writer.append(headerOf(1), bytes(100));
    assert.equal(segments(), 3);
    assert.deepEqual(await sequences(wal), [0, 1, 2, 3, 4]);
  });
});

describe('bounds', () => {
  const bound = async (changes: Parameters<typeof smallLogConfig>[0], capacityBytes?: number): Promise<WalUnderTest> =>
    openTestWal({ files: new SimulatedFiles({ seed: 1, capacityBytes }).process(), directory, config: smallLogConfig(changes) });

  test('a frame over max_frame_bytes', async () => {
    const wal = await bound({ max_frame_bytes: 4096 });
    const writer = wal.writer(0);
    await assert.rejects(writer.append(headerOf(1), bytes(4096)), {
      code: 'limit_exceeded',
      details: { setting: 'log.max_frame_bytes', limit: 4096, bytes: 4096 + 84 },
    });
    assert.equal(writer.nextSequence, 0);
  });

  test('pending bytes over max_pending_bytes, and not after they are written', async () => {
    const wal = await bound({ max_pending_bytes: 10_000 });
    const writer = wal.writer(0);
    const appends = [writer.append(headerOf(1), bytes(6000)), writer.append(headerOf(1), bytes(3000))];
    await assert.rejects(writer.append(headerOf(1), bytes(3000)), {
      code: 'log_full',
      retryAfterMs: 1000,
      details: { setting: 'log.max_pending_bytes', limit: 10_000 },
    });
    await Promise.all(appends);
    assert.equal(writer.pendingBytes, 0);
    await writer.append(headerOf(1), bytes(3000));
    assert.deepEqual(await sequences(wal), [0, 1, 2]);
  });

  test('held bytes: normal, elevated, full, and back when the indexer has caught up', async () => {
    const wal = await bound({ max_bytes: 100_000 });
    const writer = wal.writer(0);
    const told = (): string => {
      writer.setHeldBytes(wal.log.heldBytes);
      return writer.pressure;
    };
    assert.equal(told(), 'normal');
    for (let count = 0; count < 11; count += 1) await writer.append(headerOf(1), bytes(5500));
    assert.equal(writer.pressure, 'elevated', 'what was appended since the last word counts');
    assert.equal(told(), 'elevated');
    const pressure = (): string => writer.pressure;
    while (pressure() !== 'full') await writer.append(headerOf(1), bytes(5500));
    await assert.rejects(writer.append(headerOf(1), bytes(1)), (error: Error & { code: string; details: object; retryAfterMs: number }) => {
      assert.deepEqual([error.code, error.retryAfterMs], ['log_full', 1000]);
      assert.deepEqual(error.details, { setting: 'log.max_bytes', limit: 100_000, fillRatio: writer.fillRatio });
      return true;
    });
    assert.equal(told(), 'full');
    const { end } = wal.log.shards()[0];
    await wal.log.commit('indexer', new Map([[0, end.sequence - 1]]));
    assert.equal(told(), 'normal');
    await writer.append(headerOf(1), bytes(5500));
  });

  test('the size bound takes frames that the indexer has passed before their time is over', async () => {
    const wal = await bound({ max_bytes: 100_000, refuse_ratio: 1 });
    const writer = wal.writer(0);
    for (let count = 0; count < 60; count += 1) {
      await writer.append(headerOf(1), bytes(5000));
      await wal.log.commit('indexer', new Map([[0, writer.nextSequence]]));
      writer.setHeldBytes(wal.log.heldBytes);
      await wal.log.trim();
      const { keptBytes } = wal.log.metrics();
      assert.ok(keptBytes <= 100_000 + 12_000, `kept ${keptBytes}`);
    }
    const { keptBytes, trimmedEarlyBytes, trimmedBytes } = wal.log.metrics();
    assert.ok(keptBytes > 80_000);
    assert.equal(trimmedBytes, trimmedEarlyBytes);
    assert.equal(trimmedBytes + keptBytes, wal.log.shards()[0].end.bytes);
  });

  test('a disk that fills up takes what is kept for replay only, before anything is refused', async () => {
    const files = new SimulatedFiles({ seed: 1, capacityBytes: 200_000 });
    const config = smallLogConfig({ min_free_bytes: 80_000, segment_bytes: 4096 });
    const wal = await openTestWal({ files: files.process(), directory, config });
    const writer = wal.writer(0);
    for (let count = 0; count < 60; count += 1) {
      wal.pass(1000);
      await writer.append(headerOf(1), bytes(5000));
      await wal.log.commit('indexer', new Map([[0, writer.nextSequence]]));
      await wal.log.trim();
    }
    const { keptBytes, trimmedEarlyBytes, trimmedBytes } = wal.log.metrics();
    assert.ok(keptBytes > 80_000, `no more is trimmed than there is need for: ${keptBytes}`);
    assert.ok(files.freeBytes >= 100_000, `${files.freeBytes} are free`);
    assert.equal(trimmedBytes, trimmedEarlyBytes);
    assert.ok(trimmedEarlyBytes > 0);
  });

  test('a full disk takes nothing that the indexer has not passed', async () => {
    const files = new SimulatedFiles({ seed: 1, capacityBytes: 200_000 });
    const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ min_free_bytes: 80_000 }) });
    const writer = wal.writer(0);
    for (let count = 0; count < 19; count += 1) {
      wal.pass(1000);
      await writer.append(headerOf(1), bytes(5000));
    }
    await wal.log.commit('indexer', new Map([[0, 4]]));
    await wal.log.trim();
    assert.ok(wal.log.metrics().trimmedEarlyBytes > 0);
    const reader = await wal.log.openReader(0, 4);
    for (let sequence = 4; sequence < 19; sequence += 1) assert.equal((await reader.read(1))[0].sequence, sequence);
    await reader.close();
    files.capacityBytes = 150_000;
    wal.pass(1000);
    await assert.rejects(writer.append(headerOf(1), bytes(5000)), { code: 'log_unavailable' });
    await wal.log.trim();
    assert.equal(await wal.log.trim(), 0);
    assert.equal(wal.log.shards()[0].first, 4);
  });

  test('free space under min_free_bytes refuses, and lets in again when there is room', async () => {
    const files = new SimulatedFiles({ seed: 1, capacityBytes: 50_000 });
    const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ min_free_bytes: 30_000 }) });
    const writer = wal.writer(0);
    await writer.append(headerOf(1), bytes(19_000));
    wal.pass(1000);
    const low = { code: 'log_unavailable', retryAfterMs: 1000 };
    await assert.rejects(writer.append(headerOf(1), bytes(10)), low);
    const { nextSequence } = writer;
    await assert.rejects(writer.append(headerOf(1), bytes(10)), low);
    assert.equal(writer.nextSequence, nextSequence, 'a refusal without a try uses no sequence');
    files.capacityBytes = 90_000;
    wal.pass(1000);
    await writer.append(headerOf(1), bytes(10));
    assert.deepEqual(await sequences(wal), [0, nextSequence]);
    assert.deepEqual(await sequences(await wal.restart()), [0, nextSequence]);
  });
});

describe('failures', () => {
  const steps: [name: string, kinds: FileOperation[]][] = [
    ['a failed write', ['writev']],
    ['a failed sync', ['datasync']],
    ['a failed write, and the file cannot be truncated', ['writev', 'truncate']],
    ['a failed sync, and the file cannot be truncated', ['datasync', 'truncate']],
    ['a failed sync, and the new segment cannot be created', ['datasync', 'create']],
    ['a failed sync, and the new segment cannot be written', ['datasync', 'writev']],
    ['a failed sync, and the new segment cannot be synced', ['datasync', 'datasync']],
    ["a failed sync, and the new segment's directory cannot be synced", ['datasync', 'syncDirectory']],
    ['a failed sync, nor can the new segment be synced, nor be removed', ['datasync', 'datasync', 'remove']],
  ];
  for (const [name, kinds] of steps) {
    test(`${name}: the frames are refused and never read, and the next append succeeds`, async () => {
      const files = new SimulatedFiles({ seed: 3 });
      const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ segment_bytes: 60_000 }) });
      const writer = wal.writer(0);
      await writer.append(headerOf(1), bytes(100));
      const left = failing(files, ...kinds);
      const failed = [writer.append(headerOf(1), bytes(100)), writer.append(headerOf(1), bytes(600))];
      for (const append of failed)
        await assert.rejects(append, { code: 'log_unavailable', retryAfterMs: 1000, message: 'the log cannot write: EIO' });
      assert.deepEqual(left, []);
      assert.equal(writer.pendingBytes, 0);
      assert.deepEqual(await sequences(wal), [0]);
      await writer.append(headerOf(1), bytes(100));
      await writer.append(headerOf(1), bytes(100));
      const kept = [0, 3, 4];
      assert.deepEqual(await sequences(wal), kept);
      files.crash();
      const crashed = await openTestWal({ files: files.process(), directory });
      assert.deepEqual(await sequences(crashed), kept);
      assert.deepEqual(crashed.log.recovery, [{ shard: 0, tornBytes: 0, damagedFrames: 0, lostRows: 0 }]);
    });
  }

  test('an abandoned file is never written or synced again', async () => {
    const files = new SimulatedFiles({ seed: 3 });
    const wal = await openTestWal({ files: files.process(), directory });
    const writer = wal.writer(0);
    await writer.append(headerOf(1), bytes(100));
    const [abandoned] = files.paths().filter((path) => path.endsWith('.wal'));
    failing(files, 'datasync');
    await assert.rejects(writer.append(headerOf(1), bytes(100)));
    const touched: string[] = [];
    files.beforeOperation = (operation, path) => void (path === abandoned && operation !== 'close' ? touched.push(operation) : 0);
    for (let count = 0; count < 20; count += 1) await writer.append(headerOf(1), bytes(500));
    assert.deepEqual(touched, []);
  });

  test('frames that wait behind a failed group are written to the new segment', async () => {
    const files = new SimulatedFiles({ seed: 3 });
    const wal = await openTestWal({ files: files.process(), directory, config: smallLogConfig({ max_group_bytes: 4096 }) });
    const writer = wal.writer(0);
    failing(files, 'datasync');
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => writer.append(headerOf(1), bytes(1500))));
    assert.deepEqual(
      results.map(({ status }) => status === 'fulfilled'),
      [false, false, true, true, true, true],
    );
    assert.deepEqual(await sequences(wal), [2, 3, 4, 5]);
  });

  test('a failed close loses nothing and rejects nothing', async () => {
    const files = new SimulatedFiles({ seed: 3 });
    const wal = await openTestWal({ files: files.process(), directory });
    const writer = wal.writer(0);
    files.fault = (operation) => (operation === 'close' ? { code: 'EIO' } : undefined);
    for (let count = 0; count < 20; count += 1) await writer.append(headerOf(1), bytes(500));
    await writer.close();
    files.fault = undefined;
    assert.equal((await sequences(wal)).length, 20);
  });
});

test('a writer whose thread died is replaced while the log stays open', async () => {
  const files = new SimulatedFiles({ seed: 1 });
  const wal = await openTestWal({ files: files.process(), directory });
  const reader = await wal.log.openReader(0, 0);
  const dying = wal.writer(0);
  for (let count = 0; count < 12; count += 1) await dying.append(headerOf(1), bytes(500, count));
  // Its group is written and not yet synced when the thread is gone.
  let written = (): void => {};
  const inFlight = new Promise<void>((resolve) => void (written = resolve));
  files.beforeOperation = (operation) => (operation === 'datasync' ? (written(), new Promise(() => {})) : undefined);
  void dying.append(headerOf(1), bytes(500, 12));
  await inFlight;
  files.beforeOperation = undefined;
  assert.equal((await readAll(reader)).length, 12);
  await wal.log.replaceWriter(0);
  const writer = wal.writer(0);
  assert.equal(writer.nextSequence, 13);
  await writer.append(headerOf(1), bytes(500, 13));
  assert.deepEqual(
    (await readAll(reader)).map(({ sequence, payload }) => [sequence, payload[0]]),
    [
      [12, 12],
      [13, 13],
    ],
  );
  await reader.close();
  assert.deepEqual(
    await sequences(wal),
    Array.from({ length: 14 }, (_, sequence) => sequence),
  );
});

/** Mounts a small file system where the machine lets us; undefined elsewhere. */
function mountSmall(sizeBytes: number): string | undefined {
  const mounted = mkdtempSync(`${tmpdir()}/millrace-full-`);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', mounted], { stdio: 'ignore' });
    return mounted;
  } catch {
    rmSync(mounted, { recursive: true });
    return undefined;
  }
}

async function fillsUp(files: Files, place: string, takeRest: () => void, giveBack: () => void): Promise<void> {
  const wal = await openTestWal({ files, directory: place, config: smallLogConfig({ segment_bytes: 200_000, max_bytes: 10_000_000 }) });
  const writer = wal.writer(0);
  const kept: number[] = [];
  let refused = 0;
  takeRest();
  for (let count = 0; count < 60; count += 1) {
    const sequence = writer.nextSequence;
    await writer.append(headerOf(1), bytes(30_000)).then(
      () => void kept.push(sequence),
      (error: { code: string; details: { reason: string } }) => {
        assert.deepEqual([error.code, error.details.reason], ['log_unavailable', 'ENOSPC']);
        refused += 1;
      },
    );
  }
  assert.ok(kept.length > 0 && refused > 0, `${kept.length} kept, ${refused} refused`);
  assert.deepEqual(await sequences(wal), kept);
  giveBack();
  for (let count = 0; count < 3; count += 1) {
    kept.push(writer.nextSequence);
    await writer.append(headerOf(1), bytes(30_000));
  }
  assert.deepEqual(await sequences(wal), kept);
  const again = await wal.restart();
  assert.deepEqual(await sequences(again), kept);
  await again.close();
}

describe('a full disk: what fits is kept, the rest is refused, and it goes on by itself when there is room', () => {
  const small = mountSmall(2 ** 20);
  test('on a real small file system', { skip: small === undefined ? 'needs the right to mount' : false }, async (t) => {
    const mounted = small as string;
    t.after(() => {
      execFileSync('umount', ['--lazy', mounted]);
      rmSync(mounted, { recursive: true });
    });
    const ballast = `${mounted}/ballast`;
    await fillsUp(
      nodeFiles,
      `${mounted}/log`,
      () => {
        const file = openSync(ballast, 'w');
        writeSync(file, Buffer.alloc(300_000));
        closeSync(file);
        assert.equal(statSync(ballast).size, 300_000);
      },
      () => unlinkSync(ballast),
    );
  });

  test('on the simulated file system', async () => {
    const files = new SimulatedFiles({ seed: 5, capacityBytes: 2 ** 20 });
    await fillsUp(
      files.process(),
      directory,
      () => void (files.capacityBytes = 700_000),
      () => void (files.capacityBytes = 2 ** 21),
    );
  });
});
