/**
 * OTLP's JSON into OTLP's protobuf, so that both encodings mean the same because one decoder reads them.
 *
 * Follows protobuf's JSON mapping (protobuf.dev/programming-guides/json) with OTLP's exceptions: ids in hexadecimal, unknown
 * members ignored. 64-bit numbers may be text or numbers, and keep all their digits. Works on the bytes of the body and
 * builds no objects; recursion is bounded by `maxNesting`. A value of the wrong type refuses the body, an unreadable time
 * only its record.
 */
import { AppError } from '#base/errors.ts';
import { JsonScanner, MalformedJson, stringFlags, stringOfToken } from '#ingest/json-records.ts';
import { parseSeverity } from '#model/severity.ts';
import { jsonBody } from '#receivers/json-body.ts';
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';
import { KeyNames, anyValue, exportLogsServiceRequest } from './json-schema.ts';
import type { FieldType, JsonField, JsonMessage } from './json-schema.ts';

const textEncoder = new TextEncoder();
const retainBytes = 1024 * 1024;
const severityPrefix = 'SEVERITY_NUMBER_';
/** Longest number that is read. */
const maxNumberLength = 64;

export class JsonTranscoder {
  readonly #scanner = new JsonScanner();
  readonly #keys = new KeyNames();
  readonly #writer = new ProtobufWriter(4096);
  readonly #maxNesting: number;
  #body: Buffer = Buffer.alloc(0);

  constructor(maxNesting: number) {
    this.#maxNesting = maxNesting;
  }

  /**
   * The request in protobuf, borrowed until the next call.
   * @throws AppError malformed_body (details.position: byte)
   */
  transcode(body: Uint8Array): Uint8Array {
    const { bytes, view, start: from } = jsonBody(body);
    const scanner = this.#scanner;
    this.#body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#writer.reset(retainBytes);
    scanner.reset(bytes, view, bytes.length);
    try {
      const start = scanner.skipSpace(from);
      const end = scanner.skipSpace(scanner.skipValue(start, 0));
      if (end < scanner.end) throw new MalformedJson(end, 'the end of the body');
      this.#message(start, exportLogsServiceRequest, 0);
      return this.#writer.bytes();
    } catch (thrown) {
      if (!(thrown instanceof MalformedJson)) throw thrown;
      throw new AppError(
        'malformed_body',
        `the body is no ExportLogsServiceRequest in JSON: ${thrown.message} at byte ${thrown.position}`,
        {
          details: { position: thrown.position },
        },
      );
    } finally {
      this.#body = Buffer.alloc(0);
      scanner.reset(new Uint8Array(0), new DataView(new ArrayBuffer(0)), 0);
    }
  }

  /** The members of the object at `start`, which was scanned before; returns the position behind it. */
  #message(start: number, message: JsonMessage, nesting: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (bytes[start] !== 0x7b) throw new MalformedJson(start, `an object (${message.name})`);
    let at = scanner.skipSpace(start + 1);
    while (bytes[at] !== 0x7d) {
      const keyEnd = scanner.string(at + 1) + 1;
      const field = message.fields[this.#keyNumber(at, keyEnd)];
      at = scanner.colon(keyEnd);
      const isAbsent = bytes[at] === 0x6e; // null
      at = field === undefined || isAbsent ? scanner.skipValue(at, 0) : this.#field(at, field, nesting);
      at = scanner.skipSpace(at);
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return at + 1;
  }

  #keyNumber(start: number, end: number): number {
    const { bytes, view, flags } = this.#scanner;
    if ((flags & stringFlags.escaped) === 0) return this.#keys.numberOf(bytes, view, start + 1, end - 1);
    const key = textEncoder.encode(this.#stringOf(start, end));
    return this.#keys.numberOf(key, new DataView(key.buffer), 0, key.length);
  }

  #field(start: number, { number, type, isRepeated }: JsonField, nesting: number): number {
    if (!isRepeated) return this.#value(start, number, type, nesting);
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (bytes[start] !== 0x5b) throw new MalformedJson(start, 'an array');
    let at = scanner.skipSpace(start + 1);
    while (bytes[at] !== 0x5d) {
      at = scanner.skipSpace(this.#value(at, number, type, nesting));
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    return at + 1;
  }

  #value(start: number, number: number, type: FieldType, nesting: number): number {
    if (typeof type === 'object') return this.#nested(start, number, type, type === anyValue ? nesting + 1 : nesting);
    const scanner = this.#scanner;
    const end = scanner.skipValue(start, 0);
    if (type === 'text') this.#text(start, end, number);
    else this.#scalar(start, end, number, type);
    return end;
  }

  /** What is nested too deep becomes a message without content: deep enough for the decoder to refuse the record. */
  #nested(start: number, number: number, message: JsonMessage, nesting: number): number {
    const begun = this.#writer.begin(number);
    const end = nesting > this.#maxNesting ? this.#scanner.skipValue(start, 0) : this.#message(start, message, nesting);
    this.#writer.end(begun);
    return end;
  }

