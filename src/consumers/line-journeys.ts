/** What became of a line, and of a batch: as their readers see it; api/ shows it. Implemented in consumers/journey/. */
import type { OutcomeCounts } from '#log/durable-log.ts';
import type { LinePlacement } from '#store/placement-reads.ts';
import type { ReadOptions } from '#store/log-store.ts';

/** Its batch's place in the durable log, whether or not the log still has it. */
export interface LogPlace {
  readonly incarnation: number;
  readonly shard: number;
  readonly sequence: number;
}

/** What the header of a batch's frame says. */
export interface BatchFrame extends LogPlace {
  readonly receivedMs: number;
  readonly receiver?: string;
  readonly batchId?: string;
  readonly lineCount: number;
  readonly outcomes: OutcomeCounts;
}

/**
 * searchable: searches find it. waiting: acknowledged and durable, not indexed yet. removed: it was acknowledged, and neither the
 * store nor the log has it now; or, where `isCertain` is false, it may never have been.
 */
export type LineState = 'searchable' | 'waiting' | 'removed';

export interface LineJourney {
  readonly state: LineState;
  /** False where nothing is left that could tell whether there was such a line. */
  readonly isCertain: boolean;
  readonly place: LogPlace & { readonly rowNo: number };
  /** Undefined where the log no longer has the batch. */
  readonly frame?: BatchFrame;
  readonly placement?: LinePlacement;
  readonly reason?: string;
}

export interface BatchLine {
  readonly id: string;
  readonly rowNo: number;
  readonly state: LineState;
  readonly placement?: LinePlacement;
}

export interface BatchJourney {
  readonly frame: BatchFrame;
  readonly lines: readonly BatchLine[];
  /** Its lines by state; also those over the bound of `lines`. */
  readonly counts: Readonly<Record<LineState, number>>;
  readonly reason?: string;
}

export interface LineJourneys {
  /** AppError not_found where the log knows that there is no such line. */
  ofLine(tenant: string, id: string, options: ReadOptions): Promise<LineJourney>;
  /**
   * By its place, `<incarnation>.<shard>.<sequence>`, or by the sender's own id among what was received from `fromMs` on; oldest
   * first. AppError not_found, which says since when the log has batches.
   */
  ofBatch(tenant: string, id: string, fromMs: number, options: ReadOptions): Promise<readonly BatchJourney[]>;
}

export const batchPlaceText = ({ incarnation, shard, sequence }: LogPlace): string => `${incarnation}.${shard}.${sequence}`;
