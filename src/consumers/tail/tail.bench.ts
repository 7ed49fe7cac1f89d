/** What the tail's matching costs: 200 readers with 50 queries over the bench's lines. `node src/consumers/tail/tail.bench.ts` */
import { zstdDecompressSync } from 'node:zlib';
import { setImmediate } from 'node:timers/promises';
import { ingestConfig } from '#ingest/config.ts';
import { MatcherSet } from '#language/compile-matcher.ts';
import { parseQuery } from '#language/parser.ts';
import { frameKinds } from '#log/durable-log.ts';
import { MemoryLog, MemoryLogStorage } from '#log/memory.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { LineGenerator } from '../../../bench/generator.ts';
import { defaultsOf } from '../../../test/support/config-defaults.ts';
import { tailConfig } from './config.ts';
import { createTailService } from './tail-service.ts';

const lines = 100_000;
const batchLines = 1000;
const words = ['timeout', 'payment', 'user', 'failed', 'order', 'cache', 'request', 'connection', 'retry', 'session'];
const queries = Array.from(
  { length: 50 },
  (_, i) =>
    [
      `${words[i % 10]} level:ERROR`,
      `service:checkout ${words[i % 10]}`,
      `"${words[i % 10]} ${words[(i + 3) % 10]}"`,
      `${words[i % 10]} OR ord-${i}`,
      `level>=WARN NOT ${words[i % 10]}`,
    ][i % 5],
);

for (const [readerCount, queryCount] of [
  [0, 1],
  [1, 1],
  [200, 50],
]) {
  const log = new MemoryLog({ storage: new MemoryLogStorage(1), clock: systemClock, holders: [], keepAfterIndexMs: 0 });
  const config = { ...defaultsOf(tailConfig), cpu_share: 1, max_lag_lines: 10 * lines, read_interval: 0 };
  const decoder = { readBlock: readNativeBlock, lineOfRow };
  const tail = createTailService({
    log,
    config,
    createMatchers: () => new MatcherSet(),
    decoder,
    clock: systemClock,
    logger: silentLogger,
  });
  for (let i = 0; i < readerCount; i += 1)
    tail.subscribe({ tenant: 't', where: parseQuery(queries[i % queryCount]), onReady: () => undefined });
  const writer = log.openWriter(0);
  const builder = new LogBatchBuilder();
  const batchDecoder = new BatchDecoder(defaultsOf(ingestConfig));
  let tailMs = 0;
  for (const { body } of new LineGenerator({ lines, batchLines, endMs: Date.now(), rangeMs: 60_000 }).batches()) {
    batchDecoder.decodeJson(zstdDecompressSync(body), {}, builder);
    const outcomes = { accepted: batchLines, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
    const stamp = { tenant: 't', receivedMs: Date.now(), origin: 64, seq: writer.nextSequence, maxClockSkewMs: 30_000 };
    await writer.append({ kind: frameKinds.logs, tenant: 't', rowCount: batchLines, outcomes, receivedMs: stamp.receivedMs }, [
      builder.finish(stamp),
    ]);
    const start = process.cpuUsage();
    const behind = (): boolean => readerCount > 0 && tail.status().position[0] < writer.nextSequence;
    while (behind()) await setImmediate();
    const { user, system } = process.cpuUsage(start);
    tailMs += (user + system) / 1000;
  }
  const { matchedLines, skippedLines } = tail.status();
  process.stdout.write(
    `${readerCount} readers, ${queryCount} queries: ${((tailMs * 1e6) / lines).toFixed(0)} ns/line, ${matchedLines} matches, ${skippedLines} skipped\n`,
  );
  await tail.stop();
}
