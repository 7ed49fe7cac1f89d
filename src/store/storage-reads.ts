/** What a store is asked about the room that lines take: on disk by column, and as text by service and field. Part of the storage port. */
import type { Completeness, ReadOptions, TimeRange } from './log-store.ts';

export interface ColumnSize {
  readonly column: string;
  readonly diskBytes: number;
  /** Before compression. */
  readonly rawBytes: number;
}

export interface ColumnSizes {
  /** The largest first. */
  readonly columns: readonly ColumnSize[];
  /** Text indexes and bloom filters. */
  readonly indexBytes: number;
}

export interface TextSize {
  readonly name: string;
  /** Lines that have it. */
  readonly lineCount: number;
  /** Bytes of its text in the sample, before compression; of a field its name too. */
  readonly bytes: number;
}

export interface TextSizesAnswer extends Completeness {
  /** Lines that were looked at. */
  readonly sampledLines: number;
  readonly bytes: number;
  /** The largest first. */
  readonly services: readonly TextSize[];
  readonly fields: readonly TextSize[];
}

export interface StorageReads {
  /** Of all tenants together. */
  columnSizes(): Promise<ColumnSizes>;
  /** Of a tenant's lines in the range, so many of them at most. */
  textSizes(
    query: { readonly tenant: string; readonly range: TimeRange; readonly maxLines: number },
    options: ReadOptions,
  ): Promise<TextSizesAnswer>;
}
