/** Logs of PostgreSQL, MySQL and MariaDB, and Redis. */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import {
  behindBrackets,
  byte,
  digitsEnd,
  find,
  findText,
  isDigit,
  isLetter,
  isNamePart,
  skipBlanks,
  startsWith,
  trimmedEnd,
  wordEnd,
} from '../byte-text.ts';
import { writeNumber, writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/** PostgreSQL's words (elog.c); the parts of a report behind its first line have its severity no more. */
const postgresWords: readonly (readonly [string, number])[] = [
  ['LOG', 9],
  ['ERROR', 17],
  ['FATAL', 21],
  ['PANIC', 24],
  ['WARNING', 13],
  ['NOTICE', 10],
  ['INFO', 9],
  ['STATEMENT', 9],
  ['DETAIL', 9],
  ['HINT', 9],
  ['CONTEXT', 9],
  ['QUERY', 9],
  ['DEBUG', 5],
];
/** Longest log_line_prefix behind the time. */
const maxPrefixBytes = 256;

/**
 * PostgreSQL: `time [pid] user@database LOG:  text`, with the prefixes of the default, of Debian, and of Amazon RDS
 * (`time:host(port):user@database:[pid]:LOG:  text`).
 */
export class PostgresqlParser implements LineParser {
  readonly name = 'postgresql';
  readonly #kit: ParserKit;
  readonly #pid: NameId;
  readonly #user: NameId;
  readonly #database: NameId;
  readonly #client: NameId;
  readonly #part: NameId;
  readonly #duration: NameId;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#pid = names.own('pid');
    this.#user = names.own('user');
    this.#database = names.own('database');
    this.#client = names.own('client_ip');
    this.#part = names.own('report_part');
    this.#duration = names.own('duration_ms');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const timeEnd = bytes[start + 4] === byte.minus ? times.read(bytes, start, end) : -1;
    if (timeEnd < 0 || timeEnd >= end || (bytes[timeEnd] !== byte.space && bytes[timeEnd] !== byte.colon)) return false;
    const colon = findText(bytes, ':  ', timeEnd, Math.min(end, timeEnd + maxPrefixBytes));
    if (colon < 0) return false;
    let word = colon;
    while (word > timeEnd && (isLetter(bytes[word - 1]) || isDigit(bytes[word - 1]))) word--;
    const severity = postgresSeverity(bytes, word, colon);
    const pid = pidBrackets(bytes, timeEnd, word);
    if (severity === 0 || pid < 0) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    const pidEnd = digitsEnd(bytes, pid, word);
    writer.put(this.#pid, kinds.number, pid, pidEnd);
    if (severity === 9 && bytes[word] !== 0x4c && bytes[word] !== 0x49) writeText(writer, bytes, this.#part, word, colon);
    this.#writeSession(bytes, timeEnd, word, writer);
    const text = skipBlanks(bytes, colon + 1, end);
    if (startsWith(bytes, text, end, 'duration: ')) {
      const durationEnd = wordEnd(bytes, text + 10, end);
      writeNumber(writer, bytes, this.#duration, text + 10, durationEnd);
    }
    writer.message(text, end);
    return true;
  }

  /** `user@database` and RDS' `host(port)`, wherever the prefix has them. */
  #writeSession(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    const at = find(bytes, byte.at, start, end);
    if (at > start) {
      let user = at;
      while (user > start && isSessionPart(bytes[user - 1])) user--;
      let databaseEnd = at + 1;
      while (databaseEnd < end && isSessionPart(bytes[databaseEnd])) databaseEnd++;
      writeText(writer, bytes, this.#user, user, at);
      writeText(writer, bytes, this.#database, at + 1, databaseEnd);
    }
    if (bytes[start] !== byte.colon) return;
    const hostEnd = find(bytes, byte.open, start + 1, end);
    if (hostEnd > start) writeText(writer, bytes, this.#client, start + 1, hostEnd);
  }
}

function isSessionPart(code: number): boolean {
  return isNamePart(code) && code !== byte.at;
}

function postgresSeverity(bytes: Uint8Array, start: number, end: number): number {
  // DEBUG1 … DEBUG5
  const stop = end > start && isDigit(bytes[end - 1]) ? end - 1 : end;
  for (const [word, severity] of postgresWords) if (word.length === stop - start && startsWith(bytes, start, end, word)) return severity;
  return 0;
}

/** Position of the digits in `[123]`, also `[123-1]`; -1 where there are none. */
function pidBrackets(bytes: Uint8Array, start: number, end: number): number {
  const open = find(bytes, byte.openBracket, start, end);
  if (open < 0) return -1;
  const stop = digitsEnd(bytes, open + 1, end);
  return stop > open + 1 && (bytes[stop] === byte.closeBracket || bytes[stop] === byte.minus) ? open + 1 : -1;
}

/**
 * MySQL and MariaDB: the error log, `time thread [Note] [MY-010116] [Server] text`, also of older releases without some of
 * that, and the head of the slow log: `# Time: …`, `# User@Host: …`, `# Query_time: …`, then the statement.
 */
export class MysqlParser implements LineParser {
  readonly name = 'mysql';
  readonly #kit: ParserKit;
  readonly #thread: NameId;
  readonly #code: NameId;
  readonly #subsystem: NameId;
  readonly #user: NameId;
  readonly #client: NameId;
  readonly #timings: ReadonlyMap<string, NameId>;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#thread = names.own('thread');
    this.#code = names.own('code');
    this.#subsystem = names.own('subsystem');
    this.#user = names.own('user');
    this.#client = names.own('client');
    this.#timings = new Map(
      ['Query_time', 'Lock_time', 'Rows_sent', 'Rows_examined', 'Rows_affected', 'Bytes_sent', 'Thread_id', 'Id'].map((name) => [
        name,
        names.own(name.toLowerCase()),
      ]),
    );
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    return bytes[start] === byte.hash ? this.#slow(bytes, view, start, end, writer) : this.#error(bytes, start, end, writer);
  }

  #error(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const timeEnd = times.read(bytes, start, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.space) return false;
    const thread = skipBlanks(bytes, timeEnd, end);
    const threadEnd = digitsEnd(bytes, thread, end);
    const open = skipBlanks(bytes, threadEnd, end);
    if (open >= end || bytes[open] !== byte.openBracket) return false;
    const close = find(bytes, byte.closeBracket, open, Math.min(end, open + 12));
    const severity = close < 0 ? 0 : mysqlSeverity(bytes, open + 1, close);
    // many formats have a time and [ERROR]: a thread, or the date of old releases, makes it MySQL's
    const isOwn = threadEnd > thread || bytes[start + 6] === byte.space || bytes[open + 2] === 0x6f;
    if (severity === 0 || !isOwn) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    if (threadEnd > thread) writeNumber(writer, bytes, this.#thread, thread, threadEnd);
    let at = skipBlanks(bytes, close + 1, end);
    if (startsWith(bytes, at, end, '[MY-')) {
      for (const name of [this.#code, this.#subsystem]) {
        const behind = at < end && bytes[at] === byte.openBracket ? behindBrackets(bytes, at, end, byte.closeBracket, 64) : -1;
        if (behind < 0) break;
        writeText(writer, bytes, name, at + 1, behind - 1);
        at = skipBlanks(bytes, behind, end);
      }
    }
    writer.message(at, end);
    return true;
  }

  /** All lines of the head that are there, joined or alone; the statement is what follows them. */
  #slow(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const isHead =
      startsWith(bytes, start, end, '# Time: ') ||
      startsWith(bytes, start, end, '# User@Host: ') ||
      startsWith(bytes, start, end, '# Query_time: ');
    if (!isHead) return false;
    let at = start;
    while (at < end && bytes[at] === byte.hash) {
      const newline = find(bytes, byte.newline, at, end);
      const stop = newline < 0 ? end : newline;
      this.#slowLine(bytes, view, at, trimmedEnd(bytes, at, stop), writer);
      at = Math.min(end, stop + 1);
    }
    if (at < end) writer.message(at, end);
    return true;
  }

  #slowLine(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): void {
    const { times } = this.#kit;
    if (startsWith(bytes, start, end, '# Time: ')) {
      if (times.read(bytes, skipBlanks(bytes, start + 8, end), end) >= 0) writeTime(writer, times);
      return;
    }
    if (startsWith(bytes, start, end, '# User@Host: ')) {
      const user = start + 13;
      let userEnd = user;
      while (userEnd < end && bytes[userEnd] !== byte.openBracket && bytes[userEnd] !== byte.space) userEnd++;
      writeText(writer, bytes, this.#user, user, userEnd);
      const host = findText(bytes, '@ ', userEnd, end);
      if (host >= 0) writeText(writer, bytes, this.#client, host + 2, wordEnd(bytes, host + 2, end));
    }
    this.#timingsOf(bytes, view, start + 2, end, writer);
  }

  /** `Name: 12  Other: 3.4` */
  #timingsOf(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): void {
    for (let at = start; at < end; ) {
      const stop = wordEnd(bytes, at, end);
      if (stop > at && bytes[stop - 1] === byte.colon && stop - at < 16) {
        const name = this.#timings.get(asciiText(bytes, at, stop - 1));
        const value = skipBlanks(bytes, stop, end);
        const valueEnd = wordEnd(bytes, value, end);
        if (name !== undefined && isDigit(bytes[value])) writeNumber(writer, bytes, name, value, valueEnd);
      }
      at = skipBlanks(bytes, stop, end);
    }
  }
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}

/** The four words of the error log (log_builtins.cc). */
function mysqlSeverity(bytes: Uint8Array, start: number, end: number): number {
  if (startsWith(bytes, start, end, 'Note') || startsWith(bytes, start, end, 'System')) return 9;
  if (startsWith(bytes, start, end, 'Warning')) return 13;
  return startsWith(bytes, start, end, 'ERROR') ? 17 : 0;
}

/** Redis' marks of a level (server.c): debug, verbose, notice, warning. */
const redisSeverities = new Map([
  [byte.dot, 5],
  [byte.minus, 9],
  [byte.star, 10],
  [byte.hash, 13],
]);
const redisRoles = new Map([
  [0x4d, 'master'],
  [0x53, 'replica'],
  [0x43, 'child'],
  [0x58, 'sentinel'],
]);

/** Redis and Valkey: `1234:M 15 Jul 2025 10:23:45.123 * text`, before 3.0 `[1234] 15 Jul 10:23:45.123 * text`. */
export class RedisParser implements LineParser {
  readonly name = 'redis';
  readonly #kit: ParserKit;
  readonly #pid: NameId;
  readonly #role: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#pid = kit.names.own('pid');
    this.#role = kit.names.own('role');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const isOld = bytes[start] === byte.openBracket;
    const pid = isOld ? start + 1 : start;
    const pidEnd = digitsEnd(bytes, pid, end);
    if (pidEnd === pid || bytes[pidEnd] !== (isOld ? byte.closeBracket : byte.colon)) return false;
    const role = isOld ? undefined : redisRoles.get(bytes[pidEnd + 1]);
    if (!isOld && role === undefined) return false;
    const time = pidEnd + (isOld ? 2 : 3);
    const timeEnd = times.read(bytes, time, end);
    if (timeEnd < 0 || timeEnd + 1 >= end || bytes[timeEnd] !== byte.space) return false;
    const severity = redisSeverities.get(bytes[timeEnd + 1] as 0x2e);
    if (severity === undefined) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    writeNumber(writer, bytes, this.#pid, pid, pidEnd);
    if (role !== undefined) writer.attributeText(this.#role, role);
    writer.message(Math.min(end, timeEnd + 3), end);
    return true;
  }
}
