/** What a store is asked by who wants all lines rather than the first ones. Part of the storage port. */
import type { LineKey, LineQuery, ReadOptions } from './log-store.ts';

/**
 * What lines are given as: JSON objects in the shape of search or of chosen columns, rows of CSV (RFC 4180), the lines as
 * they were sent, or rows of `exportTable` in ClickHouse's RowBinary, from which a Parquet file is made.
 */
export type LineFormat =
  | { readonly kind: 'ndjson'; readonly columns?: readonly string[] }
  | { readonly kind: 'csv'; readonly columns: readonly string[] }
  | { readonly kind: 'raw' }
  | { readonly kind: 'rows' };

export type BulkQuery = Omit<LineQuery, 'offset'>;

/** Whole lines, rendered, in their order. */
export interface RenderedLines {
  readonly bytes: Uint8Array;
  readonly lineCount: number;
  readonly lastKey: LineKey;
  /** Says that nobody reads the bytes any more, so that their buffer is used again; to be said once, or never. */
  readonly release?: () => void;
}

export interface BulkEnd {
  /** Lines of the part that was read are still to come behind the last one. */
  readonly hasMore: boolean;
  /** As of a search that stopped there: all lines up to here were given. Absent where the range is done, or `hasMore`. */
  readonly searchedToNs?: bigint;
  /** Why lines may be missing. */
  readonly reason?: string;
}

export interface BulkReads {
  /**
   * Some of the next lines of the query in their order, rendered by the engine and read no faster than they are taken. It
   * may end anywhere, also before `limit`: unless the range is done it ends with `hasMore` or `searchedToNs`.
   */
  bulkLines(query: BulkQuery, format: LineFormat, options: ReadOptions): AsyncGenerator<RenderedLines, BulkEnd>;

  /**
   * The lines of the query as one Parquet file, at most `limit`; the engine holds it in memory, so it is for small ones.
   * AppError limit_exceeded where it is too large for that.
   */
  parquetLines(query: BulkQuery, options: ReadOptions): Promise<ParquetFile>;
  /** Makes a Parquet file of a file with rows (format `rows`), in their order. Absolute paths; the target is new. */
  writeParquet(rowsPath: string, targetPath: string, options: ReadOptions): Promise<void>;
}

export interface ParquetFile {
  readonly bytes: Uint8Array;
  /** Why lines may be missing. */
  readonly reason?: string;
}
