/**
 * node src/log/wal/wal-reader.bench.ts [directory]
 *
 * GB/s of payload that one reader hands out from the page cache, per codec, frame size and buffer; and how long opening a log takes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { nodeFiles } from '#platform/files.ts';
import { columnBlocks } from './bench-blocks.fake.ts';
import type { Blocks } from './bench-blocks.fake.ts';
import { headerOf, openTestWal, smallLogConfig } from './wal-log.fake.ts';

async function run(compression: string, blocks: Blocks, batchLines: number, bufferBytes: number): Promise<void> {
  const directory = await mkdtemp(`${process.argv[2] ?? tmpdir()}/millrace-bench-`);
  const config = smallLogConfig({
    compression,
    segment_bytes: 67_108_864,
    max_bytes: 10e9,
    read_buffer_bytes: bufferBytes,
    max_pending_bytes: 2 ** 29,
  });
  const written = await openTestWal({ files: nodeFiles, directory, config });
  const writer = written.writer(0);
  await Promise.all(blocks.payloads.map((payload) => writer.append(headerOf(batchLines), [payload])));
  await written.close();
  const openedMs = performance.now();
  const wal = await openTestWal({ files: nodeFiles, directory, config });
  const openMs = performance.now() - openedMs;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const reader = await wal.log.openReader(0, 0);
    const begunMs = performance.now();
    let count = 0;
    for (let frames = await reader.read(4_194_304); frames.length > 0; frames = await reader.read(4_194_304)) count += frames.length;
    best = Math.min(best, performance.now() - begunMs);
    await reader.close();
    if (count !== blocks.payloads.length) throw new Error(`read ${count} of ${blocks.payloads.length} frames`);
  }
  await wal.close();
  await rm(directory, { recursive: true });
  console.log(
    `${compression.padEnd(5)} ${String(batchLines).padStart(5)} lines/frame, buffer ${String(bufferBytes / 1024).padStart(5)} KiB: ` +
      `${(blocks.bytes / best / 1e6).toFixed(2)} GB/s, ${((best * 1e6) / blocks.lineCount).toFixed(0)} ns/line; opening ${(blocks.bytes / 1e6).toFixed(0)} MB took ${openMs.toFixed(0)} ms`,
  );
}

for (const [lines, batchLines] of [
  [400_000, 5000],
  [100_000, 100],
  [20_000, 1],
]) {
  const blocks = columnBlocks('independent', lines, batchLines);
  for (const bufferBytes of [262_144, 1_048_576, 4_194_304]) await run('none', blocks, batchLines, bufferBytes);
  await run('zstd', blocks, batchLines, 1_048_576);
}
