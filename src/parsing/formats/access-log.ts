/**
 * Access logs of HTTP servers in the common and combined formats, with or without a virtual host before and fields
 * behind them: `host ident user [time] "request" status bytes "referer" "agent" …`. Apache: mod_log_config; nginx:
 * `combined`. The request line becomes the message.
 */
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, closingQuote, digitsEnd, isDigit, skipBlanks, trimmedEnd, wordEnd } from '../byte-text.ts';
import { writeNumber, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';

/** Names that all formats of requests share. */
export interface RequestNames {
  readonly client: NameId;
  readonly user: NameId;
  readonly method: NameId;
  readonly path: NameId;
  readonly protocol: NameId;
  readonly status: NameId;
  readonly bytes: NameId;
  readonly referer: NameId;
  readonly agent: NameId;
}

export function requestNames({ names }: ParserKit): RequestNames {
  return {
    client: names.own('client_ip'),
    user: names.own('user'),
    method: names.own('method'),
    path: names.own('path'),
    protocol: names.own('protocol'),
    status: names.own('status'),
    bytes: names.own('bytes'),
    referer: names.own('referer'),
    agent: names.own('user_agent'),
  };
}

/** Writes the parts of a request line `GET /path HTTP/1.1`; a line of another shape has none. */
export function writeRequestLine(writer: RecordWriter, bytes: Uint8Array, names: RequestNames, start: number, end: number): void {
  const methodEnd = wordEnd(bytes, start, end);
  if (methodEnd === end || methodEnd === start || bytes[start] < 0x41 || bytes[start] > 0x5a) return;
  const pathStart = methodEnd + 1;
  let pathEnd = wordEnd(bytes, pathStart, end);
  // a path with blanks in it, as attackers send them: the protocol is the last word
  let protocolStart = pathEnd + 1;
  for (let next = protocolStart; next < end; ) {
    const nextEnd = wordEnd(bytes, next, end);
    if (nextEnd < end) pathEnd = nextEnd;
    protocolStart = next;
    next = nextEnd + 1;
  }
  writeText(writer, bytes, names.method, start, methodEnd);
  writeText(writer, bytes, names.path, pathStart, pathEnd);
  if (protocolStart < end) writeText(writer, bytes, names.protocol, protocolStart, end);
}

/** Virtual host, client, ident and user together. */
const maxSourceBytes = 512;

export class AccessLogParser implements LineParser {
  readonly name = 'access';
  readonly #kit: ParserKit;
  readonly #names: RequestNames;
  readonly #virtualHost: NameId;
  readonly #ident: NameId;
  readonly #extra: NameId;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#names = requestNames(kit);
    this.#virtualHost = kit.names.own('virtual_host');
    this.#ident = kit.names.own('ident');
    this.#extra = kit.names.own('extra');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    // host, ident and user, perhaps with a virtual host before them, end at ` [`
    let open = start;
    const last = Math.min(end, start + maxSourceBytes);
    while (open < last && bytes[open] !== byte.openBracket && bytes[open] !== byte.quote) open++;
    if (open - start < 6 || open + 20 > end || bytes[open] !== byte.openBracket || bytes[open - 1] !== byte.space) return false;
    const timeEnd = times.read(bytes, open + 1, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.closeBracket || bytes[timeEnd + 1] !== byte.space || bytes[timeEnd + 2] !== byte.quote) {
      return false;
    }
    const requestStart = timeEnd + 3;
    const requestEnd = closingQuote(bytes, requestStart, end);
    if (requestEnd < 0) return false;
    const statusStart = requestEnd + 2;
    const statusEnd = digitsEnd(bytes, statusStart, end);
    if (statusEnd - statusStart !== 3 || (statusEnd < end && bytes[statusEnd] !== byte.space)) return false;
    if (!this.#source(bytes, start, open - 1, writer)) return false;
    const names = this.#names;
    writeTime(writer, times);
    writer.message(requestStart, requestEnd);
    writeRequestLine(writer, bytes, names, requestStart, requestEnd);
    writeNumber(writer, bytes, names.status, statusStart, statusEnd);
    this.#behindStatus(bytes, statusEnd + 1, end, writer);
    return true;
  }

  /** The words before the time. Nothing is written before it is clear that there are three or four. */
  #source(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): boolean {
    const first = wordEnd(bytes, start, end);
    const second = wordEnd(bytes, first + 1, end);
    const third = wordEnd(bytes, second + 1, end);
    if (third > end || second >= end) return false;
    const hasHost = third < end && (isHostAndPort(bytes, start, first) || isDigit(bytes[first + 1]));
    const client = hasHost ? first + 1 : start;
    const clientEnd = hasHost ? second : first;
    const identEnd = hasHost ? third : second;
    if (hasHost) writeText(writer, bytes, this.#virtualHost, start, first);
    writeText(writer, bytes, this.#names.client, client, clientEnd);
    writeText(writer, bytes, this.#ident, clientEnd + 1, identEnd);
    writeText(writer, bytes, this.#names.user, identEnd + 1, end);
    return true;
  }

  #behindStatus(bytes: Uint8Array, start: number, end: number, writer: RecordWriter): void {
    if (start >= end) return;
    const names = this.#names;
    const sizeEnd = wordEnd(bytes, start, end);
    writeNumber(writer, bytes, names.bytes, start, sizeEnd);
    let at = skipBlanks(bytes, sizeEnd, end);
    for (const name of [names.referer, names.agent]) {
      if (at >= end || bytes[at] !== byte.quote) break;
      const close = closingQuote(bytes, at + 1, end);
      if (close < 0) break;
      writeText(writer, bytes, name, at + 1, close);
      at = skipBlanks(bytes, close + 1, end);
    }
    writeText(writer, bytes, this.#extra, at, trimmedEnd(bytes, at, end));
  }
}

/** `host:port`, which Apache's vhost_combined begins with; without the port, an address follows. */
function isHostAndPort(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end;
  while (at > start && isDigit(bytes[at - 1])) at--;
  return at < end && at > start + 1 && bytes[at - 1] === byte.colon;
}
