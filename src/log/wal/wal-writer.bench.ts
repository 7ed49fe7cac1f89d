/**
 * node src/log/wal/wal-writer.bench.ts [directory]
 *
 * What an acknowledged batch costs: lines/s, CPU per 1 M lines, bytes a line on disk and the time to the acknowledgement, for each
 * compression, batch size and number of batches on their way at once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { systemClock } from '#platform/clock.ts';
import { nodeFiles } from '#platform/files.ts';
import { columnBlocks } from './bench-blocks.fake.ts';
import type { Blocks } from './bench-blocks.fake.ts';
import { headerOf, smallLogConfig } from './wal-log.fake.ts';
import { openWalWriter } from './wal-writer.ts';

interface Codec {
  readonly compression: string;
  readonly compression_level: number;
}

async function run(name: string, { compression, compression_level }: Codec, blocks: Blocks, inFlight: number): Promise<void> {
  const directory = await mkdtemp(`${process.argv[2] ?? tmpdir()}/millrace-bench-`);
  const config = smallLogConfig({ compression, compression_level, segment_bytes: 67_108_864, max_bytes: 10e9, max_pending_bytes: 2 ** 28 });
  const start = { sequence: 0, durableEnd: 0, rows: 0, bytes: 0 };
  let storedBytes = 0;
  const onCommitted = ({ bytes }: { bytes: number }): void => void (storedBytes = bytes);
  const writer = openWalWriter({ directory, shard: 0, incarnation: 1, start, files: nodeFiles, clock: systemClock, config, onCommitted });
  const rowCount = blocks.lineCount / blocks.payloads.length;
  const tookMs: number[] = [];
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < blocks.payloads.length) {
      const payload = blocks.payloads[next++];
      const begunMs = performance.now();
      await writer.append(headerOf(rowCount), [payload]);
      tookMs.push(performance.now() - begunMs);
    }
  };
  const cpu = process.cpuUsage();
  const begunMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, send));
  const elapsedMs = performance.now() - begunMs;
  const { user, system } = process.cpuUsage(cpu);
  await writer.close();
  await rm(directory, { recursive: true });
  tookMs.sort((a, b) => a - b);
  const at = (share: number): string => tookMs[Math.floor(share * (tookMs.length - 1))].toFixed(2);
  console.log(
    `${name.padEnd(34)} ${String(inFlight).padStart(3)} at once ${(blocks.lineCount / elapsedMs).toFixed(0).padStart(6)} K lines/s ` +
      `${(((user + system) / 1e6 / blocks.lineCount) * 1e6).toFixed(2).padStart(6)} CPU-s/M lines ${(storedBytes / blocks.lineCount).toFixed(0).padStart(5)} B/line   ack p50 ${at(0.5)} p99 ${at(0.99)} ms`,
  );
}

const codecs: Codec[] = [
  { compression: 'none', compression_level: 1 },
  { compression: 'zstd', compression_level: -5 },
  { compression: 'zstd', compression_level: 1 },
  { compression: 'zstd', compression_level: 3 },
];
for (const set of ['independent', 'correlated'] as const) {
  for (const [lines, batchLines, inFlight] of [
    [200_000, 5000, 2],
    [100_000, 200, 16],
    [4000, 1, 64],
  ]) {
    const blocks = columnBlocks(set, lines, batchLines);
    for (const codec of codecs) {
      const name = codec.compression === 'none' ? 'none' : `zstd ${codec.compression_level}`;
      await run(`${set} ${batchLines} lines ${name}`, codec, blocks, inFlight);
    }
  }
}
