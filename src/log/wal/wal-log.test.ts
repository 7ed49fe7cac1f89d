import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { nodeFiles } from '#platform/files.ts';
import { SimulatedFiles } from '../../../test/faults/simulated-files.ts';
import { describeDurableLog } from '../durable-log.contract.ts';
import { openTestWal, smallLogConfig } from './wal-log.fake.ts';

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
