/**
 * The storage port's writing side: what the indexer asks of a store. Lines that `insert` took are found at once; they
 * are durable in the store only below `committed`, so the indexer replays the log from there after any failure.
 */
import type { LogPosition } from '#log/durable-log.ts';
import type { Ledger } from './ledger.ts';

export interface InsertBatch {
  /** Native blocks, one behind the other; borrowed until the promise settles. */
  readonly blocks: readonly Uint8Array[];
  readonly rowCount: number;
  readonly byteCount: number;
  /** Log position behind the last block, all shards. */
  readonly end: LogPosition;
  /** What became of the records of these frames. */
  readonly outcomes: Ledger;
}

export interface LineSink {
  /** Brings the store to its last commit and returns that position: the indexer continues the log from there. */
  recover(): Promise<LogPosition>;
  /** Outcomes of all records up to the last insert: those committed and those in memory. */
  ledger(): Ledger;
  /** Outcomes of the records up to `committed`. */
  committedLedger(): Ledger;
  /** Makes the batch findable; one without rows only moves the position. A rejection means that the memtable may hold part of it: `recover` and replay. */
  insert(batch: InsertBatch): Promise<void>;
  /** Resolves when memory bounds allow another insert. */
  waitForRoom(signal: AbortSignal): Promise<void>;
  /** Everything up to this position is durable in the store. */
  readonly committed: LogPosition;
  /** Told after each commit. */
  onCommit(listener: (position: LogPosition) => void): void;
  /**
   * Told when lines that `insert` took are gone before they were committed: the engine ended. Until `recover` nothing is
   * inserted.
   */
  onLoss(listener: () => void): void;
  /** Writes what the memtable holds; resolves when it is committed. Rejects when that was lost; it is replayed then. */
  flush(): Promise<void>;
}
