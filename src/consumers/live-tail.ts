/**
 * The live tail as its users see it: api/ renders what it delivers. Implemented in consumers/tail/.
 *
 * Lines are pulled, not pushed: a subscription gathers them in a bounded buffer and calls `onReady`; the transport takes
 * them when its connection has room. What does not fit is dropped, oldest first, and told as a number.
 */
import type { QueryNode } from '#language/ast.ts';
import type { LogLine } from '#model/log-line.ts';

export interface TailRequest {
  readonly tenant: string;
  readonly where: QueryNode;
  /** From an earlier delivery: continues behind it as far as the log still holds it. */
  readonly cursor?: string;
  /** There is something to take; called once until the next `take`. Must not throw. */
  readonly onReady: () => void;
  /** The service has stopped, and nothing more will come. */
  readonly onEnd?: () => void;
}

export interface TailLine {
  readonly line: LogLine;
  /** Opaque cursor behind this line. */
  cursor(): string;
}

/** What was lost since the last delivery. */
export interface TailLoss {
  /** Lines lost: those that matched and did not fit, and those of `skipped`. */
  readonly dropped: number;
  /** Part of `dropped` that was never looked at, matching or not, because the tail as a whole was behind; at most this many. */
  readonly skipped: number;
  /** Batches that the log no longer held when a cursor asked for them; how many lines they had is not known. */
  readonly missedBatches: number;
}

export interface TailDelivery extends TailLoss {
  readonly lines: readonly TailLine[];
  /** Opaque cursor behind everything that was delivered or found not to match. */
  readonly cursor: string;
}

export interface TailSubscription {
  /** What has gathered, oldest first; may be empty. */
  take(maxLines: number): TailDelivery;
  close(): void;
}

export interface TailStatus {
  readonly subscribers: number;
  readonly queries: number;
  /** Next sequence to look at, per shard; empty while nobody watches. */
  readonly position: Readonly<Record<number, number>>;
  readonly matchedLines: number;
  readonly droppedLines: number;
  readonly skippedLines: number;
}

/** What the live tail may take of one core, for matching and for sending together. */
export interface TailCpuShare {
  /** Does the work and counts the CPU time it took, and what it costs elsewhere; answers the sum, in ms. Matching waits until it is paid off. */
  charge(work: () => void, elsewhereMs?: number): number;
  /** How much time has to pass for so much work, in ms; infinite where the share is 0. */
  spreadMs(workMs: number): number;
}

export interface TailService {
  /** For the streams, which render and send what was matched. */
  readonly cpuShare: TailCpuShare;
  /** Throws AppError too_many_tails, invalid_cursor. */
  subscribe(request: TailRequest): TailSubscription;
  status(): TailStatus;
  stop(): Promise<void>;
}

/** Settings of section `tail` that concern the streams to clients. */
export interface TailStreamConfig {
  readonly flush_interval: number;
  readonly heartbeat_interval: number;
  readonly max_lines_per_message: number;
  readonly max_unsent_bytes: number;
}
