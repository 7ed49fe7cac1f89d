/**
 * Reads a JSON object that is a line onto a tape: nested objects flattened to dotted names, arrays as their text. Lenient
 * about control characters in strings, which lines of text have; strict about the rest (RFC 8259), so that a line that
 * merely looks like JSON stays a text.
 */
import type { NameId, RecordNames } from '#model/record-names.ts';
import { kinds } from '#model/record-writer.ts';
import { recordFields } from '#model/field-names.ts';
import { ByteArena } from '#model/byte-columns.ts';
import { byte, isAlphanumeric, isDigit, isJsonNumber } from '../byte-text.ts';
import { FieldTape, tapeActions } from '../field-tape.ts';
import { behindEscape, unescapeJson } from './json-text.ts';

/** Deeper objects make a line a text. */
const maxNesting = 64;

export class JsonReader {
  readonly tape = new FieldTape();
  readonly #names: RecordNames;
  /** Name of the value being read: the names of the objects around it with dots. */
  readonly #path = new ByteArena(256);
  readonly #logName: NameId;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;
  /** Of the string read last. */
  #hasEscapes = false;

  constructor(names: RecordNames) {
    this.#names = names;
    this.#logName = names.own('log');
  }

  /** Reads the object that is all of `start .. end`, blanks aside; false where there is none, whatever the tape holds then. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#view = view;
    this.#end = end;
    this.tape.clear();
    const at = this.#space(start);
    if (at >= end || bytes[at] !== byte.openBrace) return false;
    const behind = this.#object(at + 1, 0, tapeActions.put, 1);
    return behind >= 0 && this.#space(behind) === end;
  }

  /** All methods return the position behind what they read, or -1. */
  #object(start: number, pathLength: number, action: number, depth: number): number {
    if (depth > maxNesting) return -1;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#space(start);
    if (at < end && bytes[at] === byte.closeBrace) return at + 1;
    for (;;) {
      if (at >= end || bytes[at] !== byte.quote || this.tape.isFull) return -1;
      const keyStart = at + 1;
      at = this.#string(keyStart);
      if (at < 0) return -1;
      const name = this.#name(pathLength, keyStart, at - 1);
      at = this.#space(at);
      if (at >= end || bytes[at] !== byte.colon) return -1;
      at = this.#value(this.#space(at + 1), name, action, depth);
      if (at < 0) return -1;
      at = this.#space(at);
      if (at >= end) return -1;
      if (bytes[at] === byte.closeBrace) return at + 1;
      if (bytes[at] !== byte.comma) return -1;
      at = this.#space(at + 1);
    }
  }

  /** Id of the name `pathLength` bytes of the path and the key `start .. end`; the path holds it afterwards. */
  #name(pathLength: number, start: number, end: number): NameId {
    const path = this.#path;
    path.length = pathLength;
    path.reserve(end - start + 1);
    if (this.#hasEscapes) unescapeJson(this.#bytes, start, end, path);
    else path.copy(this.#bytes, this.#view, start, end);
    return this.#names.of(path.bytes, path.view, 0, path.length);
  }

  #value(at: number, name: NameId, action: number, depth: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    if (at >= end) return -1;
    const first = bytes[at];
    if (first === byte.quote) {
      const behind = this.#string(at + 1);
      if (behind < 0) return -1;
      if (this.#hasEscapes) this.#addUnescaped(action, name, at + 1, behind - 1);
      else this.tape.add(action, name, kinds.string, false, at + 1, behind - 1);
      return behind;
    }
    if (first === byte.openBrace) return this.#objectValue(at, name, action, depth);
    if (first === byte.openBracket) return this.#arrayValue(at, name, action, depth);
    const behind = scalarEnd(bytes, at, end);
    const kind = scalarKind(bytes, at, behind);
    if (kind === 0) return -1;
    this.tape.add(action, name, kind, false, at, behind);
    return behind;
  }

  #objectValue(at: number, name: NameId, action: number, depth: number): number {
    const bytes = this.#bytes;
    const field = action === tapeActions.put ? this.#names.fieldOf(name) : 0;
    const inner = this.#space(at + 1);
    const isEmpty = inner < this.#end && bytes[inner] === byte.closeBrace;
    if (isEmpty || (field === recordFields.message && name !== this.#logName)) return this.#jsonText(at, name, action, depth);
    if (field === recordFields.metadata) return this.#object(at + 1, 0, tapeActions.attribute, depth + 1);
    if (field === recordFields.resource) return this.#object(at + 1, 0, tapeActions.resource, depth + 1);
    const path = this.#path;
    path.reserve(1);
    path.bytes[path.length++] = byte.dot;
    return this.#object(at + 1, path.length, action, depth + 1);
  }

  #arrayValue(at: number, name: NameId, action: number, depth: number): number {
    const isTags = action === tapeActions.put && this.#names.fieldOf(name) === recordFields.tags;
    if (!isTags) return this.#jsonText(at, name, action, depth);
    const bytes = this.#bytes;
    const end = this.#end;
    let element = this.#space(at + 1);
    if (element < end && bytes[element] === byte.closeBracket) return element + 1;
    for (;;) {
      if (element >= end || this.tape.isFull) return -1;
      const isContainer = bytes[element] === byte.openBrace || bytes[element] === byte.openBracket;
      const next = isContainer
        ? this.#jsonText(element, name, tapeActions.tag, depth + 1)
        : this.#value(element, name, tapeActions.tag, depth);
      if (next < 0) return -1;
      element = this.#space(next);
      if (element >= end) return -1;
      if (bytes[element] === byte.closeBracket) return element + 1;
      if (bytes[element] !== byte.comma) return -1;
      element = this.#space(element + 1);
    }
  }

  /** An object or array as it stands. */
  #jsonText(at: number, name: NameId, action: number, depth: number): number {
    const behind = this.#skip(at, depth);
    if (behind >= 0) this.tape.add(action, name, kinds.json, false, at, behind);
    return behind;
  }

  /** Over any value. */
  #skip(at: number, depth: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    if (at >= end || depth > maxNesting) return -1;
    const first = bytes[at];
    if (first === byte.quote) return this.#string(at + 1);
    if (first === byte.openBrace || first === byte.openBracket) return this.#skipMembers(at, depth + 1, first === byte.openBrace);
    const behind = scalarEnd(bytes, at, end);
    return scalarKind(bytes, at, behind) === 0 ? -1 : behind;
  }

  #skipMembers(start: number, depth: number, isObject: boolean): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const close = isObject ? byte.closeBrace : byte.closeBracket;
    let at = this.#space(start + 1);
    if (at < end && bytes[at] === close) return at + 1;
    for (;;) {
      if (isObject) {
        if (at >= end || bytes[at] !== byte.quote) return -1;
        at = this.#string(at + 1);
        if (at < 0) return -1;
        at = this.#space(at);
        if (at >= end || bytes[at] !== byte.colon) return -1;
        at = this.#space(at + 1);
      }
      at = this.#skip(at, depth);
      if (at < 0) return -1;
      at = this.#space(at);
      if (at >= end) return -1;
      if (bytes[at] === close) return at + 1;
      if (bytes[at] !== byte.comma) return -1;
      at = this.#space(at + 1);
    }
  }

  /** From behind the opening quote. */
  #string(start: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    this.#hasEscapes = false;
    for (let at = start; at < end; at++) {
      const code = bytes[at];
      if (code === byte.quote) return at + 1;
      if (code !== byte.backslash) continue;
      this.#hasEscapes = true;
      const behind = behindEscape(bytes, at, end);
      if (behind < 0) return -1;
      at = behind - 1;
    }
    return -1;
  }

  #addUnescaped(action: number, name: NameId, start: number, end: number): void {
    const { texts } = this.tape;
    const from = texts.length;
    texts.reserve(end - start);
    unescapeJson(this.#bytes, start, end, texts);
    this.tape.add(action, name, kinds.string, true, from, texts.length);
  }

  #space(at: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d)) at++;
    return at;
  }
}

/** Behind the letters, digits and signs at `at`. */
function scalarEnd(bytes: Uint8Array, at: number, end: number): number {
  let behind = at;
  while (behind < end && isScalarPart(bytes[behind])) behind++;
  return behind;
}

function isScalarPart(code: number): boolean {
  return isAlphanumeric(code) || code === byte.minus || code === byte.plus || code === byte.dot;
}

/** Kind of the literal or number `start .. end`; 0 where it is neither. */
function scalarKind(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  if (first === byte.minus || isDigit(first)) return isJsonNumber(bytes, start, end) ? kinds.number : 0;
  const word = first === 0x74 ? 'true' : first === 0x66 ? 'false' : first === 0x6e ? 'null' : '';
  if (word === '' || end - start !== word.length) return 0;
  for (let i = 1; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return 0;
  return first === 0x6e ? kinds.null : kinds.boolean;
}
