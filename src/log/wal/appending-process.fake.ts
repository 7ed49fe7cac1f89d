/**
 * A process that appends to the WAL in the directory of its first argument until it is killed, and prints
 * `<shard> <sequence> <number>` of each frame that was acknowledged. Started by wal-kill.test.ts.
 */
import { writeSync } from 'node:fs';
import { nodeFiles } from '#platform/files.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';

const [, , directory, firstNumber] = process.argv;
const wal = await openTestWal({ files: nodeFiles, directory, config: smallLogConfig({ segment_bytes: 65_536, max_bytes: 2 ** 30 }) });
let number = Number(firstNumber);

async function appendForEver(shard: number): Promise<void> {
  const writer = wal.writer(shard);
  const one = async (): Promise<void> => {
    for (;;) {
      const mine = number++;
      const { nextSequence } = writer;
      await writer.append(headerOf(1), [Buffer.from(`${mine} `), Buffer.alloc((mine * 131) % 5000, 'x')]);
      writeSync(1, `${shard} ${nextSequence} ${mine}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}

await Promise.all([appendForEver(0), appendForEver(1)]);
