/**
 * A decoded batch as columns to read from: what live tail and the in-memory matcher see. All views borrow the block's
 * bytes and are valid only as long as that buffer is.
 */

/** Texts laid one behind the other with a gap for their length; `starts[i]..ends[i]` are byte positions in `bytes`. */
export interface TextColumn {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Low-cardinality texts: each row holds an index into `values`. */
export interface DictionaryColumn {
  readonly values: readonly string[];
  readonly indexes: Uint8Array | Uint16Array | Uint32Array;
}

/** Key-value pairs: those of row i are the entries `offsets[i] .. offsets[i + 1] - 1` (offsets has rowCount + 1). */
export interface MapColumn {
  readonly offsets: Uint32Array;
  readonly keys: DictionaryColumn;
  readonly values: TextColumn;
}

export interface ListColumn {
  readonly offsets: Uint32Array;
  readonly values: DictionaryColumn;
}

export interface BatchView {
  readonly rowCount: number;
  /** Event time, nanoseconds. */
  readonly ts: BigInt64Array;
  /** Receive time, milliseconds. */
  readonly receiveTs: BigInt64Array;
  readonly skewed: Uint8Array;
  readonly origin: Uint32Array;
  readonly seq: BigUint64Array;
  readonly rowNo: Uint16Array;
  readonly level: Uint8Array;
  readonly sampleRate: Float32Array;
  readonly patternId: BigUint64Array;
  dictionary(column: 'tenant' | 'service' | 'host' | 'environment'): DictionaryColumn;
  text(column: 'message' | 'folded' | 'trace_id' | 'span_id' | 'kinds' | 'raw'): TextColumn;
  map(column: 'attributes' | 'resource'): MapColumn;
  list(column: 'tags'): ListColumn;
}