  #text(start: number, end: number, number: number): void {
    const { bytes, flags } = this.#scanner;
    if (bytes[start] !== 0x22) throw new MalformedJson(start, 'a string');
    if ((flags & stringFlags.escaped) === 0) this.#writer.range(number, bytes, start + 1, end - 1);
    else this.#writer.text(number, this.#stringOf(start, end));
  }

  #scalar(start: number, end: number, number: number, type: Exclude<FieldType, JsonMessage | 'text'>): void {
    const writer = this.#writer;
    const token = this.#scanner.bytes[start] === 0x22 ? this.#stringOf(start, end) : this.#body.toString('latin1', start, end);
    switch (type) {
      case 'bool':
        return writer.varint(number, booleanOf(token) ?? this.#not(start, 'true or false'));
      case 'int64':
        return writer.varint(number, integerOf(token) ?? this.#not(start, 'an integer'));
      case 'uint32':
        return writer.varint(number, uint32Of(token) ?? this.#not(start, 'an unsigned integer'));
      case 'fixed32':
        return writer.fixed32(number, uint32Of(token) ?? this.#not(start, 'an unsigned integer'));
      case 'time':
        // all bits set lie outside the times that can be, so that the record is refused alone
        return token === '' ? undefined : writer.fixed64(number, integerOf(token) ?? -1n);
      case 'severity':
        return writer.varint(number, severityOf(token) ?? this.#not(start, 'a severity number'));
      case 'double':
        return writer.double(number, doubleOf(token) ?? this.#not(start, 'a number'));
      case 'bytes': {
        const bytes = Buffer.from(token, 'base64');
        return writer.range(number, bytes, 0, bytes.length);
      }
      case 'id': {
        if (!/^(?:[\da-fA-F]{2})*$/.test(token)) this.#not(start, 'hexadecimal');
        const bytes = Buffer.from(token, 'hex');
        return writer.range(number, bytes, 0, bytes.length);
      }
    }
  }

  /** Text of the string token `start .. end` (quotes included), the scanner's last. */
  #stringOf(start: number, end: number): string {
    return this.#scanner.flags === 0 ? this.#body.toString('latin1', start + 1, end - 1) : stringOfToken(this.#scanner, start, end);
  }

  #not(at: number, expected: string): never {
    throw new MalformedJson(at, expected);
  }
}

function booleanOf(token: string): number | undefined {
  return token === 'true' ? 1 : token === 'false' ? 0 : undefined;
}

/** Also of `1e3` and `1.0`, which protobuf's JSON allows. */
function integerOf(token: string): bigint | undefined {
  if (token.length > maxNumberLength) return undefined;
  if (/^-?\d+$/.test(token)) return BigInt(token);
  const number = token.trim() === '' ? NaN : Number(token);
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

function uint32Of(token: string): number | undefined {
  const number = integerOf(token);
  return number !== undefined && number >= 0n && number < 2n ** 32n ? Number(number) : undefined;
}

/** A number, or the name of the enum's value. */
function severityOf(token: string): number | undefined {
  if (!token.startsWith(severityPrefix)) return uint32Of(token);
  const name = token.slice(severityPrefix.length);
  return name === 'UNSPECIFIED' ? 0 : parseSeverity(name) || undefined;
}

function doubleOf(token: string): number | undefined {
  if (token === 'NaN') return NaN;
  const number = token.trim() === '' ? NaN : Number(token);
  return Number.isNaN(number) ? undefined : number;
}
