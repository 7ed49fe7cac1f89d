/** Lines of the loggers that come with Python, Go and Ruby. */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import {
  behindBrackets,
  byte,
  digitsEnd,
  find,
  findText,
  isBlank,
  isDigit,
  isLetter,
  skipBlanks,
  startsWith,
  wordEnd,
} from '../byte-text.ts';
import { isCapitals, levelWord } from '../levels.ts';
import { writeNumber, writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';
import { requestNames } from './access-log.ts';
import type { RequestNames } from './access-log.ts';
import { LogfmtParser } from './logfmt.ts';

/**
 * Python's logging: `time - logger - LEVEL - text` (its documentation's own format), `LEVEL:logger:text` (basicConfig);
 * gunicorn `[time] [pid] [LEVEL] text`; Celery `[time: LEVEL/process] text`; Airflow `[time] {file.py:12} LEVEL - text`;
 * uvicorn `LEVEL:     text`.
 */
export class PythonParser implements LineParser {
  readonly name = 'python';
  readonly #kit: ParserKit;
  readonly #logger: NameId;
  readonly #process: NameId;
  readonly #pid: NameId;
  readonly #caller: NameId;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#logger = names.own('logger');
    this.#process = names.own('process');
    this.#pid = names.own('pid');
    this.#caller = names.own('caller');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const first = bytes[start];
    if (isLetter(first)) return this.#basic(bytes, start, end, writer);
    const isBracket = first === byte.openBracket;
    const timeEnd = this.#kit.times.read(bytes, isBracket ? start + 1 : start, end);
    if (timeEnd < 0 || timeEnd + 4 > end) return false;
    return isBracket ? this.#bracketed(bytes, timeEnd, end, writer) : this.#dashed(bytes, timeEnd, end, writer);
  }

  /** `LEVEL:logger:text`, `LEVEL:     text`. */
  #basic(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): boolean {
    const levelEnd = find(bytes, byte.colon, start, Math.min(end, start + 10));
    if (levelEnd < 0 || !isCapitals(bytes, start, levelEnd)) return false;
    const severity = levelWord(bytes, start, levelEnd);
    if (severity === 0) return false;
    if (startsWith(bytes, levelEnd + 1, end, '    ')) {
      writeSeverity(writer, severity);
      writer.message(skipBlanks(bytes, levelEnd + 1, end), end);
      return true;
    }
    let loggerEnd = levelEnd + 1;
    while (loggerEnd < end && isLoggerPart(bytes[loggerEnd])) loggerEnd++;
    if (loggerEnd === levelEnd + 1 || loggerEnd >= end || bytes[loggerEnd] !== byte.colon) return false;
    writeSeverity(writer, severity);
    writeText(writer, bytes, this.#logger, levelEnd + 1, loggerEnd);
    writer.message(loggerEnd + 1, end);
    return true;
  }

  /** ` - logger - LEVEL - text`, from behind the time. */
  #dashed(bytes: Uint8Array, timeEnd: number, end: number, writer: RecordWriter): boolean {
    if (!startsWith(bytes, timeEnd, end, ' - ')) return false;
    const logger = timeEnd + 3;
    const loggerEnd = wordEnd(bytes, logger, end);
    if (!startsWith(bytes, loggerEnd, end, ' - ')) return false;
    const level = loggerEnd + 3;
    const levelEnd = wordEnd(bytes, level, end);
    const severity = levelWord(bytes, level, levelEnd);
    if (severity === 0 || !startsWith(bytes, levelEnd, end, ' - ')) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writeText(writer, bytes, this.#logger, logger, loggerEnd);
    writer.message(levelEnd + 3, end);
    return true;
  }

  #bracketed(bytes: Uint8Array, timeEnd: number, end: number, writer: RecordWriter): boolean {
    if (bytes[timeEnd] === byte.colon) return this.#celery(bytes, timeEnd, end, writer);
    if (bytes[timeEnd] !== byte.closeBracket || bytes[timeEnd + 1] !== byte.space) return false;
    const next = timeEnd + 2;
    if (bytes[next] === byte.openBracket) return this.#gunicorn(bytes, next, end, writer);
    return bytes[next] === byte.openBrace && this.#airflow(bytes, next, end, writer);
  }

  /** `[time: LEVEL/process] text` */
  #celery(bytes: Uint8Array, timeEnd: number, end: number, writer: RecordWriter): boolean {
    const level = timeEnd + 2;
    const slash = find(bytes, byte.slash, level, Math.min(end, level + 10));
    const close = find(bytes, byte.closeBracket, level, Math.min(end, level + 80));
    const severity = slash < 0 ? 0 : levelWord(bytes, level, slash);
    if (severity === 0 || close < slash) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writeText(writer, bytes, this.#process, slash + 1, close);
    writer.message(skipBlanks(bytes, close + 1, end), end);
    return true;
  }

  /** `[pid] [LEVEL] text` */
  #gunicorn(bytes: Uint8Array, open: number, end: number, writer: RecordWriter): boolean {
    const pidEnd = digitsEnd(bytes, open + 1, end);
    if (pidEnd === open + 1 || !startsWith(bytes, pidEnd, end, '] [')) return false;
    const close = find(bytes, byte.closeBracket, pidEnd + 3, Math.min(end, pidEnd + 16));
    const severity = close < 0 ? 0 : levelWord(bytes, pidEnd + 3, close);
    if (severity === 0) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writer.put(this.#pid, kinds.number, open + 1, pidEnd);
    writer.message(skipBlanks(bytes, close + 1, end), end);
    return true;
  }

  /** `{file.py:12} LEVEL - text` */
  #airflow(bytes: Uint8Array, open: number, end: number, writer: RecordWriter): boolean {
    const close = find(bytes, byte.closeBrace, open, Math.min(end, open + 128));
    if (close < 0) return false;
    const level = skipBlanks(bytes, close + 1, end);
    const levelEnd = wordEnd(bytes, level, end);
    const severity = levelWord(bytes, level, levelEnd);
    if (severity === 0 || !startsWith(bytes, levelEnd, end, ' - ')) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writeText(writer, bytes, this.#caller, open + 1, close);
    writer.message(levelEnd + 3, end);
    return true;
  }
}

