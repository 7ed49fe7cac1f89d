/**
 * Messages of security devices that carry their own fields: ArcSight's CEF and IBM's LEEF. The event's name becomes the
 * message, everything else an attribute `cef.…` or `leef.…`.
 *
 * CEF: https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf
 * LEEF: https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components
 */
import type { RecordWriter } from '#model/record-writer.ts';
import { AttributeScratch } from './attribute-scratch.ts';
import type { MessageBytes, Unescape } from './attribute-scratch.ts';

const space = 0x20;
const tab = 0x09;
const equals = 0x3d;
const backslash = 0x5c;
const pipe = 0x7c;
const textEncoder = new TextEncoder();

const bytesOf = (texts: readonly string[]): readonly Uint8Array[] => texts.map((text) => textEncoder.encode(text));
/** Between the bars of a CEF header, behind the version; the name, at 4, is the message. */
const cefHeader = bytesOf(['device_vendor', 'device_product', 'device_version', 'signature_id', 'name', 'severity']);
const cefNameField = 4;
/** The same of a LEEF header; the event id is the message. */
const leefHeader = bytesOf(['vendor', 'product', 'product_version', 'event_id']);
const leefNameField = 3;
const [version, extension] = bytesOf(['version', 'extension']);
const maxDelimiterBytes = 4;

const unescapeHeader: Unescape = (escaped) => (escaped === pipe || escaped === backslash ? escaped : undefined);
const unescapeValue: Unescape = (escaped) => {
  if (escaped === equals || escaped === backslash || escaped === pipe) return escaped;
  if (escaped === 0x6e) return 0x0a;
  return escaped === 0x72 ? 0x0d : undefined;
};

export class SecurityEvents {
  readonly #scratch = new AttributeScratch();

  /** Fills message and attributes from `start .. end` if it is CEF or LEEF; false, and nothing done, where it is not. */
  decode(writer: RecordWriter, message: MessageBytes, start: number, end: number): boolean {
    const { bytes } = message;
    if (isWord(bytes, start, end, 'CEF:')) return this.#cef(writer, message, start + 4, end);
    if (isWord(bytes, start, end, 'LEEF:')) return this.#leef(writer, message, start + 5, end);
    return false;
  }

