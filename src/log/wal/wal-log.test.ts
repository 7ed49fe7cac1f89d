import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { nodeFiles } from '#platform/files.ts';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { describeDurableLog } from '../durable-log.contract.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';

for (const compression of ['none', 'zstd']) {
  describeDurableLog({
    name: `WAL on the real file system, compression ${compression}`,
    async create(t) {
      const directory = await mkdtemp(`${tmpdir()}/millrace-wal-`);
      t.after(() => rm(directory, { recursive: true }));
      return openTestWal({ files: nodeFiles, directory: `${directory}/log`, config: smallLogConfig({ compression }) });
    },
  });
}

describeDurableLog({
  name: 'WAL on the simulated file system',
  create: () => openTestWal({ files: new SimulatedFiles({ seed: 1 }).process(), directory: '/data/log' }),
});

test('a reader hands out at once as much as it is asked for, however small its buffer is', async () => {
  const files = new SimulatedFiles({ seed: 1 }).process();
  const tested = await openTestWal({ files, directory: '/data/log', config: smallLogConfig({ segment_bytes: 1 << 20 }) });
  const writer = tested.writer(0);
  for (let index = 0; index < 40; index += 1) await writer.append(headerOf(1), [Buffer.alloc(1000, index)]);
  const reader = await tested.log.openReader(0, 0);
  const frames = await reader.read(1 << 20);
  assert.deepEqual(
    frames.map(({ payload }) => [payload.length, payload[999]]),
    Array.from({ length: 40 }, (_, index) => [1000, index]),
  );
  await tested.close();
});
