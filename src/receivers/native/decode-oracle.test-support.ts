/**
 * The native decoder a second time, on JSON.parse: slow, plain, with objects for everything. The tests hold the byte-level
 * decoder to it. It shares the table of field names, the severities and the folding, nothing else.
 */
import { Buffer } from 'node:buffer';
import { foldText } from '#base/text-folding.ts';
import { fieldOfName } from '#model/field-names.ts';
import { parseSeverity, severityOfNumber } from '#model/severity.ts';
import type { BatchLimits } from './decode.ts';

class NumberText {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}
type Json = string | NumberText | boolean | null | Json[] | JsonObject;
type JsonObject = Map<string, Json>;

export interface OracleRow {
  /** Undefined: the receive time. */
  readonly tsNs: bigint | undefined;
  readonly level: number;
  readonly service: string;
  readonly host: string;
  readonly environment: string;
  readonly traceId: string;
  readonly spanId: string;
  /** JSON texts are canonical. */
  readonly message: string;
  readonly messageIsJson: boolean;
  readonly folded: string;
  /** name → kind and text, sorted by name; JSON texts are canonical. */
  readonly attributes: readonly string[];
  readonly resource: readonly string[];
  readonly tags: readonly string[];
  /** Where attributes collided or overflowed and the order of keys is not JSON.parse's to tell (integer-like keys). */
  readonly isAmbiguous: boolean;
}

export type OracleResult = { readonly error: string } | { readonly records: readonly (OracleRow | string)[] };

/** What JSON.parse makes of a text, with number texts, and keys as well-formed texts in Maps. Throws SyntaxError. */
export function parseJson(text: string): Json {
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? new NumberText(context?.source ?? '') : value;
  return toJson(JSON.parse(text.replace(backslashEscapes, hideBackslash), reviver));
}

/**
 * Node 24's JSON.parse takes an escaped key for another one that begins with a backslash: once `{"\\":1}` was parsed, the key
 * of `{"\"":2}` comes out as a backslash, because the raw text is compared with the key expected at this place. So that no
 * key here holds a backslash, it is replaced by characters that the tests do not use, and put back afterwards.
 */
const backslashEscapes = /\\(?:u005c|[^])/gi;
const standIn = '\ue05c\uf8ff\ue05c';

function hideBackslash(escape: string): string {
  return escape === '\\\\' || escape.length > 2 ? standIn : escape;
}

const showBackslash = (text: string): string => text.toWellFormed().replaceAll(standIn, '\\');

function toJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'string') return showBackslash(value);
  if (value === null || typeof value !== 'object' || value instanceof NumberText) return value as Json;
  return new Map(Object.entries(value).map(([key, inner]) => [showBackslash(key), toJson(inner)]));
}

function print(value: Json): string {
  if (value instanceof NumberText) return value.source;
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
  if (value instanceof Map) return `{${[...value].map(([key, inner]) => `${JSON.stringify(key)}:${print(inner)}`).join(',')}}`;
  return JSON.stringify(value);
}

/** One text for all JSON texts of the same meaning. */
export function canonical(json: string): string {
  return print(parseJson(json));
}

function depthOf(value: Json): number {
  const inner = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : undefined;
  return inner === undefined ? 0 : 1 + inner.reduce((deepest, each) => Math.max(deepest, depthOf(each)), 0);
}

const scalarText = (value: Json): string => (typeof value === 'string' ? value : print(value));

function kindOf(value: Json): string {
  if (value === null) return 'z';
  if (value instanceof NumberText) return 'n';
  return typeof value === 'string' ? 's' : typeof value === 'boolean' ? 'b' : 'j';
}

/** Nanoseconds of a timestamp, undefined where it cannot be read. */
export function oracleTimestamp(value: Json): bigint | undefined {
  const text = (typeof value === 'string' ? value : value instanceof NumberText ? value.source : '').replace(
    /^[\x00-\x20]+|[\x00-\x20]+$/g,
    '',
  );
  const ns = typeof value === 'string' && text[4] === '-' ? dateNs(text) : epochNs(text);
  return ns !== undefined && ns >= 0n && ns < 2n ** 63n ? ns : undefined;
}

function dateNs(text: string): bigint | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?( *)(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    spaces,
    ,
    sign,
    offsetHours = '0',
    offsetMinutes = '0',
  ] = match;
  if (spaces !== undefined && spaces !== '' && match[9] === undefined && sign === undefined) return undefined;
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (Number(year) < 1970 || date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59)
    return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60);
  const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

