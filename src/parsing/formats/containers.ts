/** Lines of Kubernetes: those of the container runtime interface, and klog's. */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, closingQuote, digitsEnd, find, isDigit, skipBlanks, twoDigits, wordEnd } from '../byte-text.ts';
import { writeSeverity, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';
import { criTag } from '../multiline/cri-grouping.ts';
import { KeyValueParser } from './logfmt.ts';

/** `2016-10-06T00:17:09.669794202Z stdout F text`: https://github.com/kubernetes/design-proposals-archive, kubelet-cri-logging. */
export class CriParser implements LineParser {
  readonly name = 'cri';
  readonly isWrapper = true;
  readonly #kit: ParserKit;
  readonly #stream: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#stream = kit.names.own('stream');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    if (end - start < 25 || bytes[start + 10] !== 0x54) return false;
    const tag = criTag(bytes, start, end);
    if (tag < 0) return false;
    const stream = wordEnd(bytes, start, end) + 1;
    const isStream = tag === stream + 7 && bytes[stream] === 0x73 && bytes[stream + 1] === 0x74 && bytes[stream + 2] === 0x64;
    if (!isStream || times.read(bytes, start, end) !== stream - 1) return false;
    writeTime(writer, times);
    writer.put(this.#stream, kinds.string, stream, tag - 1);
    writer.message(Math.min(end, wordEnd(bytes, tag, end) + 1), end);
    return true;
  }
}

/** klog and glog: `I0715 10:23:45.123456    1234 file.go:123] text`, also klog's `"text" name="value"`. */
export class KlogParser implements LineParser {
  readonly name = 'klog';
  readonly #kit: ParserKit;
  readonly #pid: NameId;
  readonly #caller: NameId;
  readonly #pairs: KeyValueParser;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#pid = kit.names.own('pid');
    this.#caller = kit.names.own('caller');
    this.#pairs = new KeyValueParser(kit, { betweenNameAndValue: '=', betweenPairs: ' ' });
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const severity = klogSeverity(bytes[start]);
    if (severity === 0 || end - start < 24 || bytes[start + 5] !== byte.space) return false;
    const month = twoDigits(bytes, start + 1, end);
    const day = twoDigits(bytes, start + 3, end);
    const { times } = this.#kit;
    const timeEnd = month === month && day === day ? times.readMonthDay(month, day, bytes, start + 6, end) : -1;
    if (timeEnd < 0 || bytes[timeEnd] !== byte.space) return false;
    const pid = skipBlanks(bytes, timeEnd, end);
    const pidEnd = digitsEnd(bytes, pid, end);
    const close = find(bytes, byte.closeBracket, pidEnd, Math.min(end, pidEnd + 256));
    if (pidEnd === pid || close < 0 || bytes[pidEnd] !== byte.space) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    writer.put(this.#pid, kinds.number, skipZeros(bytes, pid, pidEnd), pidEnd);
    writer.put(this.#caller, kinds.string, pidEnd + 1, close);
    this.#writeText(bytes, view, skipBlanks(bytes, close + 1, end), end, writer);
    return true;
  }

  #writeText(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): void {
    const quoteEnd = start < end && bytes[start] === byte.quote ? closingQuote(bytes, start + 1, end) : -1;
    if (quoteEnd < 0) return writer.message(start, end);
    writer.message(start + 1, quoteEnd);
    this.#pairs.parse(bytes, view, quoteEnd + 1, end, writer);
  }
}

function klogSeverity(letter: number): number {
  if (letter === 0x49) return 9;
  if (letter === 0x57) return 13;
  return letter === 0x45 ? 17 : letter === 0x46 ? 21 : 0;
}

/** A number in JSON has no leading zeros. */
function skipZeros(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end - 1 && bytes[at] === byte.zero && isDigit(bytes[at + 1])) at++;
  return at;
}
