/** The quarantine as others see it: records that could not be taken, each with its bytes, its sender and the reason. */
import type { RecordContext, RecordFormat } from '#ingest/rejected-records.ts';

/** `replaying`: sent again, the answer is not known yet. */
export type QuarantineState = 'waiting' | 'replaying' | 'replayed';

export interface QuarantinedRecord {
  /** `q-<incarnation>-<shard>-<sequence>-<item>`: its place in the log. */
  readonly id: string;
  readonly tenant: string;
  readonly receivedMs: number;
  readonly receiver: string;
  readonly sender: string;
  readonly format: RecordFormat;
  /** A code of model/record-errors.ts. */
  readonly code: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  /** Bytes sent; more than are kept where the record was cut. */
  readonly length: number;
  /** What it was beside its bytes. */
  readonly context: RecordContext;
  readonly state: QuarantineState;
  readonly replayedMs: number | undefined;
}

/** Which records; every given member must match. */
export interface QuarantineFilter {
  readonly tenant: string;
  readonly ids?: readonly string[];
  readonly code?: string;
  readonly receiver?: string;
  readonly sender?: string;
  readonly state?: QuarantineState;
  /** A text among the bytes. */
  readonly contains?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface QuarantinePage {
  /** Newest first. */
  readonly records: readonly QuarantinedRecord[];
  /** All that match. */
  readonly total: number;
  /** Where the next page begins; undefined at the end. */
  readonly next: number | undefined;
}

/** Of one tenant, over all time: taken = waiting + replaying + replayed + expired. */
export interface QuarantineTotals {
  readonly taken: number;
  readonly waiting: number;
  readonly replaying: number;
  readonly replayed: number;
  readonly expired: number;
}

/** What became of one record that was replayed, or would become of it. */
export interface ReplayedRecord {
  readonly id: string;
  /** Why it cannot be taken still; undefined where it is a line now. */
  readonly problem?: { readonly code: string; readonly message: string };
  /** The line that it would be, in a preview. */
  readonly line?: Readonly<Record<string, unknown>>;
}

export interface ReplayRequest {
  readonly filter: QuarantineFilter;
  /** Only say what would become of them. */
  readonly preview: boolean;
  /** Other bytes for records, by id: what the fix is where it lies in the record. */
  readonly edits: ReadonlyMap<string, Uint8Array>;
  readonly limit: number;
}

export interface Quarantine {
  find(filter: QuarantineFilter, limit: number, after?: number): QuarantinePage;
  totals(): ReadonlyMap<string, QuarantineTotals>;
  /** Sends records through ingestion again, oldest first; each becomes a line at most once. */
  replay(request: ReplayRequest): Promise<readonly ReplayedRecord[]>;
}
