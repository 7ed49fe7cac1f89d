/** Where lines lie in the store. Part of the storage port. */
import type { ReadOptions, TimeRange } from './log-store.ts';

/** Lines of one batch, by their place in the log; all of its lines, or one. */
export interface PlacementQuery {
  readonly tenant: string;
  readonly origin: number;
  readonly seq: number;
  readonly rowNo?: number;
  /** Event times between which the lines are. */
  readonly range: TimeRange;
}

/** A file of the store, which holds many lines. */
export interface StoredPart {
  readonly name: string;
  readonly disk: string;
  readonly lines: number;
  readonly bytes: number;
  /** How often it was merged. */
  readonly level: number;
  readonly writtenMs: number;
}

export interface LinePlacement {
  readonly rowNo: number;
  readonly tsNs: bigint;
  readonly receivedMs: number;
  /** Number of the memtable that holds it, which is the generation that it will be; or the generation that it is. */
  readonly generation: number;
  readonly isCommitted: boolean;
  /** Of committed lines. */
  readonly part?: StoredPart;
  readonly partition?: string;
  readonly retentionClass?: number;
  readonly skewed: boolean;
  readonly sampleRate: number;
  /** The line before parsing is kept beside it, since it differs. */
  readonly wasParsed: boolean;
  /** 0: none. */
  readonly patternId: string;
}

export interface PlacementReads {
  /** In the order of rows; lines that are not found are left out. `reason`: why some may be missing. */
  placements(query: PlacementQuery, options: ReadOptions): Promise<{ readonly lines: readonly LinePlacement[]; readonly reason?: string }>;
}
