/**
 * Builds a LogBatch: columns filled value by value from bytes, then written as one ClickHouse Native block.
 * Specification: docs/specs/log-batch.md.
 *
 * One record is a transaction: `begin()`, setters and appends in any order, then `commit()` or `abort()`. Nothing is kept
 * of a source after a call returns. No object is made per record. A builder belongs to one thread and is reused for ever;
 * `finish()` empties it and hands over a fresh buffer. Called by the receivers' decoders and by ingest.
 */
import { invariant } from '#base/errors.ts';
import { maxRowsPerBatch } from '#base/ids.ts';
import { TextColumnBuilder } from './byte-columns.ts';
import { ListColumnBuilder, MapColumnBuilder } from './map-column.ts';
import { missingTime, writeNativeBlock } from './native-writer.ts';
import type { RecordErrorCode } from './record-errors.ts';
import { TextDictionary } from './text-dictionary.ts';

/** What is the same for all rows of a batch, known when it is about to be appended to the log. */
export interface BatchStamp {
  readonly tenant: string;
  /** Receive time, milliseconds; also the event time of rows that have none. */
  readonly receivedMs: number;
  readonly origin: number;
  readonly seq: number;
  /** Event times further than this from `receivedMs` are flagged as skewed. */
  readonly maxClockSkewMs: number;
}

/**
 * What happens to every record before it becomes a row, whoever decoded it: parsing, enrichment. Set on the builder for
 * a batch. The record is still open: all setters work.
 */
export interface RecordFinisher {
  /** Completes the open record; a code says why it cannot be taken, and then it is taken back. */
  finish(builder: LogBatchBuilder): RecordErrorCode | undefined;
}

/** Completes all rows of a batch of the tenant in one go, before they become a block. */
export type BatchCompleter = (rows: LogBatchBuilder, tenant: string) => void;

/** An attribute of an open record. */
export interface OpenAttribute {
  /** Index in `attributes.keys`. */
  readonly key: number;
  /** Code of its letter in `kinds`. */
  readonly kind: number;
  readonly value: Uint8Array;
}

/** The dictionary columns that a record fills. */
export type DictionaryField = 'service' | 'host' | 'environment';

/** Lengths of all columns at one moment. */
export interface BatchMark {
  readonly lengths: Float64Array;
}

const markSlots = 24;
const kindsCapacity = 1024;

export class LogBatchBuilder {
  rowCount = 0;

  /** Event times in two words; `missingTime` in `timeHigh` stands for the receive time. */
  timeHigh = new Uint32Array(1024);
  timeLow = new Uint32Array(1024);
  levels = new Uint8Array(1024);
  serviceIndexes = new Uint32Array(1024);
  hostIndexes = new Uint32Array(1024);
  environmentIndexes = new Uint32Array(1024);
  /** Ids of the messages' templates in two words; 0 and 0 for none. */
  patternHigh = new Uint32Array(1024);
  patternLow = new Uint32Array(1024);
  /** True where a record was given one. */
  hasPatterns = false;

  readonly services = new TextDictionary();
  readonly hosts = new TextDictionary();
  readonly environments = new TextDictionary();

  readonly message = new TextColumnBuilder(65_536);
  readonly folded = new TextColumnBuilder(1024);
  readonly traceId = new TextColumnBuilder(16_384);
  readonly spanId = new TextColumnBuilder(16_384);
  readonly kinds = new TextColumnBuilder(16_384);
  /** The line before parsing, only where it differs. */
  readonly raw = new TextColumnBuilder(1024);
  readonly attributes = new MapColumnBuilder();
  readonly resource = new MapColumnBuilder();
  readonly tags = new ListColumnBuilder();

  /** Completes each record before it becomes a row; undefined where there is nothing to do. */
  finisher: RecordFinisher | undefined;
  /** Completes each batch before it becomes a block; stays from batch to batch. */
  completer: BatchCompleter | undefined;

  /** Kinds of the open record's attributes. */
  #recordKinds = new Uint8Array(kindsCapacity);
  #recordKindsView = new DataView(this.#recordKinds.buffer);
  #recordKindCount = 0;
  readonly #recordMark: BatchMark = { lengths: new Float64Array(markSlots) };
  readonly #retainBytes: number;

  /** Buffers that grew past `retainBytes` are given back after each batch. */
  constructor(retainBytes = 16 * 2 ** 20) {
    this.#retainBytes = retainBytes;
  }

