/**
 * Lines of the logging libraries of the JVM and of others that took their layouts: a time, a level, a thread in brackets,
 * a logger, a message, in the orders that people configure. log4j, Logback, java.util.logging, Tomcat, Spring Boot,
 * Hadoop, HDFS, ZooKeeper, Spark, Cassandra, JBoss, Elasticsearch; log4net, Serilog, Rust's env_logger and tracing.
 *
 * The head is read word by word until something can only be the message. There must be a level.
 */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import {
  behindBrackets,
  byte,
  digitsEnd,
  isAlphanumeric,
  isBlank,
  isDigit,
  isLetter,
  skipBlanks,
  trimmedEnd,
  wordEnd,
} from '../byte-text.ts';
import { isCapitals, levelWord } from '../levels.ts';
import { writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/** Words and brackets of a head at most. */
const maxHeadWords = 9;
const maxLoggerBytes = 256;

export class JavaParser implements LineParser {
  readonly name = 'java';
  readonly #kit: ParserKit;
  readonly #thread: NameId;
  readonly #logger: NameId;
  readonly #line: NameId;
  readonly #pid: NameId;

  // what the head has told so far; a range is missing where its end is 0
  #hasTime = false;
  #severity = 0;
  #threadStart = 0;
  #threadEnd = 0;
  #loggerStart = 0;
  #loggerEnd = 0;
  #pidStart = 0;
  #pidEnd = 0;
  /** A separator stands behind the level. */
  #dashAfterLevel = false;
  /** More than one pair of brackets is to be expected. */
  #hasMoreBrackets = false;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#thread = kit.names.own('thread');
    this.#logger = kit.names.own('logger');
    this.#line = kit.names.own('line');
    this.#pid = kit.names.own('pid');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    this.#hasTime = false;
    this.#severity = 0;
    this.#threadEnd = 0;
    this.#loggerEnd = 0;
    this.#pidEnd = 0;
    this.#dashAfterLevel = false;
    this.#hasMoreBrackets = false;
    const messageStart = this.#head(bytes, start, end);
    const isNamed = this.#hasTime || this.#threadEnd > 0 || this.#loggerEnd > 0;
    if (messageStart < 0 || this.#severity === 0 || !isNamed) return false;
    if (this.#hasTime) writeTime(writer, this.#kit.times);
    writeSeverity(writer, this.#severity);
    if (this.#pidEnd > 0) writer.put(this.#pid, kinds.number, this.#pidStart, this.#pidEnd);
    this.#writeThread(bytes, writer);
    if (this.#loggerEnd > 0) writeText(writer, bytes, this.#logger, this.#loggerStart, this.#loggerEnd);
    writer.message(messageStart, end);
    return true;
  }

  /** Reads the head; returns where the message begins, -1 where there is no such head. */
  #head(bytes: Uint8Array, start: number, end: number): number {
    const isBracket = bytes[start] === byte.openBracket;
    // fast path: without a time the level comes first
    if (isLetter(bytes[start]) && levelWord(bytes, start, lettersEnd(bytes, start, end)) === 0) return -1;
    const timeEnd = this.#kit.times.read(bytes, isBracket ? start + 1 : start, end);
    let at = start;
    if (timeEnd >= 0) {
      // zap's console
      if (timeEnd < end && bytes[timeEnd] === byte.tab) return -1;
      this.#hasTime = true;
      at = timeEnd;
      if (isBracket && bytes[at] === byte.closeBracket) at++;
      else if (isBracket) return this.#insideBrackets(bytes, at, end);
    }
    for (let word = 0; word < maxHeadWords && at < end; word++) {
      const next = this.#word(bytes, skipBlanks(bytes, at, end), end);
      // negative: the message begins there
      if (next < 0) return -1 - next;
      at = next;
    }
    return skipBlanks(bytes, at, end);
  }

  /** Takes one word of the head; returns the position behind it, or -1 - p where the message begins at p. */
  #word(bytes: Uint8Array, at: number, end: number): number {
    const first = at < end ? bytes[at] : 0;
    if (first === byte.openBracket) return this.#bracket(bytes, at, end);
    if (first === byte.minus || first === byte.pipe || first === byte.colon) return this.#separator(bytes, at, end);
    if (first === byte.open && this.#severity > 0 && this.#loggerEnd > 0) return this.#threadInParentheses(bytes, at, end);
    if (isDigit(first)) return this.#number(bytes, at, end);
    if (!isLetter(first)) return -1 - at;
    const stop = lettersEnd(bytes, at, end);
    const severity = this.#severity === 0 ? levelWord(bytes, at, stop) : 0;
    if (severity > 0 && endsLevel(bytes, stop, end) && (isCapitals(bytes, at, stop) || bytes[stop] === byte.colon)) {
      this.#severity = severity;
      this.#dashAfterLevel = false;
      return bytes[stop] === byte.colon ? stop + 1 : stop;
    }
    return this.#severity === 0 ? -1 - end : this.#loggerWord(bytes, at, end);
  }

  #bracket(bytes: Uint8Array, at: number, end: number): number {
    const behind = behindBrackets(bytes, at, end, byte.closeBracket);
    if (behind < 0) return -1 - at;
    const start = skipBlanks(bytes, at + 1, behind);
    const stop = trimmedEnd(bytes, start, behind - 1);
    const severity = this.#severity === 0 ? levelWord(bytes, start, stop) : 0;
    if (severity > 0) {
      this.#severity = severity;
      this.#dashAfterLevel = false;
      this.#hasMoreBrackets = true;
      return behind;
    }
    if (this.#loggerEnd > 0 || (this.#threadEnd > 0 && !this.#hasMoreBrackets)) return -1 - at;
    if (this.#threadEnd > 0) {
      // Elasticsearch's [logger] [node]; behind Spring's [application] [thread] a logger follows
      this.#loggerStart = this.#threadStart;
      this.#loggerEnd = this.#threadEnd;
    }
    this.#threadStart = start;
    this.#threadEnd = stop;
    return behind;
  }

  /** `-`, `---`, `:` or `|`: behind a level and a thread or logger the message follows. */
  #separator(bytes: Uint8Array, at: number, end: number): number {
    let behind = at + 1;
    while (behind < end && bytes[behind] === bytes[at]) behind++;
    if (behind < end && !isBlank(bytes[behind])) return -1 - at;
    if (this.#severity > 0 && behind === at + 1 && (this.#threadEnd > 0 || this.#loggerEnd > 0)) return -1 - skipBlanks(bytes, behind, end);
    this.#dashAfterLevel = this.#severity > 0;
    // Spring Boot
    if (behind === at + 3) this.#hasMoreBrackets = true;
    return behind;
  }

  #threadInParentheses(bytes: Uint8Array, at: number, end: number): number {
    const behind = behindBrackets(bytes, at, end, byte.close);
    if (behind < 0) return -1 - at;
    this.#threadStart = at + 1;
    this.#threadEnd = behind - 1;
    return -1 - skipBlanks(bytes, behind, end);
  }

  /** A process or thread number, or Cassandra's time behind the thread. */
  #number(bytes: Uint8Array, at: number, end: number): number {
    if (!this.#hasTime) {
      const timeEnd = this.#kit.times.read(bytes, at, end);
      if (timeEnd >= 0 && this.#severity > 0) {
        this.#hasTime = true;
        return timeEnd;
      }
    }
    const behind = digitsEnd(bytes, at, end);
    if (behind >= end || !isBlank(bytes[behind]) || behind - at > 10 || this.#pidEnd > 0) return -1 - at;
    // a number behind the level and before a text belongs to the text
    const next = skipBlanks(bytes, behind, end);
    if (this.#severity > 0 && bytes[next] !== byte.minus && bytes[next] !== byte.openBracket) return -1 - at;
    this.#pidStart = at;
    this.#pidEnd = behind;
    return behind;
  }

  /** A word behind the level is the logger where what follows says so; else the message begins with it. */
  #loggerWord(bytes: Uint8Array, at: number, end: number): number {
    const stop = wordEnd(bytes, at, Math.min(end, at + maxLoggerBytes));
    const hasColon = bytes[stop - 1] === byte.colon;
    const nameEnd = hasColon ? stop - 1 : stop;
    const looks = loggerLooks(bytes, at, nameEnd);
    if (looks === notLogger) return -1 - at;
    if (stop >= end) {
      if (!hasColon || looks !== compound) return -1 - at;
      this.#setLogger(at, nameEnd);
      return -1 - end;
    }
    const next = skipBlanks(bytes, stop, end);
    const mark = next < end ? bytes[next] : 0;
    const isSet = mark === byte.minus || mark === byte.colon;
    const isSeparated = isSet && (next + 1 >= end || isBlank(bytes[next + 1]));
    const hasPlace = this.#threadEnd > 0 && !this.#dashAfterLevel;
    if (hasColon ? looks === compound || hasPlace : isSeparated && (looks === compound || !this.#dashAfterLevel)) {
      this.#setLogger(at, nameEnd);
      return -1 - skipBlanks(bytes, hasColon ? stop : next + 1, end);
    }
    // Tomcat sets nothing between a dotted logger and the message; Spring may set brackets there
    if (!hasColon && this.#threadEnd > 0 && looks === compound && dotCount(bytes, at, nameEnd) >= 2) {
      this.#setLogger(at, nameEnd);
      return mark === byte.openBracket ? stop : -1 - next;
    }
    return -1 - at;
  }

  #setLogger(start: number, end: number): void {
    this.#loggerStart = start;
    this.#loggerEnd = end;
  }

  /** `[time LEVEL logger] message`, from behind the time. */
  #insideBrackets(bytes: Uint8Array, behindTime: number, end: number): number {
    let at = skipBlanks(bytes, behindTime, end);
    const stop = wordOrBracketEnd(bytes, at, end);
    this.#severity = levelWord(bytes, at, stop);
    if (this.#severity === 0) return -1;
    at = skipBlanks(bytes, stop, end);
    const close = wordOrBracketEnd(bytes, at, end);
    if (close >= end || bytes[close] !== byte.closeBracket) return -1;
    if (close > at) this.#setLogger(at, close);
    return skipBlanks(bytes, close + 1, end);
  }

  /** ZooKeeper's brackets hold `thread:logger@line`. */
  #writeThread(bytes: Uint8Array, writer: RecordWriter): void {
    if (this.#threadEnd === 0) return;
    const start = this.#threadStart;
    const end = this.#threadEnd;
    let at = end;
    while (at > start && isDigit(bytes[at - 1])) at--;
    if (this.#loggerEnd === 0 && at < end && at > start && bytes[at - 1] === byte.at) {
      let colon = at - 2;
      while (colon > start && bytes[colon] !== byte.colon) colon--;
      if (colon > start) {
        writeText(writer, bytes, this.#thread, start, colon);
        writeText(writer, bytes, this.#logger, colon + 1, at - 1);
        writer.put(this.#line, kinds.number, at, end);
        return;
      }
    }
    writeText(writer, bytes, this.#thread, start, end);
  }
}

const notLogger = 0;
const single = 1;
const compound = 2;

/** Whether a word can be a logger's name: `compound` with dots, `$`, `::` or inner capitals, else `single`. */
function loggerLooks(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || !isLetter(bytes[start])) return notLogger;
  let looks = single;
  for (let at = start + 1; at < end; at++) {
    const code = bytes[at];
    if (isAlphanumeric(code)) {
      if (code >= 0x41 && code <= 0x5a && bytes[at - 1] >= 0x61) looks = compound;
    } else if (code === byte.dot || code === 0x24 || (code === byte.colon && bytes[at - 1] === byte.colon)) {
      if (at + 1 < end) looks = compound;
    } else if (code !== byte.minus && code !== byte.underscore && code !== byte.at && code !== byte.slash && code !== byte.colon) {
      return notLogger;
    }
  }
  return looks;
}

function dotCount(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (bytes[at] === byte.dot) count++;
  return count;
}

function lettersEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isLetter(bytes[at])) at++;
  return at;
}

function endsLevel(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || isBlank(bytes[at]) || bytes[at] === byte.colon || bytes[at] === byte.pipe || bytes[at] === byte.openBracket;
}

function wordOrBracketEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && !isBlank(bytes[at]) && bytes[at] !== byte.closeBracket) at++;
  return at;
}
