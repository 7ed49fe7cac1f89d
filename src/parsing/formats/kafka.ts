/** Kafka's servers: `[2025-07-15 10:23:45,123] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)`. */
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, find, skipBlanks, trimmedEnd, wordEnd } from '../byte-text.ts';
import { levelWord } from '../levels.ts';
import { writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

export class KafkaParser implements LineParser {
  readonly name = 'kafka';
  readonly #kit: ParserKit;
  readonly #logger: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#logger = kit.names.own('logger');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (bytes[start] !== byte.openBracket) return false;
    const timeEnd = this.#kit.times.read(bytes, start + 1, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.closeBracket || bytes[timeEnd + 1] !== byte.space) return false;
    const level = timeEnd + 2;
    const levelEnd = wordEnd(bytes, level, end);
    const severity = levelWord(bytes, level, levelEnd);
    if (severity === 0) return false;
    // a trace may follow on lines of its own
    const newline = find(bytes, byte.newline, levelEnd, end);
    const firstEnd = newline < 0 ? end : newline;
    const stop = trimmedEnd(bytes, levelEnd, firstEnd);
    const open = loggerStart(bytes, levelEnd, stop);
    if (open < 0) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writeText(writer, bytes, this.#logger, open + 1, stop - 1);
    const text = skipBlanks(bytes, levelEnd, open);
    writer.message(text, newline < 0 ? trimmedEnd(bytes, text, open) : end);
    return true;
  }
}

/** Position of the parenthesis before a dotted name that ends at `end`; -1 where there is none. */
function loggerStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[end - 1] !== byte.close) return -1;
  let hasDot = false;
  for (let at = end - 2; at > start; at--) {
    const code = bytes[at];
    if (code === byte.open) return hasDot && bytes[at - 1] === byte.space ? at : -1;
    if (code === byte.dot) hasDot = true;
    if (code <= byte.space || code === byte.close) return -1;
  }
  return -1;
}
