/**
 * Text of no known format stays as it is. Only a time and a level at its beginning are read: `2015-10-18 18:01:47 ERROR …`,
 * `[10/18/2015 6:01 PM] error: …`, `WARNING: …`.
 */
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, digitsEnd, isBlank, isLetter, skipBlanks } from '../byte-text.ts';
import { isCapitals, levelWord } from '../levels.ts';
import { writeSeverity, writeTime } from '../line-parser.ts';
import type { ParserKit } from '../line-parser.ts';

export class PlainText {
  readonly #kit: ParserKit;

  constructor(kit: ParserKit) {
    this.#kit = kit;
  }

  /** Writes the time and level at the beginning of `start .. end`, if there are any. */
  readHead(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    const { times } = this.#kit;
    let at = behindOpening(bytes, start, end);
    const timeEnd = times.read(bytes, at, end);
    if (timeEnd >= 0 && !isPlainNumber(bytes, at, timeEnd)) {
      writeTime(writer, times);
      at = timeEnd;
      while (at < end && (isBlank(bytes[at]) || isPunctuation(bytes[at]))) at++;
    } else {
      at = start;
    }
    writeSeverity(writer, headLevel(bytes, at, end));
  }
}

/** Ids look like epoch numbers in all but milliseconds and those with a fraction. */
function isPlainNumber(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start !== 13 && digitsEnd(bytes, start, end) === end;
}

/** Severity of the word at `start` where it is set off as a level: in capitals, in brackets, or before a colon. */
function headLevel(bytes: Uint8Array, start: number, end: number): number {
  const from = behindOpening(bytes, start, end);
  let to = from;
  while (to < end && isLetter(bytes[to])) to++;
  const severity = levelWord(bytes, from, to);
  if (severity === 0) return 0;
  const behind = skipBlanks(bytes, to, end);
  const mark = behind < end ? bytes[behind] : byte.space;
  const isClosed = mark === byte.closeBracket || mark === byte.close || mark === byte.greater || mark === byte.colon;
  return isClosed || (isCapitals(bytes, from, to) && (to === end || isBlank(bytes[to]) || mark === byte.pipe)) ? severity : 0;
}

function behindOpening(bytes: Uint8Array, start: number, end: number): number {
  const at = skipBlanks(bytes, start, end);
  const first = at < end ? bytes[at] : 0;
  return first === byte.openBracket || first === byte.open || first === byte.less ? at + 1 : at;
}

function isPunctuation(code: number): boolean {
  return (
    code === byte.closeBracket ||
    code === byte.close ||
    code === byte.minus ||
    code === byte.pipe ||
    code === byte.colon ||
    code === byte.comma
  );
}
