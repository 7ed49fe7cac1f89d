/** A small WAL under test, its clock and its writers, for the tests of this folder. */
import type { Files } from '#platform/files.ts';
import { silentLogger } from '#platform/logger.ts';
import type { Logger } from '#platform/logger.ts';
import { SimulatedClock } from '../../../test/faults/simulated-clock.ts';
import type { LogConfig } from '../config.ts';
import { logConfig } from '../config.ts';
import type { LogUnderTest } from '../durable-log.contract.ts';
import { frameKinds } from '../durable-log.ts';
import type { FrameHeader } from '../durable-log.ts';
import { openWalLog } from './wal-log.ts';
import type { WalLog } from './wal-log.ts';
import { openWalWriter } from './wal-writer.ts';
import type { Compress, WalWriter } from './wal-writer.ts';

/** The defaults, with small segments and buffers, so that a few frames fill several. */
export function smallLogConfig(changes: Partial<LogConfig> = {}): LogConfig {
  const defaults = Object.fromEntries(
    Object.entries(logConfig.properties).map(([name, setting]) => [name, (setting as { default?: unknown }).default]),
  ) as LogConfig;
  return { ...defaults, segment_bytes: 4096, read_buffer_bytes: 4096, max_bytes: 1_000_000, min_free_bytes: 0, ...changes };
}

export interface WalUnderTest extends LogUnderTest {
  readonly log: WalLog;
  readonly clock: SimulatedClock;
  writer(shard: number): WalWriter;
  restart(): Promise<WalUnderTest>;
}

export interface WalTestOptions {
  readonly files: Files;
  readonly directory: string;
  readonly clock?: SimulatedClock;
  readonly config?: LogConfig;
  readonly logger?: Logger;
  readonly random?: () => number;
  readonly nextMarker?: () => number;
  readonly compress?: Compress;
}

export async function openTestWal(options: WalTestOptions): Promise<WalUnderTest> {
  const {
    files,
    directory,
    clock = new SimulatedClock(),
    config = smallLogConfig(),
    logger = silentLogger,
    random,
    nextMarker,
    compress,
  } = options;
  const log = await openWalLog({ directory, files, clock, config, logger, holders: ['indexer'], random });
  const writers: WalWriter[] = [];
  let successor: WalUnderTest | undefined;
  const close = async (): Promise<void> => {
    for (const writer of writers) await writer.close();
    await log.close();
  };
  return {
    log,
    clock,
    holder: 'indexer',
    writer(shard) {
      const onCommitted = log.advance.bind(log);
      const writer = openWalWriter({
        directory,
        shard,
        incarnation: log.incarnation,
        start: log.writerStart(shard),
        files,
        clock,
        config,
        onCommitted,
        nextMarker,
        compress,
      });
      writers.push(writer);
      return writer;
    },
    pass: (durationMs) => clock.advance(durationMs),
    nowMs: () => clock.nowMs(),
    async restart() {
      await close();
      successor = await openTestWal({ ...options, clock });
      return successor;
    },
    close: () => successor?.close() ?? close(),
  };
}

/** A header of one accepted row per number. */
export function headerOf(rowCount: number, receivedMs = 1_767_225_600_000): FrameHeader {
  const outcomes = { accepted: rowCount, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 0 };
  return { kind: frameKinds.logs, tenant: 'acme', rowCount, receivedMs, outcomes };
}
