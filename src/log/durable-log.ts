/**
 * The durable log: the only place where durability is decided. Specification: docs/specs/durable-log.md.
 *
 * A log has shards; one writer owns a shard. A frame is appended whole or not at all. `append` resolves when the frame
 * is durable. Sequences in a shard rise by one from 0 and survive restarts; `incarnation` changes when a log begins
 * anew, so (incarnation, shard, sequence) never repeats. Readers see only durable frames, in order within a shard;
 * no order is promised across shards.
 */

/** What a frame holds. Readers skip kinds they do not know. */
export const frameKinds = { logs: 1, quarantine: 2, checkpoint: 3 } as const;
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

/**
 * The ledger of a batch: received = sum of all. Counted per tenant, durable with the frame. A count may be negative, where
 * lines of an earlier frame that were counted as sampled are kept after all.
 */
export interface OutcomeCounts {
  readonly accepted: number;
  readonly sampled: number;
  readonly dropped: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly refused: number;
}

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly tenant: string;
  readonly rowCount: number;
  readonly outcomes: OutcomeCounts;
  /** Receive time of the batch. */
  readonly receivedMs: number;
  /** The sender's own id of the batch, at most 255 bytes: by it a repetition is recognised, also after a crash. */
  readonly batchId?: string | undefined;
  /** Number of the receiver that took the batch (ingest/receiver-codes.ts), 0 to 255; 0 or absent: not known. */
  readonly receiver?: number | undefined;
}

export interface Frame extends FrameHeader {
  readonly shard: number;
  readonly sequence: number;
  /** Borrowed: valid until the reader's next call. For `logs` a Native block. */
  readonly payload: Buffer;
}

/** Next sequence to read, for every shard. */
export type LogPosition = ReadonlyMap<number, number>;

/** Durable end of a shard, told after each group commit. */
export interface ShardEnd {
  readonly shard: number;
  /** Sequence that the next frame will get. */
  readonly sequence: number;
  /** Rows and bytes ever appended in this incarnation, for lag. */
  readonly rows: number;
  readonly bytes: number;
  /** WAL only: first sequence of the segment that holds the end, which tells readers when to look for a new file. */
  readonly segment?: number;
}

/** Owned by one gateway worker; lives in its thread. */
export interface LogWriter {
  readonly shard: number;
  readonly incarnation: number;
  /** Sequence of the next `append` call; stable until that call, so a batch can carry it in its ids. */
  readonly nextSequence: number;
  /**
   * Takes the next sequence at once and resolves when the frame is durable. The payload may not be changed until then.
   * Rejects with AppError `log_full` or `log_unavailable`; then the frame is not in the log and never will be.
   */
  append(header: FrameHeader, payload: readonly Uint8Array[]): Promise<void>;
  /** Waits for what is pending and closes. */
  close(): Promise<void>;
}

/** Reads one shard forward. */
export interface LogReader {
  readonly shard: number;
  /** Sequence of the next frame that `read` returns. */
  readonly nextSequence: number;
  /** Frames that were trimmed before this reader came to them; frames lost to damage, and the rows they held. */
  readonly skippedFrames: number;
  readonly damagedFrames: number;
  readonly lostRows: number;
  /** Frames up to the durable end, at most `maxBytes` (but at least one); empty when there is none yet. */
  read(maxBytes: number): Promise<readonly Frame[]>;
  close(): Promise<void>;
}

export interface ShardStatus {
  readonly shard: number;
  /** Oldest sequence still kept. */
  readonly first: number;
  readonly end: ShardEnd;
  readonly keptBytes: number;
  readonly oldestReceivedMs: number | undefined;
}

/** What recovery found; said in the log and in /v1/status. */
export interface RecoveryReport {
  readonly shard: number;
  readonly tornBytes: number;
  readonly damagedFrames: number;
  /** Rows lost with damaged frames, as far as their headers could be read. */
  readonly lostRows: number;
}

/** Reading side and upkeep; lives in the main thread. */
export interface DurableLog {
  readonly incarnation: number;
  readonly recovery: readonly RecoveryReport[];
  shards(): readonly ShardStatus[];
  /** Called by the gateway's messages (or directly in one process) when a writer committed. */
  advance(end: ShardEnd): void;
  /** Resolves when any shard's end differs from the position, or the signal aborts. */
  waitBeyond(position: LogPosition, signal: AbortSignal): Promise<void>;
  /** From the sequence, or from the oldest kept frame if that is later. */
  openReader(shard: number, fromSequence: number): Promise<LogReader>;
  /** Sequence of the first frame received at or after the time, per shard. */
  positionAt(receivedMs: number): Promise<LogPosition>;
  /** Durable position of a consumer; one that `holds` keeps the log from being trimmed past it. */
  commit(consumer: string, position: LogPosition): Promise<void>;
  committed(consumer: string): LogPosition;
  /** Removes segments beyond the bounds of age and size that no holding consumer needs; returns bytes freed. */
  trim(): Promise<number>;
  close(): Promise<void>;
}
