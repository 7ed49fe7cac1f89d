/** Error logs of nginx and Apache. */
import type { NameId } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, digitsEnd, find, findText, isDigit, isLetter, skipBlanks, startsWith, trimmedEnd } from '../byte-text.ts';
import { levelWord } from '../levels.ts';
import { writeNumber, writeSeverity, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/**
 * nginx: `2025/07/15 10:23:45 [error] 123#456: *789 text, client: 1.2.3.4, server: x, request: "GET / HTTP/1.1", …`
 * (ngx_log.c, ngx_http_log_error).
 */
export class NginxErrorParser implements LineParser {
  readonly name = 'nginx-error';
  readonly #kit: ParserKit;
  readonly #pid: NameId;
  readonly #tid: NameId;
  readonly #connection: NameId;
  /** What may stand behind the text, in the order that nginx writes it. */
  readonly #details: readonly { readonly mark: string; readonly name: NameId }[];

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#pid = names.own('pid');
    this.#tid = names.own('tid');
    this.#connection = names.own('connection');
    this.#details = [
      { mark: ', client: ', name: names.own('client_ip') },
      { mark: ', server: ', name: names.own('server') },
      { mark: ', request: ', name: names.own('request') },
      { mark: ', subrequest: ', name: names.own('subrequest') },
      { mark: ', upstream: ', name: names.own('upstream') },
      { mark: ', host: ', name: names.own('http_host') },
      { mark: ', referrer: ', name: names.own('referer') },
    ];
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    if (end - start < 28 || bytes[start + 4] !== byte.slash) return false;
    const timeEnd = times.read(bytes, start, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.space || bytes[timeEnd + 1] !== byte.openBracket) return false;
    const level = timeEnd + 2;
    const levelEnd = find(bytes, byte.closeBracket, level, Math.min(end, level + 12));
    if (levelEnd < 0) return false;
    const severity = levelWord(bytes, level, levelEnd);
    const pid = levelEnd + 2;
    const pidEnd = digitsEnd(bytes, pid, end);
    const tidEnd = digitsEnd(bytes, pidEnd + 1, end);
    if (severity === 0 || pidEnd === pid || bytes[pidEnd] !== byte.hash || bytes[tidEnd] !== byte.colon) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    writer.put(this.#pid, kinds.number, pid, pidEnd);
    writer.put(this.#tid, kinds.number, pidEnd + 1, tidEnd);
    let at = skipBlanks(bytes, tidEnd + 1, end);
    const connectionEnd = at < end && bytes[at] === byte.star ? digitsEnd(bytes, at + 1, end) : at;
    if (connectionEnd > at + 1) {
      writer.put(this.#connection, kinds.number, at + 1, connectionEnd);
      at = skipBlanks(bytes, connectionEnd, end);
    }
    writer.message(at, this.#writeDetails(bytes, at, end, writer));
    return true;
  }

  /** Writes what stands behind the text; returns where the text ends. */
  #writeDetails(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): number {
    const details = this.#details;
    const client = findText(bytes, details[0].mark, start, end);
    if (client < 0) return end;
    let value = client + details[0].mark.length;
    let name = details[0].name;
    for (const next of details.slice(1)) {
      const at = findText(bytes, next.mark, value, end);
      if (at < 0) continue;
      this.#writeDetail(bytes, name, value, at, writer);
      value = at + next.mark.length;
      name = next.name;
    }
    this.#writeDetail(bytes, name, value, end, writer);
    return client;
  }

  #writeDetail(bytes: Uint8Array, name: NameId, start: number, end: number, writer: RecordWriter): void {
    const isQuoted = end - start >= 2 && bytes[start] === byte.quote && bytes[end - 1] === byte.quote;
    writeText(writer, bytes, name, isQuoted ? start + 1 : start, isQuoted ? end - 1 : end);
  }
}

/**
 * Apache 2.2: `[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] text`; 2.4: `[Fri Sep 09 10:42:29.902022 2011]
 * [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:1234] AH00124: text`.
 */
export class ApacheErrorParser implements LineParser {
  readonly name = 'apache-error';
  readonly #kit: ParserKit;
  readonly #module: NameId;
  readonly #pid: NameId;
  readonly #tid: NameId;
  readonly #client: NameId;
  readonly #code: NameId;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#module = names.own('module');
    this.#pid = names.own('pid');
    this.#tid = names.own('tid');
    this.#client = names.own('client_ip');
    this.#code = names.own('code');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    if (end - start < 30 || bytes[start] !== byte.openBracket || !isLetter(bytes[start + 1])) return false;
    const timeEnd = times.read(bytes, start + 1, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.closeBracket || bytes[timeEnd + 2] !== byte.openBracket) return false;
    const level = timeEnd + 3;
    const levelEnd = find(bytes, byte.closeBracket, level, Math.min(end, level + 48));
    if (levelEnd < 0) return false;
    const colon = find(bytes, byte.colon, level, levelEnd);
    const severity = apacheSeverity(bytes, colon < 0 ? level : colon + 1, levelEnd);
    if (severity === 0) return false;
    writeTime(writer, times);
    writeSeverity(writer, severity);
    if (colon > level) writeText(writer, bytes, this.#module, level, colon);
    let at = this.#process(bytes, skipBlanks(bytes, levelEnd + 1, end), end, writer);
    at = this.#clientAddress(bytes, at, end, writer);
    if (startsWith(bytes, at, end, 'AH')) {
      const codeEnd = digitsEnd(bytes, at + 2, end);
      if (codeEnd > at + 2 && bytes[codeEnd] === byte.colon) writeText(writer, bytes, this.#code, at, codeEnd);
    }
    writer.message(at, end);
    return true;
  }

  /** `[pid 1:tid 2] `; returns the position behind it. */
  #process(bytes: Uint8Array, at: number, end: number, writer: RecordWriter): number {
    if (!startsWith(bytes, at, end, '[pid ')) return at;
    const pidEnd = digitsEnd(bytes, at + 5, end);
    const close = find(bytes, byte.closeBracket, pidEnd, Math.min(end, pidEnd + 48));
    if (pidEnd === at + 5 || close < 0) return at;
    writeNumber(writer, bytes, this.#pid, at + 5, pidEnd);
    if (startsWith(bytes, pidEnd, close, ':tid ')) writeNumber(writer, bytes, this.#tid, pidEnd + 5, close);
    return skipBlanks(bytes, close + 1, end);
  }

  /** `[client 1.2.3.4:567] `, without the port. */
  #clientAddress(bytes: Uint8Array, at: number, end: number, writer: RecordWriter): number {
    if (!startsWith(bytes, at, end, '[client ')) return at;
    const close = find(bytes, byte.closeBracket, at, Math.min(end, at + 128));
    if (close < 0) return at;
    const stop = trimmedEnd(bytes, at + 8, close);
    let colon = stop;
    while (colon > at + 8 && isDigit(bytes[colon - 1])) colon--;
    const hasPort = colon < stop && bytes[colon - 1] === byte.colon && find(bytes, byte.colon, at + 8, colon - 1) < 0;
    writeText(writer, bytes, this.#client, at + 8, hasPort ? colon - 1 : stop);
    return skipBlanks(bytes, close + 1, end);
  }
}

/** `trace1` … `trace8` beside the usual words. */
function apacheSeverity(bytes: Uint8Array, start: number, end: number): number {
  return levelWord(bytes, start, end > start && isDigit(bytes[end - 1]) ? end - 1 : end);
}
