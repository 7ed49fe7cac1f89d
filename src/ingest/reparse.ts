/**
 * Parses lines again that the log still holds (L5): after a parser was fixed or a rule was set, a replay runs their
 * blocks through this. Lines that were parsed, or should have been, are parsed from what they were before (`raw`, or the
 * message where no parser took it); all others only where a rule asks for it. A line keeps its place in the log, and its
 * id as long as its time stays.
 *
 * Attributes that the line had and that the parser does not give now stay, since nobody knows who gave them. Which
 * receiver took a line is not kept: rules that name one are not asked.
 */
import type { BatchView, MapColumn, TextColumn } from '#model/batch-view.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { BatchCompleter, RecordFinisher } from '#model/log-batch.ts';
import { columnStart, readNativeBlock } from '#model/native-block.ts';
import { missingTime } from '#model/native-writer.ts';
import { recordFields } from '#model/field-names.ts';
import { RecordWriter, kinds } from '#model/record-writer.ts';
import type { RecordLimits } from '#model/record-writer.ts';
import { selectRows } from '#model/select-rows.ts';

/** What parses lines of text of a tenant, or its other records; undefined where nothing does. */
export type ParsingFinisher = (tenant: string, content: 'text' | 'records') => RecordFinisher | undefined;

/** Given to lines that no parser took. */
const errorName = 'parse_error';
/** Given by parsers that say their name. */
const parserName = 'parser';

export class Reparser {
  readonly #finisherOf: ParsingFinisher;
  readonly #maxClockSkewMs: number;
  readonly #rows = new LogBatchBuilder();
  readonly #writer: RecordWriter;
  readonly #added: RecordWriter;

  constructor(finisherOf: ParsingFinisher, limits: RecordLimits, maxClockSkewMs: number, completer?: BatchCompleter) {
    this.#finisherOf = finisherOf;
    this.#rows.completer = completer;
    this.#maxClockSkewMs = maxClockSkewMs;
    this.#writer = new RecordWriter(limits);
    this.#added = new RecordWriter(limits);
  }

  /** The block with its lines parsed again, in a fresh buffer; the block itself where nothing parses them. */
  reparse(block: Uint8Array): Uint8Array {
    const view = readNativeBlock(block);
    const { values, indexes } = view.dictionary('tenant');
    const tenant = values[indexes[0]];
    const source = new SourceRows(view);
    const forText = source.hasText ? this.#finisherOf(tenant, 'text') : undefined;
    const forRecords = this.#finisherOf(tenant, 'records');
    if (forText === undefined && forRecords === undefined) return block;
    const rows = this.#rows;
    if (rows.rowCount > 0) rows.clear();
    this.#writer.into(rows);
    this.#added.names.forget();
    for (let row = 0; row < view.rowCount; row++) this.#copy(source, row, source.isText(row) ? forText : forRecords);
    const stamp = {
      tenant,
      receivedMs: Number(view.receiveTs[0]),
      origin: view.origin[0],
      seq: Number(view.seq[0]),
      maxClockSkewMs: this.#maxClockSkewMs,
    };
    return withPlaces(rows.finish(stamp), view);
  }

  #copy(source: SourceRows, row: number, finisher: RecordFinisher | undefined): void {
    const writer = this.#writer;
    if (finisher !== undefined) {
      this.#rows.finisher = { finish: (open) => finisher.finish(open) ?? this.#fillIn(open, source, row) };
      writer.begin();
      source.copyOrigin(writer, row);
      source.copyMessage(writer, row, true);
      if (!source.isText(row)) {
        source.copyTimeAndLevel(writer, row);
        source.copyAttributes(writer, row, () => true);
      }
      // what a parser refuses now was a line before, and stays one
      if (writer.commit() === undefined) return;
    }
    this.#rows.finisher = undefined;
    writer.begin();
    source.copyOrigin(writer, row);
    source.copyMessage(writer, row, false);
    source.copyTimeAndLevel(writer, row);
    source.copyAttributes(writer, row, () => true);
    writer.commit();
  }

  /** What the parser did not give comes from the line as it was. */
  #fillIn(open: LogBatchBuilder, source: SourceRows, row: number): ReturnType<RecordFinisher['finish']> {
    const added = this.#added;
    added.adopt(open);
    if (open.timeHigh[open.rowCount] === missingTime) source.copyTime(added, row);
    if (!added.isFilled(recordFields.level)) source.copyLevel(added, row);
    source.copyAttributes(added, row, (name) => name !== errorName && name !== parserName && !hasAttribute(open, name));
    return added.release();
  }
}

const textEncoder = new TextEncoder();

