/**
 * Lines read by a pattern: a regular expression of a user's, or the one that grok compiles to. Its named groups become
 * fields. Only expressions that run in linear time are admitted (#platform/linear-regex.ts).
 */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { recordFields } from '#model/field-names.ts';
import { isDigit } from '../byte-text.ts';
import { kindOfBare, putField } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/** What a group of the expression is. */
export interface PatternGroup {
  /** Name of the group in the expression. */
  readonly group: string;
  /** Name of the value. */
  readonly name: string;
  /** `text`: as it stands. `number`: only a number counts. `guess`: a number or boolean where it looks like one. */
  readonly type: 'text' | 'number' | 'guess';
}

interface NamedGroup extends PatternGroup {
  readonly id: NameId;
  readonly isMessage: boolean;
}

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

export class PatternParser implements LineParser {
  readonly name: string;
  readonly #kit: ParserKit;
  readonly #expression: RegExp;
  readonly #groups: readonly NamedGroup[];
  /** A value, encoded. */
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);

  /** `expression` has been admitted. */
  constructor(name: string, kit: ParserKit, expression: RegExp, groups: readonly PatternGroup[]) {
    this.name = name;
    this.#kit = kit;
    this.#expression = expression;
    this.#groups = groups.map((group) => {
      const id = kit.names.own(group.name);
      return { ...group, id, isMessage: kit.names.fieldOf(id) === recordFields.message };
    });
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const line = bytes.subarray(start, end);
    const text = isAscii(line) ? latin1.decode(line) : utf8.decode(line);
    const found = this.#expression.exec(text)?.groups;
    if (found === undefined) return false;
    for (const group of this.#groups) {
      const value = found[group.group];
      if (value !== undefined && value !== '') this.#write(group, value, writer);
    }
    writer.from(bytes, view);
    return true;
  }

  #write({ id, type, isMessage }: NamedGroup, value: string, writer: RecordWriter): void {
    if (value.length * 3 > this.#bytes.length) {
      this.#bytes = new Uint8Array(value.length * 3);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const bytes = this.#bytes;
    const { written } = utf8Encoder.encodeInto(value, bytes);
    writer.from(bytes, this.#view);
    if (isMessage && !writer.isFilled(recordFields.message)) return writer.message(0, written);
    const kind = type === 'text' ? kinds.string : kindOfBare(bytes, 0, written);
    if (type === 'number' && kind !== kinds.number) return this.#writeLoose(id, value, writer);
    putField(writer, this.#kit, bytes, id, kind, 0, written);
  }

  /** `+5`, `007` and `.5` are numbers too, though JSON does not write them so. */
  #writeLoose(id: NameId, value: string, writer: RecordWriter): void {
    const number = Number(value);
    const isNumber = value.trim() !== '' && Number.isFinite(number) && (isDigit(value.charCodeAt(0)) || /^[+.-]/.test(value));
    writer.putText(id, isNumber ? String(number) : value, isNumber ? kinds.number : kinds.string);
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] >= 0x80) return false;
  return true;
}
