/**
 * Lines of syslog in files and streams: `Jul 15 10:23:45 host app[123]: text` (RFC 3164, without its priority or with it),
 * `2025-07-15T10:23:45.123456+02:00 host app[123]: text` (rsyslog's own), and RFC 5424. What the line carries is
 * recognised in turn. Fields are named as the syslog receiver names them.
 */
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { facilityNames, syslogSeverities } from '#model/syslog-numbers.ts';
import { byte, decimal, digitsEnd, find, isBlank, isDigit, isLetter, skipBlanks, wordEnd } from '../byte-text.ts';
import { FieldTape, tapeActions } from '../field-tape.ts';
import { levelWord } from '../levels.ts';
import { writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

const textEncoder = new TextEncoder();
const facilityBytes = facilityNames.map((name) => textEncoder.encode(name));
const maxTagBytes = 64;
const maxPri = 191;

export class SyslogTextParser implements LineParser {
  readonly name = 'syslog';
  readonly isWrapper = true;
  readonly #kit: ParserKit;
  readonly #host: NameId;
  readonly #service: NameId;
  readonly #procid: NameId;
  readonly #msgid: NameId;
  readonly #facility: NameId;
  readonly #data: StructuredDataReader;
  #pri = -1;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#host = names.own('host');
    this.#service = names.own('service');
    this.#procid = names.own('syslog.procid');
    this.#msgid = names.own('syslog.msgid');
    this.#facility = names.own('syslog.facility');
    this.#data = new StructuredDataReader(names);
  }

  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const at = this.#priority(bytes, start, end);
    if (at < 0) return false;
    const isVersioned = this.#pri >= 0 && bytes[at] === 0x31 && bytes[at + 1] === byte.space;
    return isVersioned ? this.#parse5424(bytes, view, at + 2, end, writer) : this.#parse3164(bytes, view, at, end, writer);
  }

  /** Reads `<PRI>`, if there is one; the position behind it, -1 where it is malformed. */
  #priority(bytes: Uint8Array, start: number, end: number): number {
    this.#pri = -1;
    if (start >= end || bytes[start] !== byte.less) return start;
    const stop = digitsEnd(bytes, start + 1, Math.min(end, start + 4));
    if (stop === start + 1 || stop >= end || bytes[stop] !== byte.greater) return -1;
    this.#pri = decimal(bytes, start + 1, stop);
    return this.#pri <= maxPri ? stop + 1 : -1;
  }

  #parse3164(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const isNamed = isLetter(bytes[start]);
    const timeEnd = times.read(bytes, start, end);
    if (timeEnd < 0 || timeEnd >= end) return false;
    // a bare date and time begins lines of many formats; rsyslog's has a T and a zone
    if (!isNamed && (bytes[start + 10] !== 0x54 || isDigit(bytes[timeEnd - 1]) !== hasOffset(bytes, start, timeEnd))) return false;
    if (bytes[timeEnd] === byte.colon) {
      // Cisco's, without a host
      if (!isNamed || !isBlank(bytes[timeEnd + 1])) return false;
      this.#writeHead(bytes, view, writer);
      writeTime(writer, times);
      writer.message(skipBlanks(bytes, timeEnd + 1, end), end);
      return true;
    }
    if (bytes[timeEnd] !== byte.space) return false;
    const host = skipBlanks(bytes, timeEnd, end);
    const hostEnd = wordEnd(bytes, host, end);
    // a level there makes it a line of an application
    if (hostEnd >= end || !isHostName(bytes, host, hostEnd) || levelWord(bytes, host, hostEnd) > 0) return false;
    const tag = skipBlanks(bytes, hostEnd, end);
    const tagEnd = tagEndOf(bytes, tag, end);
    if (tagEnd < 0 && !isNamed) return false;
    this.#writeHead(bytes, view, writer);
    writeTime(writer, times);
    writeText(writer, bytes, this.#host, host, hostEnd);
    if (tagEnd < 0) writer.message(tag, end);
    else this.#writeTagged(bytes, tag, tagEnd, end, writer);
    return true;
  }

  /** `app[pid]: text`, from the app to the colon. */
  #writeTagged(bytes: Uint8Array, tag: number, tagEnd: number, end: number, writer: RecordWriter): void {
    let appEnd = tagEnd;
    if (bytes[tagEnd - 1] === byte.closeBracket) {
      const open = find(bytes, byte.openBracket, tag, tagEnd);
      if (open > tag) {
        writer.put(this.#procid, kinds.string, open + 1, tagEnd - 1);
        appEnd = open;
      }
    }
    writeText(writer, bytes, this.#service, tag, appEnd);
    const text = tagEnd + 1;
    writer.message(text < end && bytes[text] === byte.space ? text + 1 : Math.min(text, end), end);
  }

  #parse5424(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const timeEnd = bytes[start] === byte.minus ? start + 1 : times.read(bytes, start, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.space) return false;
    const hostEnd = wordEnd(bytes, timeEnd + 1, end);
    const appEnd = wordEnd(bytes, hostEnd + 1, end);
    const procidEnd = wordEnd(bytes, appEnd + 1, end);
    const msgidEnd = wordEnd(bytes, procidEnd + 1, end);
    if (msgidEnd >= end) return false;
    const data = msgidEnd + 1;
    const dataEnd = bytes[data] === byte.minus ? data + 1 : this.#data.read(bytes, view, data, end);
    if (dataEnd < 0 || (dataEnd < end && bytes[dataEnd] !== byte.space)) return false;
    this.#writeHead(bytes, view, writer);
    if (timeEnd > start + 1) writeTime(writer, times);
    writeText(writer, bytes, this.#host, timeEnd + 1, hostEnd);
    writeText(writer, bytes, this.#service, hostEnd + 1, appEnd);
    writeText(writer, bytes, this.#procid, appEnd + 1, procidEnd);
    writeText(writer, bytes, this.#msgid, procidEnd + 1, msgidEnd);
    if (bytes[data] !== byte.minus) this.#data.tape.write(writer, this.#kit, bytes, view);
    const text = Math.min(dataEnd + 1, end);
    const hasMark = end - text >= 3 && bytes[text] === 0xef && bytes[text + 1] === 0xbb && bytes[text + 2] === 0xbf;
    writer.message(hasMark ? text + 3 : text, end);
    return true;
  }

  #writeHead(bytes: Uint8Array, view: DataView, writer: RecordWriter): void {
    if (this.#pri < 0) return;
    writeSeverity(writer, syslogSeverities[this.#pri & 7]);
    const facility = facilityBytes[this.#pri >> 3];
    writer.from(facility);
    writer.attribute(this.#facility, kinds.string, 0, facility.length);
    writer.from(bytes, view);
  }
}

/** RFC 5424, 6.3: `[id name="value" …][…]` becomes `id.name`, an element without parameters `id`. */
class StructuredDataReader {
  readonly tape = new FieldTape();
  readonly #names: RecordNames;

  constructor(names: RecordNames) {
    this.#names = names;
  }

  /** The position behind the elements at `start`, -1 where they are malformed. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    this.tape.clear();
    let at = start;
    while (at < end && bytes[at] === byte.openBracket && !this.tape.isFull) {
      const id = at + 1;
      const idEnd = nameEnd(bytes, id, end);
      if (idEnd === id) return -1;
      at = idEnd;
      if (at < end && bytes[at] === byte.closeBracket) {
        this.tape.add(tapeActions.attribute, this.#names.of(bytes, view, id, idEnd), kinds.boolean, true, ...this.#text('true'));
      }
      while (at < end && bytes[at] === byte.space) {
        at = this.#parameter(bytes, view, id, idEnd, skipBlanks(bytes, at, end), end);
        if (at < 0) return -1;
      }
      if (at >= end || bytes[at] !== byte.closeBracket) return -1;
      at++;
    }
    return at === start ? -1 : at;
  }

  #parameter(bytes: Uint8Array, view: DataView, id: number, idEnd: number, start: number, end: number): number {
    const stop = nameEnd(bytes, start, end);
    if (stop === start || bytes[stop] !== byte.equals || bytes[stop + 1] !== byte.quote || this.tape.isFull) return -1;
    const { texts } = this.tape;
    texts.reserve(idEnd - id + stop - start + 1);
    const name = texts.length;
    texts.copy(bytes, view, id, idEnd);
    texts.bytes[texts.length++] = byte.dot;
    texts.copy(bytes, view, start, stop);
    const nameId = this.#names.of(texts.bytes, texts.view, name, texts.length);
    const value = texts.length;
    let at = stop + 2;
    for (; at < end && bytes[at] !== byte.quote; at++) {
      const next = bytes[at + 1];
      const isEscape = bytes[at] === byte.backslash && (next === byte.quote || next === byte.backslash || next === byte.closeBracket);
      if (isEscape) at++;
      texts.reserve(1);
      texts.bytes[texts.length++] = bytes[at];
    }
    if (at >= end) return -1;
    this.tape.add(tapeActions.attribute, nameId, kinds.string, true, value, texts.length);
    return at + 1;
  }

  #text(text: string): [start: number, end: number] {
    const { texts } = this.tape;
    const start = texts.length;
    texts.reserve(text.length);
    for (let i = 0; i < text.length; i++) texts.bytes[texts.length++] = text.charCodeAt(i);
    return [start, texts.length];
  }
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] > byte.space && bytes[at] !== byte.equals && bytes[at] !== byte.closeBracket && bytes[at] !== byte.quote)
    at++;
  return at;
}

/** A time that ends in a digit ends in a numeric offset, where it has one at all. */
function hasOffset(bytes: Uint8Array, start: number, timeEnd: number): boolean {
  for (let at = start + 19; at < timeEnd; at++) if (bytes[at] === byte.plus || bytes[at] === byte.minus) return true;
  return false;
}

function isHostName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (!isLetter(code) && !isDigit(code) && code !== byte.dot && code !== byte.minus && code !== byte.colon && code !== byte.underscore) {
      return false;
    }
  }
  return end > start && bytes[end - 1] !== byte.colon;
}

/**
 * Position of the colon behind the tag at `start`, -1 where there is no tag: `app:`, `app[pid]:`, `su(pam_unix)[12]:`, also
 * `syslogd 1.4.1:` and `-- root[12]:`, as some write it.
 */
function tagEndOf(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + maxTagBytes);
  for (let at = start, words = 0; at < limit; at++) {
    const code = bytes[at];
    if (code === byte.colon && (at + 1 === end || isBlank(bytes[at + 1]) || bytes[at - 1] === byte.closeBracket))
      return at > start ? at : -1;
    if (code !== byte.space) continue;
    const isTwoWords = isDigit(bytes[at + 1]) || (at === start + 2 && bytes[start] === byte.minus && bytes[start + 1] === byte.minus);
    if (++words > 1 || !isTwoWords) return -1;
  }
  return -1;
}