function hasAttribute(open: LogBatchBuilder, name: string): boolean {
  const bytes = textEncoder.encode(name);
  const { attributes } = open;
  return attributes.has(attributes.keys.indexOf(bytes, new DataView(bytes.buffer), 0, bytes.length));
}

/** Rows of the old block, value by value into a writer. */
class SourceRows {
  readonly hasText: boolean;
  readonly #view: BatchView;
  readonly #raw: TextColumn;
  readonly #attributes: MapColumn;
  readonly #failed: Uint8Array;

  constructor(view: BatchView) {
    this.#view = view;
    this.#raw = view.text('raw');
    this.#attributes = view.map('attributes');
    this.#failed = rowsWith(this.#attributes, errorName, view.rowCount);
    this.hasText = this.#failed.includes(1) || this.#raw.ends.some((end, row) => end > this.#raw.starts[row]);
  }

  isText(row: number): boolean {
    return this.#failed[row] === 1 || this.#raw.ends[row] > this.#raw.starts[row];
  }

  /** Where it comes from: service, host, environment, ids, resource, tags. */
  copyOrigin(writer: RecordWriter, row: number): void {
    const view = this.#view;
    for (const field of ['service', 'host', 'environment'] as const) {
      const { values, indexes } = view.dictionary(field);
      if (values[indexes[row]] !== '') writer.putText(writer.names.own(field), values[indexes[row]]);
    }
    for (const field of ['trace_id', 'span_id'] as const) {
      const { bytes, starts, ends } = view.text(field);
      if (ends[row] === starts[row]) continue;
      writer.from(bytes);
      writer.text(recordFields[field], starts[row], ends[row]);
    }
    const { offsets, keys, values } = view.map('resource');
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      writer.from(values.bytes);
      writer.resource(writer.names.ofText(keys.values[keys.indexes[entry]]), values.starts[entry], values.ends[entry]);
    }
    const tags = view.list('tags');
    for (let entry = tags.offsets[row]; entry < tags.offsets[row + 1]; entry++) {
      const tag = textEncoder.encode(tags.values.values[tags.values.indexes[entry]]);
      writer.from(tag);
      writer.tag(0, tag.length);
    }
  }

  /** The line before parsing, or the message and that beside it. */
  copyMessage(writer: RecordWriter, row: number, isText: boolean): void {
    const { bytes, starts, ends } = this.#view.text('message');
    const hasRaw = this.#raw.ends[row] > this.#raw.starts[row];
    writer.from(hasRaw && isText ? this.#raw.bytes : bytes);
    if (hasRaw && isText) return writer.message(this.#raw.starts[row], this.#raw.ends[row]);
    writer.message(starts[row], ends[row]);
    if (!hasRaw) return;
    writer.from(this.#raw.bytes);
    writer.raw(this.#raw.starts[row], this.#raw.ends[row]);
  }

  copyTimeAndLevel(writer: RecordWriter, row: number): void {
    this.copyTime(writer, row);
    this.copyLevel(writer, row);
  }

  copyTime(writer: RecordWriter, row: number): void {
    writer.timeNs(this.#view.ts[row]);
  }

  copyLevel(writer: RecordWriter, row: number): void {
    if (this.#view.level[row] !== 0) writer.severity(this.#view.level[row]);
  }

  copyAttributes(writer: RecordWriter, row: number, isWanted: (name: string) => boolean): void {
    const { offsets, keys, values } = this.#attributes;
    const letters = this.#view.text('kinds');
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      const name = keys.values[keys.indexes[entry]];
      if (!isWanted(name)) continue;
      const kind = letters.bytes[letters.starts[row] + entry - offsets[row]] ?? kinds.string;
      writer.from(values.bytes);
      writer.attribute(writer.names.ofText(name), kind, values.starts[entry], values.ends[entry]);
    }
  }
}

function rowsWith({ offsets, keys }: MapColumn, name: string, rowCount: number): Uint8Array {
  const rows = new Uint8Array(rowCount);
  const wanted = keys.values.indexOf(name);
  if (wanted < 0) return rows;
  for (let row = 0; row < rowCount; row++) {
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) if (keys.indexes[entry] === wanted) rows[row] = 1;
  }
  return rows;
}

/** Rows keep their numbers, which have gaps where policies took lines out, and their rates. */
function withPlaces(block: Uint8Array, { rowNo, rowCount, sampleRate }: BatchView): Uint8Array {
  const bytes = new DataView(block.buffer, block.byteOffset, block.length);
  const { start } = columnStart(block, 'row_no');
  for (let row = 0; row < rowCount; row++) bytes.setUint16(start + row * 2, rowNo[row], true);
  return sampleRate.some((rate) => rate !== 1) ? selectRows(block, new Uint8Array(rowCount).fill(1), sampleRate) : block;
}
