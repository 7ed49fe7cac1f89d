import type { LogUnderTest } from '../durable-log.contract.ts';
import { describeDurableLog } from '../durable-log.contract.ts';
import { MemoryLog, MemoryLogStorage } from './memory-log.ts';

function open(storage: MemoryLogStorage, time: { nowMs: number }): LogUnderTest {
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, sleep: () => Promise.resolve() };
  const log = new MemoryLog({ storage, clock, holders: ['indexer'], keepAfterIndexMs: 3_600_000 });
  return {
    log,
    holder: 'indexer',
    writer: (shard) => log.openWriter(shard),
    pass: (durationMs) => void (time.nowMs += durationMs),
    nowMs: () => time.nowMs,
    close: () => log.close(),
    restart: () => Promise.resolve(open(storage, time)),
  };
}

describeDurableLog({ name: 'memory', create: () => Promise.resolve(open(new MemoryLogStorage(1), { nowMs: 1_700_000_000_000 })) });
