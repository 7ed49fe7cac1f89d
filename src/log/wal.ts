/** The embedded durable log, for the composition root and the gateway workers. */
export { WalFollower } from './wal/wal-follower.ts';
export type { WalFollowerOptions } from './wal/wal-follower.ts';
export { openWalLog } from './wal/wal-log.ts';
export type { WalLog, WalLogOptions, WalMetrics } from './wal/wal-log.ts';
export { openWalWriter } from './wal/wal-writer.ts';
export type { LogPressure, WalWriter, WalWriterOptions } from './wal/wal-writer.ts';
export type { WriterStart } from './wal/recovery.ts';
