/** What a parser of lines is, and the words in which all of them write what they found. */
import { recordFields } from '#model/field-names.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, isJsonNumber } from './byte-text.ts';
import type { TextTimes } from './timestamp-formats.ts';

/** One format of lines. It belongs to one thread and keeps nothing of a line. */
export interface LineParser {
  /** As counters, `parse_error` and documentation name it. */
  readonly name: string;
  /**
   * What the line carries is a line of its own, in a format of its own: the parser leaves that as the message, and it is
   * recognised in turn.
   */
  readonly isWrapper?: boolean;
  /**
   * Reads `start .. end` of `bytes`, which the writer has been given with `from` and which is valid UTF-8; `view` covers
   * the same memory. True: the fields are written, and the message where it is not the whole line. False: another format;
   * then nothing was written. Linear in the length of the line, and never throws.
   */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean;
}

/** What parsers are made with: names and times of the writer that they will write to. */
export interface ParserKit {
  readonly names: RecordNames;
  readonly times: TextTimes;
}

/** The time just read, unless the record has one; the sender's own where that says the same more precisely. */
export function writeTime(writer: RecordWriter, times: TextTimes): void {
  if (writer.isFilled(recordFields.timestamp)) return;
  times.refine();
  writer.time(times.high, times.low);
}

/** A severity number, unless the record has one or it is 0. */
export function writeSeverity(writer: RecordWriter, severity: number): void {
  if (severity > 0 && !writer.isFilled(recordFields.level)) writer.severity(severity);
}

/** A text, unless it is empty or the `-` of a missing value. */
export function writeText(writer: RecordWriter, bytes: Uint8Array, name: NameId, start: number, end: number): void {
  if (end > start && !(end === start + 1 && bytes[start] === byte.minus)) writer.put(name, kinds.string, start, end);
}

/** A number where the bytes are one, else as `writeText`. */
export function writeNumber(writer: RecordWriter, bytes: Uint8Array, name: NameId, start: number, end: number): void {
  if (isJsonNumber(bytes, start, end)) writer.put(name, kinds.number, start, end);
  else writeText(writer, bytes, name, start, end);
}

/** What an unquoted value is: a number, `true` or `false`, or a text. */
export function kindOfBare(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (first === byte.minus || (first >= byte.zero && first <= byte.nine))
    return isJsonNumber(bytes, start, end) ? kinds.number : kinds.string;
  if (first === 0x74 && end - start === 4 && isWord(bytes, start, 'true')) return kinds.boolean;
  if (first === 0x66 && end - start === 5 && isWord(bytes, start, 'false')) return kinds.boolean;
  return kinds.string;
}

function isWord(bytes: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Puts a value under a name of the line's own: a time may have any shape, and one that is none is an attribute. */
export function putField(
  writer: RecordWriter,
  { names, times }: ParserKit,
  bytes: Uint8Array,
  name: NameId,
  kind: number,
  start: number,
  end: number,
): void {
  if (names.fieldOf(name) !== recordFields.timestamp) writer.put(name, kind, start, end);
  else if (!writer.isFilled(recordFields.timestamp) && times.readWhole(bytes, start, end)) writeTime(writer, times);
  else writer.attribute(name, kind, start, end);
}
