/** Request logs of HAProxy, of Amazon's load balancers and of CloudFront. The request line becomes the message. */
import type { NameId } from '#model/record-names.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import { byte, closingQuote, find, isDigit, wordEnd } from '../byte-text.ts';
import { writeNumber, writeText, writeTime } from '../line-parser.ts';
import type { LineParser, ParserKit } from '../line-parser.ts';
import { requestNames, writeRequestLine } from './access-log.ts';
import type { RequestNames } from './access-log.ts';

/** Words of a line, noted before anything is written: where each begins and ends, quotes and brackets left out. */
class Words {
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(most: number) {
    this.starts = new Int32Array(most);
    this.ends = new Int32Array(most);
  }

  /** Cuts at single separators; what is more than the most stays in the last one. Returns the count. */
  cut(bytes: Uint8Array, start: number, end: number, separator: number): number {
    this.count = 0;
    let at = start;
    while (at < end && this.count < this.starts.length) {
      const first = bytes[at];
      let from = at;
      let to: number;
      if (first === byte.quote && separator === byte.space) {
        from = at + 1;
        const close = closingQuote(bytes, from, end);
        to = close < 0 ? end : close;
        at = to + 2;
      } else {
        const stop = find(bytes, separator, at, end);
        to = stop < 0 ? end : stop;
        at = to + 1;
      }
      this.starts[this.count] = from;
      this.ends[this.count++] = to;
    }
    return this.count;
  }
}

/**
 * HAProxy's HTTP and TCP logs: `1.2.3.4:33317 [15/Jul/2025:12:14:14.655] frontend backend/server 10/0/30/69/109 200 2750
 * - - ---- 1/1/1/1/0 0/0 {…} "GET / HTTP/1.1"` (configuration manual, 8.2).
 */
export class HaproxyParser implements LineParser {
  readonly name = 'haproxy';
  readonly #kit: ParserKit;
  readonly #request: RequestNames;
  readonly #words = new Words(14);
  readonly #names: Readonly<
    Record<'port' | 'frontend' | 'backend' | 'server' | 'duration' | 'timers' | 'termination' | 'connections' | 'queues', NameId>
  >;