function epochNs(text: string): bigint | undefined {
  const match = /^0*(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return exponentNs(text);
  const [, whole, fraction = ''] = match;
  if (whole.length > 19) return undefined;
  const decimals = whole.length <= 11 ? 9 : whole.length <= 14 ? 6 : whole.length <= 17 ? 3 : 0;
  return BigInt(whole + fraction.padEnd(decimals, '0').slice(0, decimals));
}

function exponentNs(text: string): bigint | undefined {
  if (text.length > 63 || !/^\d{1,19}(\.\d+)?[eE][+-]?\d+$/.test(text.replace(/^0+(?=\d)/, ''))) return undefined;
  const value = Number(text);
  const perSecond = value < 1e11 ? 1 : value < 1e14 ? 1e3 : value < 1e17 ? 1e6 : 1e9;
  const seconds = Math.floor(value / perSecond);
  if (!(seconds <= 9_223_372_036)) return undefined;
  return BigInt(seconds) * 1_000_000_000n + BigInt(Math.floor((value - seconds * perSecond) * (1e9 / perSecond)));
}

type Entries = Map<string, { kind: string; text: string }>;

/** One record, member by member. */
class RecordOracle {
  readonly #limits: BatchLimits;
  readonly #fields = new Map<string, Json>();
  readonly #attributes: Entries = new Map();
  readonly #resource: Entries = new Map();
  readonly #overflow: [string, Json][] = [];
  readonly #deferred = new Map<string, [string, Json]>();
  #badTimestamp = false;
  #hasIntegerKeys = false;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  decode(record: JsonObject, defaults: ReadonlyMap<string, string>, sourceResource: Entries): OracleRow | string {
    if (depthOf(record) > this.#limits.max_nesting) return 'nesting_too_deep';
    this.#members(record, '', 'record');
    if (this.#badTimestamp) return 'invalid_timestamp';
    for (const field of ['trace_id', 'span_id'] as const) this.#metadataId(field);
    this.#overflowName();
    const ambiguous = this.#hasIntegerKeys && this.#overflow.length > 0;
    if (this.#overflow.length > 0) {
      const text = `{${this.#overflow.map(([name, value]) => `${JSON.stringify(name)}:${print(value)}`).join(',')}}`;
      this.#attributes.set('overflow', { kind: 'j', text: canonical(text) });
    }
    for (const [name, entry] of sourceResource) if (!this.#resource.has(name)) this.#resource.set(name, entry);
    return this.#row(defaults, ambiguous);
  }

  #row(defaults: ReadonlyMap<string, string>, isAmbiguous: boolean): OracleRow {
    const text = (field: string): string => (this.#fields.has(field) ? scalarText(this.#fields.get(field) as Json) : '');
    const message = this.#fields.get('message') ?? '';
    const tags = this.#fields.get('tags') ?? [];
    const list = (entries: Entries): string[] =>
      [...entries].map(([name, { kind, text: value }]) => JSON.stringify([name, kind, value])).sort();
    const sentText = scalarText(message);
    return {
      tsNs: this.#fields.has('timestamp') ? oracleTimestamp(this.#fields.get('timestamp') as Json) : undefined,
      level: this.#level(),
      service: text('service') || (defaults.get('service') ?? ''),
      host: text('host') || (defaults.get('host') ?? ''),
      environment: text('environment') || (defaults.get('environment') ?? ''),
      traceId: text('trace_id'),
      spanId: text('span_id'),
      message: sentText,
      messageIsJson: kindOf(message) === 'j',
      folded: /[^\x00-\x7f]/.test(sentText) ? foldText(sentText) : '',
      attributes: list(this.#attributes),
      resource: list(this.#resource),
      tags: (Array.isArray(tags) ? tags : [tags]).map(scalarText),
      isAmbiguous,
    };
  }

  #level(): number {
    const level = this.#fields.get('level');
    if (typeof level === 'string') return parseSeverity(level);
    return level instanceof NumberText ? severityOfNumber(level.source) : 0;
  }

  #members(members: JsonObject, prefix: string, scope: 'record' | 'metadata' | 'metadataBelow' | 'resource'): void {
    for (const [key, value] of members) {
      if (/^\d+$/.test(key)) this.#hasIntegerKeys = true;
      const name = prefix + key;
      const isTooLong = Buffer.byteLength(name) > this.#limits.max_attribute_name_bytes;
      const field = scope === 'record' && !isTooLong ? fieldOfName(name) : undefined;
      if (value instanceof Map && !isTooLong) {
        if (field === 'metadata' || field === 'resource') {
          this.#members(value, '', field);
          continue;
        }
        if (field === 'timestamp' && !this.#fields.has('timestamp')) this.#badTimestamp = true;
        const isMessage = field === 'message' && name !== 'log' && !this.#fields.has('message');
        if (value.size > 0 && !isMessage) {
          this.#members(value, `${name}.`, scope === 'metadata' ? 'metadataBelow' : scope);
          continue;
        }
      }
      if (isTooLong) this.#overflow.push([name, value]);
      else if (field !== undefined) this.#field(field, name, value);
      else this.#other(name, value, scope);
    }
  }

  #field(field: string, name: string, value: Json): void {
    if (value === null) return;
    if (field === 'metadata' || field === 'resource' || this.#fields.has(field)) return this.#attribute(name, value);
    const isJson = kindOf(value) === 'j';
    if (field === 'timestamp') {
      if (isJson || typeof value === 'boolean' || oracleTimestamp(value) === undefined) this.#badTimestamp = true;
    } else if (isJson && field !== 'message' && !(field === 'tags' && Array.isArray(value))) {
      return this.#attribute(name, value);
    }
    this.#fields.set(field, value);
    if (field !== 'level' || this.#level() > 0) return;
    const text = scalarText(value);
    if (text !== '' && text !== '0') this.#attribute('level', value);
  }

  #other(name: string, value: Json, scope: string): void {
    if (scope === 'resource') {
      if (value === null) return;
      if (this.#resource.has(name)) this.#overflow.push([name, value]);
      else this.#resource.set(name, { kind: kindOf(value) === 'j' ? 'j' : 's', text: scalarText(value) });
      return;
    }
    const isId = scope === 'metadata' && (name === 'trace_id' || name === 'span_id') && /[sn]/.test(kindOf(value)) && value !== '';
    if (!isId && name !== 'overflow') return this.#attribute(name, value);
    if (!this.#deferred.has(name)) this.#deferred.set(name, [name, value]);
    else if (isId) this.#attribute(name, value);
    else this.#overflow.push([name, value]);
  }

  #attribute(name: string, value: Json): void {
    if (this.#attributes.size >= this.#limits.max_attributes_per_record || this.#attributes.has(name)) this.#overflow.push([name, value]);
    else this.#attributes.set(name, { kind: kindOf(value), text: scalarText(value) });
  }

  #metadataId(field: 'trace_id' | 'span_id'): void {
    const deferred = this.#deferred.get(field);
    if (deferred === undefined) return;
    if (this.#fields.has(field)) this.#attribute(field, deferred[1]);
    else this.#fields.set(field, deferred[1]);
  }

  #overflowName(): void {
    const deferred = this.#deferred.get('overflow');
    if (deferred === undefined) return;
    if (this.#overflow.length > 0 || this.#attributes.size >= this.#limits.max_attributes_per_record) this.#overflow.push(deferred);
    else this.#attribute('overflow', deferred[1]);
  }
}

function collectSource(source: JsonObject, prefix: string, texts: Map<string, string>, resource: Entries): void {
  for (const [key, value] of source) {
    const name = prefix + key;
    if (value instanceof Map) collectSource(value, `${name}.`, texts, resource);
    else if (value !== null) {
      const field = fieldOfName(name);
      const isDefault = (field === 'service' || field === 'host' || field === 'environment') && !Array.isArray(value);
      if (isDefault && (texts.get(field) ?? '') === '') texts.set(field, scalarText(value));
      else if (!resource.has(name)) resource.set(name, { kind: Array.isArray(value) ? 'j' : 's', text: scalarText(value) });
    }
  }
}

/** What the body should become: rows and codes of refused records in order, or the code of the error. */
export function oracleDecodeJson(text: string, limits: BatchLimits, request: { service?: string; host?: string }): OracleResult {
  let body: Json;
  try {
    body = parseJson(text.replace(/^\ufeff/, ''));
  } catch {
    return { error: 'malformed_body' };
  }
  const texts = new Map<string, string>();
  const resource: Entries = new Map();
  let records: Json = body;
  if (body instanceof Map) {
    records = body.get('logs') ?? (body.has('logs') ? null : [body]);
    if (!body.has('logs') && ![...body].some(([key, value]) => fieldOfName(key) === 'message' && typeof value === 'string'))
      return { error: 'bad_request' };
    const source = body.has('logs') ? body.get('source') : undefined;
    if (!Array.isArray(records) || (source !== undefined && source !== null && !(source instanceof Map))) return { error: 'bad_request' };
    if (source instanceof Map) {
      if (depthOf(source) > limits.max_nesting) return { error: 'limit_exceeded' };
      collectSource(source, '', texts, resource);
    }
  }
  if (!Array.isArray(records)) return { error: 'bad_request' };
  const defaults = new Map([
    ['service', texts.get('service') || (request.service ?? '')],
    ['host', texts.get('host') || (request.host ?? '')],
    ['environment', texts.get('environment') ?? ''],
  ]);
  const decode = (record: Json): OracleRow | string =>
    record instanceof Map ? new RecordOracle(limits).decode(record, defaults, resource) : 'not_an_object';
  return { records: records.map(decode) };
}

/** The same for NDJSON. */
export function oracleDecodeNdjson(text: string, limits: BatchLimits, request: { service?: string; host?: string }): OracleResult {
  const defaults = new Map([
    ['service', request.service ?? ''],
    ['host', request.host ?? ''],
  ]);
  const lines = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .filter((line) => /[^ \t\r]/.test(line));
  return {
    records: lines.map((line) => {
      let record: Json;
      try {
        record = parseJson(line);
      } catch {
        return 'malformed_record';
      }
      return record instanceof Map ? new RecordOracle(limits).decode(record, defaults, new Map()) : 'not_an_object';
    }),
  };
}
