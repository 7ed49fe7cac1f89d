/** What consumers are told of a shard's end after a tail was cut: what the next recovery finds as well. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { readAll } from '../durable-log.contract.ts';
import { headerOf, openTestWal } from './wal-log.fake.ts';

test('consumers are not told of numbers that only a cut tail used up, so a frame that gets one later is read', async () => {
  const files = new SimulatedFiles({ seed: 1 });
  const directory = '/data/log';
  const first = await openTestWal({ files: files.process(), directory });
  const writer = first.writer(0);
  for (let count = 0; count < 3; count += 1) await writer.append(headerOf(1), [Buffer.from(`frame ${count}`)]);
  files.kill();
  const path = files.paths().find((name) => name.endsWith('.wal'))!;
  const whole = files.contentOf(path);
  files.place(path, whole.subarray(0, whole.length - 3));

  const second = await openTestWal({ files: files.process(), directory });
  const [{ end }] = second.log.shards();
  assert.equal(end.sequence, 2);
  assert.ok(second.log.writerStart(0).sequence >= end.sequence);
  files.kill();

  const third = await openTestWal({ files: files.process(), directory });
  assert.equal(third.log.shards()[0].end.sequence, 2, 'the end stays where it was told to be');
  await third.writer(0).append(headerOf(1), [Buffer.from('later')]);
  const reader = await third.log.openReader(0, end.sequence);
  assert.deepEqual(
    (await readAll(reader, 1000)).map(({ payload }) => payload.toString()),
    ['later'],
  );
  await reader.close();
});
