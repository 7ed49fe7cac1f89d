/** Some rows of a batch, one behind the other, as a batch of its own: nothing is copied. Valid as long as the batch is. */
import type { BatchView, DictionaryColumn, ListColumn, MapColumn, TextColumn } from './batch-view.ts';

/** The rows from `start` up to `end`. Offsets of maps and lists go on naming entries of the whole batch. */
export function rowRange(view: BatchView, start: number, end: number): BatchView {
  return start === 0 && end === view.rowCount ? view : new RowRange(view, start, end);
}

class RowRange implements BatchView {
  readonly rowCount: number;
  readonly #view: BatchView;
  readonly #start: number;
  readonly #end: number;

  constructor(view: BatchView, start: number, end: number) {
    this.#view = view;
    this.#start = start;
    this.#end = end;
    this.rowCount = end - start;
  }

  get ts(): BigInt64Array {
    return this.#view.ts.subarray(this.#start, this.#end);
  }

  get receiveTs(): BigInt64Array {
    return this.#view.receiveTs.subarray(this.#start, this.#end);
  }

  get skewed(): Uint8Array {
    return this.#view.skewed.subarray(this.#start, this.#end);
  }

  get origin(): Uint32Array {
    return this.#view.origin.subarray(this.#start, this.#end);
  }

  get seq(): BigUint64Array {
    return this.#view.seq.subarray(this.#start, this.#end);
  }

  get rowNo(): Uint16Array {
    return this.#view.rowNo.subarray(this.#start, this.#end);
  }

  get level(): Uint8Array {
    return this.#view.level.subarray(this.#start, this.#end);
  }

  get sampleRate(): Float32Array {
    return this.#view.sampleRate.subarray(this.#start, this.#end);
  }

  get patternId(): BigUint64Array {
    return this.#view.patternId.subarray(this.#start, this.#end);
  }

  dictionary(column: Parameters<BatchView['dictionary']>[0]): DictionaryColumn {
    const { values, indexes } = this.#view.dictionary(column);
    return { values, indexes: indexes.subarray(this.#start, this.#end) };
  }

  text(column: Parameters<BatchView['text']>[0]): TextColumn {
    const { bytes, starts, ends } = this.#view.text(column);
    return { bytes, starts: starts.subarray(this.#start, this.#end), ends: ends.subarray(this.#start, this.#end) };
  }

  map(column: Parameters<BatchView['map']>[0]): MapColumn {
    const map = this.#view.map(column);
    return { ...map, offsets: map.offsets.subarray(this.#start, this.#end + 1) };
  }

  list(column: Parameters<BatchView['list']>[0]): ListColumn {
    const list = this.#view.list(column);
    return { ...list, offsets: list.offsets.subarray(this.#start, this.#end + 1) };
  }
}
