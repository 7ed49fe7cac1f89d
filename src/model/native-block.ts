/**
 * Reads ClickHouse Native blocks back: columns on demand for live tail, the matcher and the tests.
 * Layout: docs/specs/log-batch.md.
 *
 * The block's columns are walked once to find where each begins; their values are decoded when first asked for. Views
 * borrow the buffer. A block that is cut short or inconsistent throws BugError: blocks come from our own log, whose CRC
 * was checked, so nothing a user sends can do that. Called by consumers and by the store's tests.
 */
import { formatLineId } from '#base/ids.ts';
import { BugError, invariant } from '#base/errors.ts';
import type { BatchView, DictionaryColumn, ListColumn, MapColumn, TextColumn } from './batch-view.ts';
import { logColumns } from './columns.ts';
import type { ColumnName, ColumnType } from './columns.ts';
import { Cursor, skipColumn } from './native-cursor.ts';
import type { LogLine } from './log-line.ts';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

const columnTypes: ReadonlySet<string> = new Set(logColumns.map((column) => column.type));

class NativeBatchView implements BatchView {
  readonly rowCount: number;
  /** Bytes of the block; another may follow in the same buffer. */
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  /** Where each column's data begins. */
  readonly #starts = new Map<string, number>();
  readonly #decoded = new Map<string, unknown>();

  constructor(bytes: Uint8Array, start: number) {
    const cursor = new Cursor(bytes, start);
    const columnCount = cursor.varint();
    this.rowCount = cursor.varint();
    invariant(this.rowCount <= bytes.length, 'native block: more rows than bytes');
    this.#bytes = bytes;
    for (let i = 0; i < columnCount; i++) {
      const name = cursor.text();
      const type = cursor.text();
      invariant(columnTypes.has(type), `native block: column "${name}" of type "${type}"`);
      const known = logColumns.find((column) => column.name === name);
      invariant(known === undefined || known.type === type, `native block: column "${name}" of type "${type}"`);
      this.#starts.set(name, cursor.at);
      skipColumn(cursor, type as ColumnType, this.rowCount);
    }
    this.byteLength = cursor.at - start;
  }

  get ts(): BigInt64Array {
    return this.#fixed('ts', 8, (buffer) => new BigInt64Array(buffer));
  }

  get receiveTs(): BigInt64Array {
    return this.#fixed('receive_ts', 8, (buffer) => new BigInt64Array(buffer));
  }

  get skewed(): Uint8Array {
    return this.#fixed('skewed', 1, (buffer) => new Uint8Array(buffer));
  }

  get origin(): Uint32Array {
    return this.#fixed('origin', 4, (buffer) => new Uint32Array(buffer));
  }

  get seq(): BigUint64Array {
    return this.#fixed('seq', 8, (buffer) => new BigUint64Array(buffer));
  }

  get rowNo(): Uint16Array {
    return this.#fixed('row_no', 2, (buffer) => new Uint16Array(buffer));
  }

  get level(): Uint8Array {
    return this.#fixed('level', 1, (buffer) => new Uint8Array(buffer));
  }

  get sampleRate(): Float32Array {
    return this.#once('sample_rate', (cursor) =>
      cursor === undefined ? new Float32Array(this.rowCount).fill(1) : new Float32Array(this.#slice(cursor, 4)),
    );
  }

  get patternId(): BigUint64Array {
    return this.#fixed('pattern_id', 8, (buffer) => new BigUint64Array(buffer));
  }