  constructor(kit: ParserKit) {
    const { names } = kit;
    this.#kit = kit;
    this.#request = requestNames(kit);
    this.#names = {
      port: names.own('client_port'),
      frontend: names.own('frontend'),
      backend: names.own('backend'),
      server: names.own('server'),
      duration: names.own('duration_ms'),
      timers: names.own('timers'),
      termination: names.own('termination_state'),
      connections: names.own('connections'),
      queues: names.own('queues'),
    };
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const clientEnd = wordEnd(bytes, start, Math.min(end, start + 64));
    if (clientEnd + 40 > end || bytes[clientEnd + 1] !== byte.openBracket) return false;
    const words = this.#words;
    const { starts, ends } = words;
    if (words.cut(bytes, start, end, byte.space) < 8) return false;
    const colon = lastColon(bytes, start, ends[0]);
    const timeEnd = this.#kit.times.read(bytes, starts[1] + 1, end);
    if (colon < 0 || timeEnd !== ends[1] - 1) return false;
    const slash = find(bytes, byte.slash, starts[3], ends[3]);
    const isHttp = find(bytes, byte.slash, starts[4], ends[4]) > 0 && isNumber(bytes, starts[5], ends[5]);
    if (slash < 0 || find(bytes, byte.slash, starts[4], ends[4]) < 0) return false;
    const names = this.#names;
    writeTime(writer, this.#kit.times);
    writeText(writer, bytes, this.#request.client, start, colon);
    writeNumber(writer, bytes, names.port, colon + 1, ends[0]);
    writeText(writer, bytes, names.frontend, starts[2], bytes[ends[2] - 1] === 0x7e ? ends[2] - 1 : ends[2]);
    writeText(writer, bytes, names.backend, starts[3], slash);
    writeText(writer, bytes, names.server, slash + 1, ends[3]);
    writeText(writer, bytes, names.timers, starts[4], ends[4]);
    let total = ends[4];
    while (total > starts[4] && bytes[total - 1] !== byte.slash) total--;
    writeNumber(writer, bytes, names.duration, bytes[total] === byte.plus ? total + 1 : total, ends[4]);
    if (isHttp && words.count >= 11) this.#http(bytes, end, writer);
    else this.#tcp(bytes, writer);
    return true;
  }

  #http(bytes: Uint8Array, end: number, writer: RecordWriter): void {
    const { starts, ends } = this.#words;
    const names = this.#names;
    const request = this.#request;
    // without a status of three digits it is a TCP log whose sixth word is the byte count
    if (ends[5] - starts[5] !== 3 || !isNumber(bytes, starts[6], ends[6])) return this.#tcp(bytes, writer);
    writeNumber(writer, bytes, request.status, starts[5], ends[5]);
    writeNumber(writer, bytes, request.bytes, starts[6], ends[6]);
    writeText(writer, bytes, names.termination, starts[9], ends[9]);
    writeText(writer, bytes, names.connections, starts[10], ends[10]);
    if (this.#words.count > 11) writeText(writer, bytes, names.queues, starts[11], ends[11]);
    const open = find(bytes, byte.quote, ends[10], end);
    if (open < 0) return;
    const close = closingQuote(bytes, open + 1, end);
    const requestEnd = close < 0 ? end : close;
    writeRequestLine(writer, bytes, request, open + 1, requestEnd);
    writer.message(open + 1, requestEnd);
  }

  #tcp(bytes: Uint8Array, writer: RecordWriter): void {
    const { starts, ends } = this.#words;
    writeNumber(writer, bytes, this.#request.bytes, starts[5], ends[5]);
    writeText(writer, bytes, this.#names.termination, starts[6], ends[6]);
    writeText(writer, bytes, this.#names.connections, starts[7], ends[7]);
  }
}

function lastColon(bytes: Uint8Array, start: number, end: number): number {
  let at = end - 1;
  while (at > start && isDigit(bytes[at])) at--;
  return at > start && at < end - 1 && bytes[at] === byte.colon ? at : -1;
}

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(bytes[at])) return false;
  return end > start;
}

/** Where the fields of a load balancer's line stand. The classic one has no type before the time. */
const albFields = [
  'type',
  'time',
  'elb',
  'client',
  'target',
  'request_processing_time',
  'target_processing_time',
  'response_processing_time',
  'status',
  'target_status',
  'received_bytes',
  'bytes',
  'request',
  'user_agent',
  'ssl_cipher',
  'ssl_protocol',
  'target_group_arn',
  'trace_id',
  'domain_name',
  'chosen_cert_arn',
  'matched_rule_priority',
  'request_creation_time',
  'actions_executed',
  'redirect_url',
  'error_reason',
  'target_port_list',
  'target_status_code_list',
  'classification',
  'classification_reason',
  'conn_trace_id',
];
const classicFields = albFields.slice(1, 16);

/**
 * Amazon's application and classic load balancers: fields with blanks between them
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html).
 */
export class AwsAlbParser implements LineParser {
  readonly name = 'aws-alb';
  readonly #kit: ParserKit;
  readonly #request: RequestNames;
  readonly #port: NameId;
  readonly #words = new Words(albFields.length);
  readonly #names: ReadonlyMap<string, NameId>;

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#request = requestNames(kit);
    this.#port = kit.names.own('client_port');
    this.#names = new Map(albFields.map((name) => [name, kit.names.own(name)]));
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    const { times } = this.#kit;
    const isClassic = isDigit(bytes[start]);
    const time = isClassic ? start : wordEnd(bytes, start, Math.min(end, start + 8)) + 1;
    if (time >= end || bytes[time + 10] !== 0x54) return false;
    const timeEnd = times.read(bytes, time, end);
    if (timeEnd < 0 || bytes[timeEnd] !== byte.space) return false;
    const words = this.#words;
    const fields = isClassic ? classicFields : albFields;
    const count = words.cut(bytes, start, end, byte.space);
    const shift = isClassic ? 1 : 0;
    if (count < 12 || (count > 15 && isClassic)) return false;
    const request = 12 - shift;
    const isRequest = bytes[words.starts[request] - 1] === byte.quote;
    const hasTimes = isDecimal(bytes, words.starts[5 - shift], words.ends[5 - shift]);
    if (!isRequest || !hasTimes) return false;
    writeTime(writer, times);
    for (let i = 0; i < count && i < fields.length; i++) this.#writeField(bytes, fields[i], words.starts[i], words.ends[i], writer);
    writer.message(words.starts[request], words.ends[request]);
    return true;
  }

