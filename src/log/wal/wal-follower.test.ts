import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import type { LogReader } from '../durable-log.ts';
import { WalFollower } from './wal-follower.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';

const directory = '/data/log';

async function followed() {
  const files = new SimulatedFiles({ seed: 1 }).process();
  const tested = await openTestWal({ files, directory, config: smallLogConfig({ keep_after_index: 0 }) });
  const { log } = tested;
  const ends = (): WalFollowerEnds => log.shards().map(({ end }) => end);
  const follower = new WalFollower({ directory, incarnation: log.incarnation, files, readBufferBytes: 4096, ends: ends() });
  return { tested, log, follower, tell: () => ends().forEach((end) => follower.advance(end)) };
}

type WalFollowerEnds = Parameters<WalFollower['advance']>[0][];

async function readAll(reader: LogReader): Promise<number[]> {
  const sequences: number[] = [];
  for (let frames = await reader.read(2000); frames.length > 0; frames = await reader.read(2000)) {
    for (const { sequence, payload } of frames) {
      assert.equal(payload[0], sequence % 256);
      sequences.push(sequence);
    }
  }
  return sequences;
}

const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, index) => from + index);

test('a follower reads what it was told of, across segments, and no more', async () => {
  const { tested, follower, tell } = await followed();
  const writer = tested.writer(0);
  const append = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) await writer.append(headerOf(1), [Buffer.alloc(500, writer.nextSequence)]);
  };
  await append(3);
  const reader = await follower.openReader(0, 0);
  assert.deepEqual(await readAll(reader), [], 'nothing was told');
  tell();
  assert.deepEqual(await readAll(reader), upTo(3));
  await append(40);
  assert.deepEqual(await readAll(reader), [], 'the end that it knows is reached');
  tell();
  assert.deepEqual(await readAll(reader), upTo(43, 3));
  await reader.close();
  await follower.close();
  await tested.close();
});

test('a follower that comes too late for what was trimmed skips it and says how much', async () => {
  const { tested, log, follower, tell } = await followed();
  const writer = tested.writer(0);
  for (let index = 0; index < 60; index += 1) await writer.append(headerOf(1), [Buffer.alloc(500, index)]);
  tell();
  const reader = await follower.openReader(0, 0);
  const [first] = await reader.read(1);
  assert.equal(first.sequence, 0);
  await log.commit(tested.holder, new Map([[0, 60]]));
  tested.pass(1);
  assert.notEqual(await log.trim(), 0);
  const rest = await readAll(reader);
  const kept = log.shards()[0].first;
  assert.deepEqual(
    rest.filter((sequence) => sequence >= kept),
    upTo(60, kept),
  );
  assert.equal(rest.length + 1 + reader.skippedFrames, 60, 'each frame was read or counted');
  assert.notEqual(reader.skippedFrames, 0);
  assert.equal(reader.damagedFrames, 0);
  const late = await follower.openReader(0, 0);
  assert.deepEqual(await readAll(late), upTo(60, kept));
  assert.equal(late.skippedFrames, kept);
  await follower.close();
  await tested.close();
});

test('a follower finds its place by time', async () => {
  const { tested, follower, tell } = await followed();
  const writer = tested.writer(2);
  for (let index = 0; index < 30; index += 1) await writer.append(headerOf(1, 1000 + index), [Buffer.alloc(500, index)]);
  tell();
  for (const [receivedMs, sequence] of [
    [0, 0],
    [1000, 0],
    [1017, 17],
    [5000, 30],
  ])
    assert.deepEqual(await follower.positionAt(receivedMs), new Map([[2, sequence]]));
  await follower.close();
  await tested.close();
});