  /** Opens a record: all its fields are empty. The batch must have room for it (`maxRowsPerBatch`). */
  begin(): void {
    const row = this.rowCount;
    invariant(row < maxRowsPerBatch, `a batch takes ${maxRowsPerBatch} rows`);
    if (row === this.levels.length) this.#growRows();
    this.#save(this.#recordMark.lengths);
    this.timeHigh[row] = missingTime;
    this.levels[row] = 0;
    this.serviceIndexes[row] = 0;
    this.hostIndexes[row] = 0;
    this.environmentIndexes[row] = 0;
    this.patternHigh[row] = 0;
    this.patternLow[row] = 0;
    this.#recordKindCount = 0;
    this.attributes.openRow();
    this.resource.openRow();
  }

  /** Sets the event time of the open record: nanoseconds since 1970 as two unsigned words. */
  setTime(high: number, low: number): void {
    this.timeHigh[this.rowCount] = high;
    this.timeLow[this.rowCount] = low;
  }

  /** Sets the severity number of the open record. */
  setLevel(severity: number): void {
    this.levels[this.rowCount] = severity;
  }

  /** Sets the id of the template of a row's message, in two words. */
  setPattern(row: number, high: number, low: number): void {
    this.patternHigh[row] = high;
    this.patternLow[row] = low;
    this.hasPatterns = true;
  }

