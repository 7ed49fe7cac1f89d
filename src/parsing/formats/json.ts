/** Lines that are JSON objects, and the two formats among them whose members have meanings of their own. */
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, decimal, digitsEnd, findText, startsWith, trimmedEnd } from '../byte-text.ts';
import { tapeActions } from '../field-tape.ts';
import { writeSeverity } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';
import { JsonReader } from './json-reader.ts';

/** Any object: its members by their names. */
export class JsonParser implements LineParser {
  readonly name = 'json';
  readonly #kit: ParserKit;
  readonly #reader: JsonReader;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#reader = new JsonReader(kit.names);
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (!this.#reader.read(bytes, view, start, end)) return false;
    this.#reader.tape.write(writer, this.#kit, bytes, view);
    return true;
  }
}

/** A line of Docker's `json-file` driver: `{"log":"…\n","stream":"stdout","time":"…"}`. */
export class DockerJsonParser implements LineParser {
  readonly name = 'docker-json';
  readonly isWrapper = true;
  readonly #kit: ParserKit;
  readonly #reader: JsonReader;
  readonly #log: NameId;
  readonly #stream: NameId;
  readonly #time: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#reader = new JsonReader(kit.names);
    this.#log = kit.names.own('log');
    this.#stream = kit.names.own('stream');
    this.#time = kit.names.own('time');
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (findText(bytes, '"log"', start, Math.min(end, start + 64)) < 0 || !this.#reader.read(bytes, view, start, end)) return false;
    const { tape } = this.#reader;
    const log = tape.indexOf(this.#log);
    if (log < 0 || tape.indexOf(this.#stream) < 0 || tape.indexOf(this.#time) < 0) return false;
    const from = tape.startOf(log);
    const to = trimmedEnd(tape.isText(log) ? tape.texts.bytes : bytes, from, tape.endOf(log));
    tape.change(log, tapeActions.put, this.#log, from, to);
    tape.write(writer, this.#kit, bytes, view);
    return true;
  }
}

/** How Windows' own names are spelled here; the nested ones are those of the event's XML. */
const windowsSpellings: readonly (readonly [string, string])[] = [
  ['EventTime', 'timestamp'],
  ['TimeCreated', 'timestamp'],
  ['TimeGenerated', 'timestamp'],
  ['System.TimeCreated.SystemTime', 'timestamp'],
  ['Event.System.TimeCreated.SystemTime', 'timestamp'],
  ['Hostname', 'host'],
  ['Computer', 'host'],
  ['MachineName', 'host'],
  ['System.Computer', 'host'],
  ['Event.System.Computer', 'host'],
  ['Message', 'message'],
  ['RenderingInfo.Message', 'message'],
  ['Event.RenderingInfo.Message', 'message'],
  ['LevelDisplayName', 'level'],
  ['Severity', 'level'],
];
const windowsLevelNames = ['Level', 'System.Level', 'Event.System.Level'];
/** By Windows' level 0-5: always, critical, error, warning, information, verbose. */
const windowsSeverities = [9, 21, 17, 13, 9, 5];

/** An event of the Windows event log as JSON: NXLog, `Get-WinEvent | ConvertTo-Json`, or the event's XML as JSON. */
export class WindowsEventParser implements LineParser {
  readonly name = 'windows-event-json';
  readonly #kit: ParserKit;
  readonly #reader: JsonReader;
  readonly #spellings: readonly (readonly [NameId, NameId])[];
  readonly #levels: readonly NameId[];
  readonly #level: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#reader = new JsonReader(kit.names);
    this.#spellings = windowsSpellings.map(([from, to]) => [kit.names.own(from), kit.names.own(to)] as const);
    this.#levels = windowsLevelNames.map((name) => kit.names.own(name));
    this.#level = kit.names.own('level');
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (findText(bytes, '"EventID"', start, end) < 0 && findText(bytes, '"EventId"', start, end) < 0) return false;
    if (!this.#reader.read(bytes, view, start, end)) return false;
    const { tape } = this.#reader;
    for (const [from, to] of this.#spellings) {
      const index = tape.indexOf(from);
      if (index >= 0) this.#respell(index, to, bytes);
    }
    for (const name of this.#levels) {
      const index = tape.indexOf(name);
      if (index < 0 || tape.indexOf(this.#level) >= 0) continue;
      const from = tape.startOf(index);
      const isDigits = !tape.isText(index) && digitsEnd(bytes, from, tape.endOf(index)) === tape.endOf(index);
      if (isDigits && tape.endOf(index) === from + 1) writeSeverity(writer, windowsSeverities[decimal(bytes, from, from + 1)] ?? 0);
      else tape.change(index, tapeActions.put, this.#level, from, tape.endOf(index));
    }
    tape.write(writer, this.#kit, bytes, view);
    return true;
  }

  /** Windows PowerShell writes times as `/Date(1700000000000)/`. */
  #respell(index: number, name: NameId, bytes: Uint8Array): void {
    const { tape } = this.#reader;
    const source = tape.isText(index) ? tape.texts.bytes : bytes;
    const start = tape.startOf(index);
    const end = tape.endOf(index);
    const isDate = startsWith(source, start, end, '/Date(') && source[end - 1] === byte.slash;
    tape.change(index, tapeActions.put, name, isDate ? start + 6 : start, isDate ? end - 2 : end);
  }
}