function isLoggerPart(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === byte.dot || code === byte.underscore || code === byte.minus;
}

/** Go: the log package's `2009/11/10 23:00:00 file.go:23: text`, zap's console, and log/slog's text, which is logfmt. */
export class GoParser implements LineParser {
  readonly name = 'go';
  readonly #kit: ParserKit;
  readonly #caller: NameId;
  readonly #logger: NameId;
  readonly #slog: LogfmtParser;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#caller = kit.names.own('caller');
    this.#logger = kit.names.own('logger');
    this.#slog = new LogfmtParser(kit, true);
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (isLetter(bytes[start])) return this.#slog.parse(bytes, view, start, end, writer);
    const timeEnd = this.#kit.times.read(bytes, start, end);
    if (timeEnd < 0 || timeEnd >= end) return false;
    if (bytes[timeEnd] === byte.tab) return this.#zap(bytes, timeEnd + 1, end, writer);
    if (bytes[start + 4] !== byte.slash || bytes[timeEnd] !== byte.space || bytes[timeEnd + 1] === byte.openBracket) return false;
    writeTime(writer, this.#kit.times);
    const text = timeEnd + 1;
    const callerEnd = goCallerEnd(bytes, text, end);
    if (callerEnd > 0) writeText(writer, bytes, this.#caller, text, callerEnd);
    const message = callerEnd > 0 ? Math.min(end, callerEnd + 2) : text;
    const colon = find(bytes, byte.colon, message, Math.min(end, message + 12));
    const levelEnd = colon < 0 ? wordEnd(bytes, message, end) : colon;
    if (isCapitals(bytes, message, levelEnd)) writeSeverity(writer, levelWord(bytes, message, levelEnd));
    writer.message(message, end);
    return true;
  }

  /** `LEVEL\t[logger\t]file.go:12\ttext[\t{…}]` */
  #zap(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): boolean {
    const levelEnd = find(bytes, byte.tab, start, Math.min(end, start + 16));
    const severity = levelEnd < 0 ? 0 : levelWord(bytes, start, levelEnd);
    if (severity === 0) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    let at = levelEnd + 1;
    for (
      let stop = find(bytes, byte.tab, at, Math.min(end, at + 256));
      stop > at;
      stop = find(bytes, byte.tab, at, Math.min(end, at + 256))
    ) {
      const isCaller = goCallerEnd(bytes, at, stop + 1) === stop;
      if (!isCaller && find(bytes, byte.space, at, stop) >= 0) break;
      writeText(writer, bytes, isCaller ? this.#caller : this.#logger, at, stop);
      at = stop + 1;
      if (isCaller) break;
    }
    writer.message(at, end);
    return true;
  }
}

/** Where `path/file.go:23` ends, with a colon or the end behind it; -1 where there is none. */
function goCallerEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + 256);
  const dot = findText(bytes, '.go:', start, limit);
  if (dot < 0 || find(bytes, byte.space, start, dot) >= 0) return -1;
  const stop = digitsEnd(bytes, dot + 4, limit);
  return stop > dot + 4 && (bytes[stop] === byte.colon || bytes[stop] === byte.tab || stop === end - 1) ? stop : -1;
}