  /** Adds an attribute to the open record; `kind` is the letter's code, `key` a free index of `attributes.keys`. */
  addAttribute(key: number, kind: number, source: Uint8Array, view: DataView, start: number, end: number): void {
    this.attributes.add(key, source, view, start, end);
    if (this.#recordKindCount === this.#recordKinds.length) this.#growKinds();
    this.#recordKinds[this.#recordKindCount++] = kind;
  }

  /** Dictionary index of the open record's attribute `position`, counted from 0. */
  attributeKey(position: number): number {
    return this.attributes.keyIndexes.values[this.#recordMark.lengths[11] + position];
  }

  /** Copies of the open record's attributes, in their order. Slow. */
  openAttributes(): OpenAttribute[] {
    const { bytes } = this.attributes.values.arena;
    const copies: OpenAttribute[] = [];
    let at = this.#recordMark.lengths[12];
    for (let position = 0; position < this.#recordKindCount; position++) {
      let length = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[at++];
        length += (byte & 127) * scale;
        if (byte < 128) break;
      }
      copies.push({ key: this.attributeKey(position), kind: this.#recordKinds[position], value: bytes.slice(at, at + length) });
      at += length;
    }
    return copies;
  }

  /** Takes all attributes out of the open record again. Slow; for what must rearrange them. */
  takeAttributes(): OpenAttribute[] {
    const { attributes } = this;
    const { lengths } = this.#recordMark;
    const taken = this.openAttributes();
    attributes.keyIndexes.length = lengths[11];
    attributes.values.rows = lengths[11];
    attributes.values.arena.length = lengths[12];
    attributes.openRow();
    this.#recordKindCount = 0;
    return taken;
  }

  /** Attributes of the open record so far. */
  get attributeCount(): number {
    return this.#recordKindCount;
  }

  /** Keeps the open record as the next row; or takes it back and says why, where the finisher refused it. */
  commit(): RecordErrorCode | undefined {
    if (this.finisher !== undefined) {
      const refusal = this.finisher.finish(this);
      if (refusal !== undefined) {
        this.abort();
        return refusal;
      }
    }
    const row = this.rowCount;
    if (this.#recordKindCount > 0) {
      this.attributes.closeRow(row);
      this.kinds.append(row, this.#recordKinds, this.#recordKindsView, 0, this.#recordKindCount);
    }
    if (this.resource.keyIndexes.length > this.#recordMark.lengths[14]) this.resource.closeRow(row);
    if (this.tags.indexes.length > this.#recordMark.lengths[17]) this.tags.closeRow(row);
    this.rowCount = row + 1;
    return undefined;
  }

  /** Gives the open record another message; the old one's bytes are gone. */
  replaceMessage(source: Uint8Array, view: DataView, start: number, end: number): void {
    restoreText(this.#recordMark.lengths, 4, this.message);
    restoreText(this.#recordMark.lengths, 18, this.folded);
    this.message.append(this.rowCount, source, view, start, end);
  }

  /** Where the open record's message lies in `message.arena`: begin and end, equal where it has none. */
  messageRange(): { start: number; end: number } {
    const { arena, rows } = this.message;
    return rows > this.rowCount ? { start: arena.length - this.message.lastLength, end: arena.length } : { start: 0, end: 0 };
  }

  /** Takes the open record back. */
  abort(): void {
    this.#restore(this.#recordMark.lengths);
  }

  /** The state between two records, to roll back to. */
  mark(): BatchMark {
    const lengths = new Float64Array(markSlots);
    this.#save(lengths);
    return { lengths };
  }

  /** Takes back all records since the mark; none may be open. */
  rollback(mark: BatchMark): void {
    this.#restore(mark.lengths);
  }

  /** The batch, which has rows, as one Native block in a fresh buffer that is the caller's; the builder is empty afterwards. */
  finish(stamp: BatchStamp): Uint8Array<ArrayBuffer> {
    this.completer?.(this, stamp.tenant);
    const block = writeNativeBlock(this, stamp);
    this.clear();
    return block;
  }

  /** Empties the builder. */
  clear(): void {
    const retain = this.#retainBytes;
    this.rowCount = 0;
    this.hasPatterns = false;
    for (const dictionary of [this.services, this.hosts, this.environments]) dictionary.clear(retain);
    for (const column of [this.message, this.folded, this.traceId, this.spanId, this.kinds, this.raw]) column.reset(retain);
    this.attributes.reset(retain);
    this.resource.reset(retain);
    this.tags.reset(retain);
  }

  #save(lengths: Float64Array): void {
    lengths[0] = this.rowCount;
    lengths[1] = this.services.count;
    lengths[2] = this.hosts.count;
    lengths[3] = this.environments.count;
    saveText(lengths, 4, this.message);
    saveText(lengths, 6, this.traceId);
    saveText(lengths, 8, this.spanId);
    saveText(lengths, 18, this.folded);
    saveText(lengths, 20, this.kinds);
    saveText(lengths, 22, this.raw);
    saveMap(lengths, 10, this.attributes);
    saveMap(lengths, 13, this.resource);
    lengths[16] = this.tags.values.count;
    lengths[17] = this.tags.indexes.length;
  }

  #restore(lengths: Float64Array): void {
    this.rowCount = lengths[0];
    this.services.truncate(lengths[1]);
    this.hosts.truncate(lengths[2]);
    this.environments.truncate(lengths[3]);
    restoreText(lengths, 4, this.message);
    restoreText(lengths, 6, this.traceId);
    restoreText(lengths, 8, this.spanId);
    restoreText(lengths, 18, this.folded);
    restoreText(lengths, 20, this.kinds);
    restoreText(lengths, 22, this.raw);
    restoreMap(lengths, 10, this.attributes, this.rowCount);
    restoreMap(lengths, 13, this.resource, this.rowCount);
    this.tags.values.truncate(lengths[16]);
    this.tags.indexes.length = lengths[17];
    this.tags.ends.length = Math.min(this.tags.ends.length, this.rowCount);
  }

  #growRows(): void {
    const capacity = this.levels.length * 2;
    const wider = (from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(capacity);
      grown.set(from);
      return grown;
    };
    this.timeHigh = wider(this.timeHigh);
    this.timeLow = wider(this.timeLow);
    this.serviceIndexes = wider(this.serviceIndexes);
    this.hostIndexes = wider(this.hostIndexes);
    this.environmentIndexes = wider(this.environmentIndexes);
    this.patternHigh = wider(this.patternHigh);
    this.patternLow = wider(this.patternLow);
    const levels = new Uint8Array(capacity);
    levels.set(this.levels);
    this.levels = levels;
  }

  #growKinds(): void {
    const grown = new Uint8Array(this.#recordKinds.length * 2);
    grown.set(this.#recordKinds);
    this.#recordKinds = grown;
    this.#recordKindsView = new DataView(grown.buffer);
  }
}

function saveText(lengths: Float64Array, slot: number, column: TextColumnBuilder): void {
  lengths[slot] = column.arena.length;
  lengths[slot + 1] = column.rows;
}

function restoreText(lengths: Float64Array, slot: number, column: TextColumnBuilder): void {
  column.arena.length = lengths[slot];
  column.rows = lengths[slot + 1];
}

function saveMap(lengths: Float64Array, slot: number, column: MapColumnBuilder): void {
  lengths[slot] = column.keys.count;
  lengths[slot + 1] = column.keyIndexes.length;
  lengths[slot + 2] = column.values.arena.length;
}

function restoreMap(lengths: Float64Array, slot: number, column: MapColumnBuilder, rowCount: number): void {
  column.keys.truncate(lengths[slot]);
  column.keyIndexes.length = lengths[slot + 1];
  column.values.rows = lengths[slot + 1];
  column.values.arena.length = lengths[slot + 2];
  column.ends.length = Math.min(column.ends.length, rowCount);
}