  dictionary(column: 'tenant' | 'service' | 'host' | 'environment'): DictionaryColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) return { values: [''], indexes: new Uint8Array(this.rowCount) };
      cursor.skip(8);
      return cursor.dictionary(this.rowCount);
    });
  }

  text(column: 'message' | 'folded' | 'trace_id' | 'span_id' | 'kinds' | 'raw'): TextColumn {
    return this.#once(column, (cursor) =>
      cursor === undefined
        ? { bytes: this.#bytes, starts: new Uint32Array(this.rowCount), ends: new Uint32Array(this.rowCount) }
        : cursor.texts(this.rowCount),
    );
  }

  map(column: 'attributes' | 'resource'): MapColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) {
        const none = new Uint32Array(0);
        const keys = { values: [], indexes: new Uint8Array(0) };
        return { offsets: new Uint32Array(this.rowCount + 1), keys, values: { bytes: this.#bytes, starts: none, ends: none } };
      }
      cursor.skip(8);
      const offsets = cursor.offsets(this.rowCount);
      const entries = offsets[this.rowCount];
      return { offsets, keys: cursor.dictionary(entries), values: cursor.texts(entries) };
    });
  }

  list(column: 'tags'): ListColumn {
    return this.#once(column, (cursor) => {
      if (cursor === undefined) {
        return { offsets: new Uint32Array(this.rowCount + 1), values: { values: [], indexes: new Uint8Array(0) } };
      }
      cursor.skip(8);
      const offsets = cursor.offsets(this.rowCount);
      return { offsets, values: cursor.dictionary(offsets[this.rowCount]) };
    });
  }

  #fixed<A>(column: ColumnName, width: number, over: (buffer: ArrayBuffer) => A): A {
    return this.#once(column, (cursor) => over(cursor === undefined ? new ArrayBuffer(this.rowCount * width) : this.#slice(cursor, width)));
  }

  /** A copy, since typed arrays need aligned memory. */
  #slice(cursor: Cursor, width: number): ArrayBuffer {
    const start = cursor.skip(this.rowCount * width);
    return new Uint8Array(this.#bytes.subarray(start, cursor.at)).buffer;
  }

  #once<V>(column: ColumnName, decode: (cursor: Cursor | undefined) => V): V {
    let value = this.#decoded.get(column) as V | undefined;
    if (value === undefined) {
      const start = this.rowCount === 0 ? undefined : this.#starts.get(column);
      value = decode(start === undefined ? undefined : new Cursor(this.#bytes, start));
      this.#decoded.set(column, value);
    }
    return value;
  }
}

/** A block as columns; `byteLength` says where the next block of the buffer begins. Throws BugError on a damaged block. */
export function readNativeBlock(bytes: Uint8Array, start = 0): BatchView & { readonly byteLength: number } {
  return new NativeBatchView(bytes, start);
}

/** Where the data of a column begins in a block that has it, for changing values of fixed width in place. */
export function columnStart(block: Uint8Array, name: ColumnName): { readonly rowCount: number; readonly start: number } {
  const cursor = new Cursor(block, 0);
  const columnCount = cursor.varint();
  const rowCount = cursor.varint();
  for (let i = 0; i < columnCount; i++) {
    const found = cursor.text();
    const type = cursor.text() as ColumnType;
    if (found === name) return { rowCount, start: cursor.at };
    skipColumn(cursor, type, rowCount);
  }
  throw new BugError(`the block has no column ${name}`);
}

function textAt({ bytes, starts, ends }: TextColumn, index: number): string {
  return textDecoder.decode(bytes.subarray(starts[index], ends[index]));
}

function dictionaryTextAt({ values, indexes }: DictionaryColumn, index: number): string {
  return values[indexes[index]];
}

/** One row as an object, with its id. Slow; for lines that are shown. */
export function lineOfRow(view: BatchView, row: number): LogLine {
  const tsNs = view.ts[row];
  const { offsets, keys, values } = view.map('attributes');
  const entries = Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i);
  const resource = view.map('resource');
  const tags = view.list('tags');
  return {
    id: formatLineId({
      tsMs: Number(tsNs / 1_000_000n),
      origin: view.origin[row],
      seq: Number(view.seq[row]),
      rowNo: view.rowNo[row],
    }),
    tsNs,
    receivedMs: Number(view.receiveTs[row]),
    skewed: view.skewed[row] !== 0,
    tenant: dictionaryTextAt(view.dictionary('tenant'), row),
    service: dictionaryTextAt(view.dictionary('service'), row),
    host: dictionaryTextAt(view.dictionary('host'), row),
    environment: dictionaryTextAt(view.dictionary('environment'), row),
    level: view.level[row],
    traceId: textAt(view.text('trace_id'), row),
    spanId: textAt(view.text('span_id'), row),
    message: textAt(view.text('message'), row),
    attributes: {
      names: entries.map((entry) => dictionaryTextAt(keys, entry)),
      values: entries.map((entry) => textAt(values, entry)),
      kinds: textAt(view.text('kinds'), row),
    },
    resource: resourceOf(resource, row),
    tags: Array.from({ length: tags.offsets[row + 1] - tags.offsets[row] }, (_, i) => dictionaryTextAt(tags.values, tags.offsets[row] + i)),
    raw: textAt(view.text('raw'), row),
    sampleRate: view.sampleRate[row],
    patternId: view.patternId[row],
  };
}

function resourceOf({ offsets, keys, values }: MapColumn, row: number): Record<string, string> {
  // a record without a prototype, so that a key "__proto__" is a key like any other
  const resource: Record<string, string> = Object.create(null);
  for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) resource[dictionaryTextAt(keys, entry)] = textAt(values, entry);
  return resource;
}
