/** Two formats of public collections of logs that no library writes: a computing cluster's, and Proxifier's. */
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, digitsEnd, findText, skipBlanks, wordEnd } from '../byte-text.ts';
import { writeNumber, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/**
 * The clusters of Los Alamos: `134681 node-246 unix.hw state_change.unavailable 1077804742 1 text`, being number, node,
 * component, state, time and flag.
 */
export class HpcParser implements LineParser {
  readonly name = 'hpc';
  readonly #kit: ParserKit;
  readonly #number: NameId;
  readonly #host: NameId;
  readonly #component: NameId;
  readonly #state: NameId;
  readonly #flag: NameId;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#number = names.own('log_id');
    this.#host = names.own('host');
    this.#component = names.own('component');
    this.#state = names.own('state');
    this.#flag = names.own('flag');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const numberEnd = digitsEnd(bytes, start, Math.min(end, start + 10));
    if (numberEnd === start || bytes[numberEnd] !== byte.space) return false;
    const nodeEnd = wordEnd(bytes, numberEnd + 1, end);
    const componentEnd = wordEnd(bytes, nodeEnd + 1, end);
    const stateEnd = wordEnd(bytes, componentEnd + 1, end);
    const time = stateEnd + 1;
    if (digitsEnd(bytes, time, end) !== time + 10 || this.#kit.times.read(bytes, time, end) !== time + 10) return false;
    const flag = time + 11;
    const flagEnd = wordEnd(bytes, flag, end);
    const digits = bytes[flag] === byte.minus ? flag + 1 : flag;
    if (flagEnd >= end || flagEnd === flag || digitsEnd(bytes, digits, flagEnd) !== flagEnd) return false;
    writeTime(writer, this.#kit.times);
    writeNumber(writer, bytes, this.#number, start, numberEnd);
    writeText(writer, bytes, this.#host, numberEnd + 1, nodeEnd);
    writeText(writer, bytes, this.#component, nodeEnd + 1, componentEnd);
    writeText(writer, bytes, this.#state, componentEnd + 1, stateEnd);
    writeNumber(writer, bytes, this.#flag, flag, flagEnd);
    writer.message(flagEnd + 1, end);
    return true;
  }
}

/** Proxifier: `[10.30 16:49:06] chrome.exe *64 - text`, being month, day, time and program. */
export class ProxifierParser implements LineParser {
  readonly name = 'proxifier';
  readonly #kit: ParserKit;
  readonly #program: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#program = kit.names.own('program');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (bytes[start] !== byte.openBracket || bytes[start + 3] !== byte.dot || bytes[start + 6] !== byte.space) return false;
    const timeEnd = this.#kit.times.read(bytes, start + 1, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.closeBracket) return false;
    const program = skipBlanks(bytes, timeEnd + 1, end);
    const programEnd = findText(bytes, ' - ', program, Math.min(end, program + 128));
    if (programEnd < 0) return false;
    writeTime(writer, this.#kit.times);
    writeText(writer, bytes, this.#program, program, programEnd);
    writer.message(programEnd + 3, end);
    return true;
  }
}
