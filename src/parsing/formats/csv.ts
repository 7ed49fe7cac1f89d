/** Lines of values between separators (RFC 4180, one record a line), with the columns that a rule names. */
import { AppError } from '#base/errors.ts';
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte } from '../byte-text.ts';
import { FieldTape, tapeActions } from '../field-tape.ts';
import { kindOfBare } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

export class CsvParser implements LineParser {
  readonly name = 'csv';
  readonly #kit: ParserKit;
  /** Undefined: the column is left out. */
  readonly #columns: readonly (NameId | undefined)[];
  readonly #separator: number;
  readonly #tape = new FieldTape();

  /** `columns`: names with commas between them. Throws AppError bad_request where there is none, or no separator of one byte. */
  constructor(kit: ParserKit, columns: string, separator: string) {
    const names = columns.split(',').map((name) => name.trim());
    if (names.every((name) => name === '')) throw new AppError('bad_request', 'csv needs the names of its columns');
    const mark = separator === '\\t' ? '\t' : separator;
    if (!/^[\t\x20-\x7e]$/.test(mark) || mark === '"') throw new AppError('bad_request', `"${separator}" cannot separate columns`);
    this.#kit = kit;
    this.#columns = names.map((name) => (name === '' ? undefined : kit.names.own(name)));
    this.#separator = mark.charCodeAt(0);
  }

  /** A line with fewer or more values than columns is not taken. */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const tape = this.#tape;
    tape.clear();
    let at = start;
    let column = 0;
    for (; column < this.#columns.length; column++) {
      if (at > end) return false;
      const name = this.#columns[column];
      at = bytes[at] === byte.quote && at < end ? this.#quoted(name, bytes, at + 1, end) : this.#bare(name, bytes, at, end);
      if (at < 0) return false;
    }
    if (at <= end) return false;
    tape.write(writer, this.#kit, bytes, view);
    return true;
  }

  /** Notes a value; returns where the next begins, one past the end behind the last. */
  #bare(name: NameId | undefined, bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] !== this.#separator) at++;
    if (name !== undefined && at > start) this.#tape.add(tapeActions.put, name, kindOfBare(bytes, start, at), false, start, at);
    return at + 1;
  }

  #quoted(name: NameId | undefined, bytes: Uint8Array, start: number, end: number): number {
    const { texts } = this.#tape;
    const from = texts.length;
    texts.reserve(end - start);
    for (let at = start; at < end; at++) {
      if (bytes[at] === byte.quote) {
        const next = at + 1;
        if (bytes[next] !== byte.quote || next >= end) {
          if (next < end && bytes[next] !== this.#separator) return -1;
          if (name !== undefined && texts.length > from) this.#tape.add(tapeActions.put, name, kinds.string, true, from, texts.length);
          return next + 1;
        }
        at = next;
      }
      texts.bytes[texts.length++] = bytes[at];
    }
    return -1;
  }
}
