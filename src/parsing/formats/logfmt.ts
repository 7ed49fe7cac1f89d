/**
 * Pairs: logfmt (https://brandur.org/logfmt), where the whole line is `name=value` pairs, and pairs that stand anywhere
 * in a text. Quoted values have JSON's escapes; unquoted ones are numbers, booleans or texts.
 */
import { recordFields } from '#model/field-names.ts';
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, closingQuote, isBlank, isNamePart, skipBlanks } from '../byte-text.ts';
import { FieldTape, tapeActions } from '../field-tape.ts';
import { kindOfBare } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';
import { behindEscape, unescapeJson } from './json-text.ts';

/** Fields that tell logfmt from a text with some pairs in it. */
const tellingFields = (1 << recordFields.timestamp) | (1 << recordFields.level) | (1 << recordFields.message);

export class LogfmtParser implements LineParser {
  readonly name = 'logfmt';
  readonly #kit: ParserKit;
  readonly #isStrict: boolean;
  readonly #tape = new FieldTape();
  /** Bits of the fields that the line's names spell. */
  #fields = 0;
  /** Words without a value. */
  #bareCount = 0;

  /** `isStrict`: for recognition, where a line must also have a time, a level or a message. */
  constructor(kit: ParserKit, isStrict: boolean) {
    this.#kit = kit;
    this.#isStrict = isStrict;
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (!this.#read(bytes, view, start, end)) return false;
    const pairCount = this.#tape.count - this.#bareCount;
    if (pairCount === 0) return false;
    if (this.#isStrict && (pairCount < 2 || this.#bareCount > 0 || (this.#fields & tellingFields) === 0)) return false;
    this.#tape.write(writer, this.#kit, bytes, view);
    return true;
  }

  #read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const { names } = this.#kit;
    const tape = this.#tape;
    tape.clear();
    this.#fields = 0;
    this.#bareCount = 0;
    let at = skipBlanks(bytes, start, end);
    while (at < end) {
      const nameStart = at;
      while (at < end && isNamePart(bytes[at])) at++;
      if (at === nameStart || tape.isFull) return false;
      if (at >= end || isBlank(bytes[at])) {
        if (this.#isStrict) return false;
        tape.add(tapeActions.attribute, names.of(bytes, view, nameStart, at), kinds.string, false, at, at);
        this.#bareCount++;
      } else if (bytes[at] === byte.equals) {
        const name = names.of(bytes, view, nameStart, at);
        this.#fields |= 1 << names.fieldOf(name);
        at = addValue(tape, name, bytes, at + 1, end);
        if (at < 0 || (at < end && !isBlank(bytes[at]))) return false;
      } else {
        return false;
      }
      at = skipBlanks(bytes, at, end);
    }
    return true;
  }
}

/** Notes the value at `start`; returns the position behind it, -1 where a quote is not closed. */
function addValue(tape: FieldTape, name: NameId, bytes: Uint8Array, start: number, end: number): number {
  if (start < end && bytes[start] === byte.quote) {
    const close = closingQuote(bytes, start + 1, end);
    if (close >= 0) addQuoted(tape, name, bytes, start + 1, close);
    return close < 0 ? -1 : close + 1;
  }
  let at = start;
  while (at < end && !isBlank(bytes[at])) at++;
  tape.add(tapeActions.put, name, kindOfBare(bytes, start, at), false, start, at);
  return at;
}

function addQuoted(tape: FieldTape, name: NameId, bytes: Uint8Array, start: number, end: number): void {
  let escapes = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== byte.backslash) continue;
    const behind = behindEscape(bytes, at, end);
    // not JSON's: the value stays as it is
    if (behind < 0) return tape.add(tapeActions.put, name, kinds.string, false, start, end);
    escapes++;
    at = behind - 1;
  }
  if (escapes === 0) return tape.add(tapeActions.put, name, kinds.string, false, start, end);
  const { texts } = tape;
  const from = texts.length;
  texts.reserve(end - start);
  unescapeJson(bytes, start, end, texts);
  tape.add(tapeActions.put, name, kinds.string, true, from, texts.length);
}

export interface PairMarks {
  /** Between name and value, such as `=` or `:`. */
  readonly betweenNameAndValue: string;
  /** Between pairs, such as a space, `,` or `;`. */
  readonly betweenPairs: string;
}

/** Pairs anywhere in a line of text, whose message stays whole. */
export class KeyValueParser implements LineParser {
  readonly name = 'key-value';
  readonly #kit: ParserKit;
  readonly #assigns: number;
  readonly #parts: number;
  readonly #tape = new FieldTape();

  constructor(kit: ParserKit, marks: PairMarks) {
    this.#kit = kit;
    this.#assigns = marks.betweenNameAndValue.charCodeAt(0);
    this.#parts = marks.betweenPairs.charCodeAt(0);
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const tape = this.#tape;
    tape.clear();
    let at = start;
    while (at < end && !tape.isFull) {
      const nameStart = at;
      while (at < end && isNamePart(bytes[at])) at++;
      if (at > nameStart && at < end && bytes[at] === this.#assigns) at = this.#pair(bytes, view, nameStart, at, end, this.#kit.names);
      else if (at === nameStart) at++;
    }
    if (tape.count === 0) return false;
    tape.write(writer, this.#kit, bytes, view);
    return true;
  }

  #pair(bytes: Uint8Array, view: DataView, nameStart: number, nameEnd: number, end: number, names: RecordNames): number {
    const tape = this.#tape;
    const name = names.of(bytes, view, nameStart, nameEnd);
    const start = this.#assigns === byte.colon ? skipBlanks(bytes, nameEnd + 1, end) : nameEnd + 1;
    if (start < end && bytes[start] === byte.quote) {
      const close = closingQuote(bytes, start + 1, end);
      if (close >= 0) {
        addQuoted(tape, name, bytes, start + 1, close);
        return close + 1;
      }
    }
    let at = start;
    while (at < end && bytes[at] !== this.#parts && !(this.#parts === byte.space && isBlank(bytes[at]))) at++;
    let valueEnd = at;
    // punctuation of the sentence around it
    while (valueEnd > start && (bytes[valueEnd - 1] === byte.comma || bytes[valueEnd - 1] === byte.semicolon)) valueEnd--;
    if (valueEnd > start) tape.add(tapeActions.put, name, kindOfBare(bytes, start, valueEnd), false, start, valueEnd);
    return at;
  }
}