  #writeField(bytes: Uint8Array, field: string, start: number, end: number, writer: RecordWriter): void {
    if (field === 'time') return;
    if (field === 'request') return writeRequestLine(writer, bytes, this.#request, start, end);
    if (field === 'client') {
      const colon = lastColon(bytes, start, end);
      writeText(writer, bytes, this.#request.client, start, colon < 0 ? end : colon);
      if (colon > 0) writeNumber(writer, bytes, this.#port, colon + 1, end);
      return;
    }
    const name = this.#names.get(field);
    if (name !== undefined) writeNumber(writer, bytes, name, start, end);
  }
}

/** `0.086`, `-1` */
function isDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(bytes[at]) && bytes[at] !== byte.dot && bytes[at] !== byte.minus) return false;
  return end > start;
}

/** Fields of CloudFront's standard logs behind date and time; an empty name is put together with others. */
const cloudfrontFields = [
  'edge_location',
  'bytes',
  'client_ip',
  'method',
  'distribution',
  '',
  'status',
  'referer',
  'user_agent',
  '',
  'cookie',
  'edge_result_type',
  'edge_request_id',
  'host_header',
  'request_protocol',
  'received_bytes',
  'time_taken',
  'x_forwarded_for',
  'ssl_protocol',
  'ssl_cipher',
  'edge_response_result_type',
  'protocol',
  'fle_status',
  'fle_encrypted_fields',
  'client_port',
  'time_to_first_byte',
  'edge_detailed_result_type',
  'content_type',
  'content_length',
  'range_start',
  'range_end',
];

/**
 * CloudFront's standard logs: fields with tabs between them
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html).
 */
export class CloudfrontParser implements LineParser {
  readonly name = 'cloudfront';
  readonly #kit: ParserKit;
  readonly #names: readonly (NameId | undefined)[];
  readonly #path: NameId;
  readonly #query: NameId;
  readonly #words = new Words(cloudfrontFields.length + 2);

  constructor(kit: ParserKit) {
    this.#kit = kit;
    this.#names = cloudfrontFields.map((name) => (name === '' ? undefined : kit.names.own(name)));
    this.#path = kit.names.own('path');
    this.#query = kit.names.own('query');
  }

  parse(bytes: Uint8Array, _view: DataView, start: number, end: number, writer: RecordWriter): boolean {
    if (end - start < 60 || bytes[start + 10] !== byte.tab || bytes[start + 4] !== byte.minus) return false;
    const words = this.#words;
    const { starts, ends } = words;
    const count = words.cut(bytes, start, end, byte.tab);
    const { times } = this.#kit;
    if (count < 12 || times.readDateAndTime(bytes, start, starts[1], ends[1]) < 0 || !isNumber(bytes, starts[8], ends[8])) return false;
    writeTime(writer, times);
    for (let i = 2; i < count; i++) {
      const name = this.#names[i - 2];
      if (name !== undefined) writeNumber(writer, bytes, name, starts[i], ends[i]);
    }
    writeText(writer, bytes, this.#path, starts[7], ends[7]);
    writeText(writer, bytes, this.#query, starts[11], ends[11]);
    // the path is all that CloudFront has of the request line
    writer.message(starts[7], ends[7]);
    return true;
  }
}
