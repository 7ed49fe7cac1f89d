/** For tests: a live tail over a log in memory, with a clock that stands still, and lines made by the real decoder. */
import { setImmediate } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { originOf } from '#base/ids.ts';
import type { TailDelivery, TailService, TailSubscription } from '#consumers/live-tail.ts';
import { tailConfig } from '#consumers/tail/config.ts';
import type { TailConfig } from '#consumers/tail/config.ts';
import { createTailService } from '#consumers/tail/tail-service.ts';
import { ingestConfig } from '#ingest/config.ts';
import { MatcherSet } from '#language/compile-matcher.ts';
import { parseQuery } from '#language/parser.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogWriter } from '#log/durable-log.ts';
import { MemoryLog, MemoryLogStorage } from '#log/memory.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { silentLogger } from '#platform/logger.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { SimulatedClock } from '../faults/simulated-clock.ts';
import { defaultsOf } from '../support/config-defaults.ts';

export const incarnation = 3;

export interface TestTail {
  readonly tail: TailService;
  readonly log: MemoryLog;
  readonly storage: MemoryLogStorage;
  readonly clock: SimulatedClock;
  readonly config: TailConfig;
  /** Appends a batch of messages. */
  write(
    messages: readonly string[],
    options?: { readonly tenant?: string; readonly shard?: number; readonly level?: string },
  ): Promise<void>;
  /** Lets the tail do all that it can do now. */
  settle(): Promise<void>;
}

export function startTestTail(t: TestContext, settings: Partial<TailConfig> = {}): TestTail {
  const config = { ...defaultsOf(tailConfig), cpu_share: 1, read_interval: 0, ...settings };
  const clock = new SimulatedClock();
  const storage = new MemoryLogStorage(incarnation);
  const log = new MemoryLog({ storage, clock, holders: ['indexer'], keepAfterIndexMs: 0 });
  const writers = new Map<number, LogWriter>();
  const decoder = new BatchDecoder(defaultsOf(ingestConfig));
  const builder = new LogBatchBuilder();
  const tail = createTailService({
    log,
    config,
    createMatchers: () => new MatcherSet(),
    decoder: { readBlock: readNativeBlock, lineOfRow },
    clock,
    cpuMs: () => clock.monotonicMs(),
    busyShare: () => 0,
    logger: silentLogger,
  });
  t.after(() => tail.stop());
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 30; i += 1) {
      clock.advance(1);
      await setImmediate();
    }
  };
  return {
    tail,
    log,
    storage,
    clock,
    config,
    settle,
    async write(messages, { tenant = 'default', shard = 0, level = 'INFO' } = {}) {
      const writer = writers.get(shard) ?? log.openWriter(shard);
      writers.set(shard, writer);
      decoder.decodeJson(
        Buffer.from(JSON.stringify(messages.map((message) => ({ message, level, timestamp: '2026-01-01T00:00:00Z' })))),
        {},
        builder,
      );
      const receivedMs = clock.nowMs();
      const stamp = { tenant, receivedMs, origin: originOf(incarnation, shard), seq: writer.nextSequence, maxClockSkewMs: 30_000 };
      const rowCount = builder.rowCount;
      const outcomes = { accepted: rowCount, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
      await writer.append({ kind: frameKinds.logs, tenant, rowCount, outcomes, receivedMs }, [builder.finish(stamp)]);
    },
  };
}

/** A reader that takes whatever there is when asked. */
export class TestReader {
  readonly subscription: TailSubscription;
  readyCalls = 0;

  constructor(tail: TailService, query = '', options: { readonly tenant?: string; readonly cursor?: string } = {}) {
    this.subscription = tail.subscribe({
      tenant: options.tenant ?? 'default',
      where: parseQuery(query),
      cursor: options.cursor,
      onReady: () => (this.readyCalls += 1),
    });
  }

  take(maxLines = 10_000): TailDelivery {
    return this.subscription.take(maxLines);
  }

  messages(maxLines?: number): string[] {
    return messagesOf(this.take(maxLines));
  }
}

export function messagesOf({ lines }: TailDelivery): string[] {
  return lines.map(({ line }) => line.message);
}