  #cef(writer: RecordWriter, message: MessageBytes, start: number, end: number): boolean {
    const bars = headerBars(message.bytes, start, end, cefHeader.length + 1);
    if (bars === undefined) return false;
    this.#scratch.prefixText('cef.');
    this.#header(writer, message, start, bars, cefHeader, cefNameField);
    this.#cefExtension(writer, message, bars[cefHeader.length] + 1, end);
    return true;
  }

  #leef(writer: RecordWriter, message: MessageBytes, start: number, end: number): boolean {
    const { bytes } = message;
    const bars = headerBars(bytes, start, end, leefHeader.length + 1);
    if (bars === undefined) return false;
    this.#scratch.prefixText('leef.');
    this.#header(writer, message, start, bars, leefHeader, leefNameField);
    let at = bars[leefHeader.length] + 1;
    let delimiter = tab;
    const bar = indexOfByte(bytes, pipe, at, end);
    const given = bar > at && bar - at <= maxDelimiterBytes && bar < end ? leefDelimiter(bytes, at, bar) : undefined;
    if (given !== undefined) {
      delimiter = given;
      at = bar + 1;
    }
    this.#leefExtension(writer, message, at, end, delimiter);
    return true;
  }

  #header(
    writer: RecordWriter,
    message: MessageBytes,
    start: number,
    bars: readonly number[],
    names: readonly Uint8Array[],
    nameField: number,
  ): void {
    const scratch = this.#scratch;
    const versionStart = message.bytes[start] === space ? start + 1 : start;
    scratch.name(version, 0, version.length);
    scratch.add(writer, message, versionStart, bars[0], undefined);
    for (let field = 0; field < names.length; field++) {
      const from = bars[field] + 1;
      const to = bars[field + 1];
      if (field === nameField) scratch.unescaped(writer, message, from, to, unescapeHeader, (length) => writer.message(0, length));
      else if (to > from) {
        scratch.name(names[field], 0, names[field].length);
        scratch.add(writer, message, from, to, unescapeHeader);
      }
    }
  }

  /** `key=value key=value`: a value reaches to the blank before the next key. */
  #cefExtension(writer: RecordWriter, message: MessageBytes, start: number, end: number): void {
    const { bytes } = message;
    let keyStart = skipBlanks(bytes, start, end);
    let keyEnd = cefKeyEnd(bytes, keyStart, end);
    if (keyEnd === keyStart && keyStart < end) this.#rest(writer, message, keyStart, end);
    while (keyEnd > keyStart) {
      const valueStart = keyEnd + 1;
      let valueEnd = end;
      let nextStart = end;
      let nextEnd = end;
      for (let at = valueStart; at < end; at++) {
        if (bytes[at] === backslash) at++;
        else if (bytes[at] === space) {
          const candidateEnd = cefKeyEnd(bytes, at + 1, end);
          if (candidateEnd === at + 1) continue;
          valueEnd = at;
          nextStart = at + 1;
          nextEnd = candidateEnd;
          break;
        }
      }
      this.#pair(writer, message, keyStart, keyEnd, valueStart, trimmedEnd(bytes, valueStart, valueEnd), unescapeValue);
      keyStart = nextStart;
      keyEnd = nextEnd;
    }
  }

  #leefExtension(writer: RecordWriter, message: MessageBytes, start: number, end: number, delimiter: number): void {
    const { bytes } = message;
    for (let at = start; at < end; ) {
      const pairEnd = indexOfByte(bytes, delimiter, at, end);
      const mark = indexOfByte(bytes, equals, at, pairEnd);
      if (mark > at && mark < pairEnd) this.#pair(writer, message, at, mark, mark + 1, pairEnd, undefined);
      else if (pairEnd > at) this.#rest(writer, message, at, pairEnd);
      at = pairEnd + 1;
    }
  }

  #pair(
    writer: RecordWriter,
    message: MessageBytes,
    keyStart: number,
    keyEnd: number,
    start: number,
    end: number,
    unescape: Unescape | undefined,
  ): void {
    this.#scratch.name(message.bytes, keyStart, keyEnd);
    this.#scratch.add(writer, message, start, end, unescape);
  }

  /** What is no pair is kept as it is. */
  #rest(writer: RecordWriter, message: MessageBytes, start: number, end: number): void {
    this.#scratch.name(extension, 0, extension.length);
    this.#scratch.add(writer, message, start, end, undefined);
  }
}

function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start < word.length + 2) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  const at = bytes[start + word.length] === space ? start + word.length + 1 : start + word.length;
  return bytes[at] >= 0x30 && bytes[at] <= 0x39;
}

/** Places of the first `count` bars that are not escaped; undefined where there are fewer. */
function headerBars(bytes: Uint8Array, start: number, end: number, count: number): number[] | undefined {
  const bars: number[] = [];
  for (let at = start; at < end && bars.length < count; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === pipe) bars.push(at);
  }
  return bars.length === count ? bars : undefined;
}

/** Behind a key that has its `=` there; `start` where there is none. */
function cefKeyEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isKeyByte(bytes[at])) at++;
  return at < end && bytes[at] === equals ? at : start;
}

/** Letters, digits and `_ . - [ ] :` */
function isKeyByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x3a) ||
    (byte >= 0x41 && byte <= 0x5b) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x5d
  );
}

/** LEEF 2 names the delimiter of its pairs behind the header: a character, or `x09`, `0x09`. Undefined where it is none. */
function leefDelimiter(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start === 1) return bytes[start];
  const text = String.fromCharCode(...bytes.subarray(start, end));
  const match = /^0?x([0-9a-f]{1,2})$/i.exec(text);
  return match === null ? undefined : Number.parseInt(match[1], 16);
}

/** Place of the byte, `end` where it is not there: `indexOf` would look into the records behind. */
function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === space) at++;
  return at;
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] === space) at--;
  return at;
}
