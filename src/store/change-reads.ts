/**
 * Whether what was read is still what would be read: a part of the store's reading side, for whoever keeps answers. A
 * version is taken before a question is asked; its answer holds as long as nothing changed in its range since then.
 */
import type { TimeRange } from './log-store.ts';

export interface ChangeReads {
  /** Rises with every change of lines; taken before a question. */
  changeVersion(): number;
  /**
   * First event time in the range at which lines of the tenant were added, replaced or lost since the version; undefined
   * where none were. May say one too early, never one too late.
   */
  changedSince(tenant: string, version: number, range: TimeRange): bigint | undefined;
}