/**
 * Ruby's Logger and Rails: `I, [2025-07-15T10:23:45.123456 #1234]  INFO -- program: [request id] text`; of Rails' text the
 * request's method, path and client, or its status and duration.
 */
export class RailsParser implements LineParser {
  readonly name = 'rails';
  readonly #kit: ParserKit;
  readonly #names: RequestNames;
  readonly #pid: NameId;
  readonly #program: NameId;
  readonly #request: NameId;
  readonly #duration: NameId;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#names = requestNames(kit);
    this.#pid = names.own('pid');
    this.#program = names.own('program');
    this.#request = names.own('request_id');
    this.#duration = names.own('duration_ms');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (end - start < 30 || bytes[start + 1] !== byte.comma || bytes[start + 3] !== byte.openBracket) return false;
    const timeEnd = this.#kit.times.read(bytes, start + 4, end);
    if (timeEnd < 0 || !startsWith(bytes, timeEnd, end, ' #')) return false;
    const pidEnd = digitsEnd(bytes, timeEnd + 2, end);
    if (bytes[pidEnd] !== byte.closeBracket) return false;
    const level = skipBlanks(bytes, pidEnd + 1, end);
    const levelEnd = wordEnd(bytes, level, end);
    const severity = rubySeverity(bytes, level, levelEnd);
    if (severity < 0 || !startsWith(bytes, levelEnd, end, ' -- ')) return false;
    const program = levelEnd + 4;
    const programEnd = find(bytes, byte.colon, program, Math.min(end, program + 128));
    if (programEnd < 0) return false;
    writeTime(writer, this.#kit.times);
    writeSeverity(writer, severity);
    writeNumber(writer, bytes, this.#pid, timeEnd + 2, pidEnd);
    writeText(writer, bytes, this.#program, program, programEnd);
    this.#writeText(bytes, Math.min(end, programEnd + 2), end, writer);
    return true;
  }

  #writeText(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    let at = start;
    const isTagged = at < end && bytes[at] === byte.openBracket;
    const behind = isTagged ? behindBrackets(bytes, at, end, byte.closeBracket, 128) : -1;
    if (behind === at + 38) {
      // an UUID
      writeText(writer, bytes, this.#request, at + 1, behind - 1);
      at = skipBlanks(bytes, behind, end);
    }
    writer.message(at, end);
    if (startsWith(bytes, at, end, 'Started ')) this.#started(bytes, at + 8, end, writer);
    else if (startsWith(bytes, at, end, 'Completed ')) this.#completed(bytes, at + 10, end, writer);
  }

  /** `GET "/path" for 1.2.3.4 at …` */
  #started(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    const methodEnd = wordEnd(bytes, start, end);
    const path = methodEnd + 2;
    const pathEnd = find(bytes, byte.quote, path, end);
    if (bytes[methodEnd + 1] !== byte.quote || pathEnd < 0) return;
    writeText(writer, bytes, this.#names.method, start, methodEnd);
    writeText(writer, bytes, this.#names.path, path, pathEnd);
    if (startsWith(bytes, pathEnd, end, '" for '))
      writeText(writer, bytes, this.#names.client, pathEnd + 6, wordEnd(bytes, pathEnd + 6, end));
  }

  /** `200 OK in 12ms (…)` */
  #completed(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    const statusEnd = digitsEnd(bytes, start, end);
    const inAt = findText(bytes, ' in ', statusEnd, end);
    if (statusEnd !== start + 3 || inAt < 0) return;
    writeNumber(writer, bytes, this.#names.status, start, statusEnd);
    const durationEnd = digitsEnd(bytes, inAt + 4, end);
    if (startsWith(bytes, durationEnd, end, 'ms')) writeNumber(writer, bytes, this.#duration, inAt + 4, durationEnd);
  }
}

/** `ANY` is Ruby's unknown level; -1 for a word that is none. */
function rubySeverity(bytes: Uint8Array, start: number, end: number): number {
  if (startsWith(bytes, start, end, 'ANY')) return 0;
  const severity = levelWord(bytes, start, end);
  return severity > 0 && (end < bytes.length ? isBlank(bytes[end]) : true) ? severity : -1;
}
