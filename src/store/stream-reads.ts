/**
 * What a store is asked by who knows lines as streams with labels: how many lines and bytes there are, by the fields that
 * labels are made of and by time. Part of the storage port.
 */
import type { LogLine } from '#model/log-line.ts';
import type { Completeness, LineQuery, ReadOptions } from './log-store.ts';

export interface StreamCountQuery extends Pick<LineQuery, 'tenant' | 'where' | 'range'> {
  /** Fields of the query language; their values tell groups apart. */
  readonly fields: readonly string[];
  /** Groups differ by all entries of `resource` too. */
  readonly byResource: boolean;
  /** Length of a slot of time; slots begin where the range does. Absent: one slot. */
  readonly slotNs?: bigint;
  /** Whether bytes are wanted: lines are read for them. */
  readonly withBytes: boolean;
  /** Groups times slots. */
  readonly maxCounts: number;
}

export interface StreamCount {
  /** Number of the slot. */
  readonly slot: number;
  /** In the order of the fields. A level is its severity number. */
  readonly values: readonly string[];
  readonly resource: Readonly<Record<string, string>>;
  /** Lines, and bytes of the lines as they came; a line weighs 1 / sample_rate. */
  readonly lines: number;
  readonly bytes: number;
}

export interface StreamCountsAnswer extends Completeness {
  readonly counts: readonly StreamCount[];
  /** There are more than `maxCounts`. */
  readonly hasMore: boolean;
}

export interface EntryNamesAnswer extends Completeness {
  /** Names of entries of `resource` and of `attributes`. */
  readonly resource: readonly string[];
  readonly attributes: readonly string[];
}

/** Next lines in the order of their times. */
export interface ScannedLines {
  readonly lines: readonly LogLine[];
  /** Why lines may be missing. */
  readonly reason?: string;
}

export interface StreamReads {
  countStreams(query: StreamCountQuery, options: ReadOptions): Promise<StreamCountsAnswer>;
  entryNames(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): Promise<EntryNamesAnswer>;
  /** All lines, of one snapshot, read as they are taken. */
  scanLines(query: Pick<LineQuery, 'tenant' | 'where' | 'range'>, options: ReadOptions): AsyncIterable<ScannedLines>;
}
