/**
 * The messages of the Forward protocol: which mode, which tag, what options, and where the entries lie. The records
 * themselves stay bytes here; decode.ts reads them.
 *
 * Modes, by the second element of the array (Forward Protocol Specification v1, "Message Modes"): Message `[tag, time,
 * record, option?]`, Forward `[tag, [[time, record], …], option?]`, PackedForward `[tag, bytes of entries, option?]`, and
 * the same compressed, which `option.compressed` says. https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
import { AppError } from '#base/errors.ts';
import { fieldOfName } from '#model/field-names.ts';
import type { RequestFacts } from '#ingest/rejected-records.ts';
import type { KeptRecord } from '#receivers/receiver.ts';
import { decompress } from '#platform/decompress.ts';
import { MalformedMessagePack, MessagePackReader, valueTypes } from './msgpack-reader.ts';

/** A message whose head has been read, and a cursor over its entries. */
export interface ForwardMessage {
  readonly tag: string;
  /** To be acknowledged with; undefined where the sender does not ask for it. */
  readonly chunk: string | undefined;
  /** One entry without an array of its own. */
  readonly isSingle: boolean;
  /** Why the entries cannot be taken; undefined where they can. */
  readonly refusal: string | undefined;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly end: number;
  /** The first entry, and how many there are; Infinity where only `end` tells. */
  readonly start: number;
  readonly count: number;
  /** The next entry, and how many are still to come. */
  at: number;
  left: number;
}

/** What a quarantined entry's message was beside it. */
export function factsOf({ tag, isSingle, refusal }: ForwardMessage): RequestFacts {
  return { tag, ...(isSingle ? { mode: 'message' } : {}), ...(refusal === undefined ? {} : { refusal }) };
}

/** The message of a quarantined entry, with that entry alone; of a whole message, undefined where it still is none. */
export function messageOfKept({ bytes, request, isEdited }: KeptRecord, parser: MessageParser): ForwardMessage | undefined {
  const { tag, mode, refusal } = request;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (tag === undefined) return wholeMessage(bytes, view, parser);
  const cursor = { start: 0, count: 1, at: 0, left: 1 };
  const isSingle = mode === 'message';
  return { tag, chunk: undefined, isSingle, refusal: isEdited ? undefined : refusal, bytes, view, end: bytes.length, ...cursor };
}

function wholeMessage(bytes: Uint8Array, view: DataView, parser: MessageParser): ForwardMessage | undefined {
  try {
    return parser.parse(bytes, view, 0, bytes.length);
  } catch (thrown) {
    if (thrown instanceof MalformedMessagePack) return undefined;
    throw thrown;
  }
}

/** Goes back to the first entry. */
export function restart(message: ForwardMessage): void {
  message.at = message.start;
  message.left = message.count;
}

/** True where the first record names a level of its own: then its message is no line to be parsed. */
export function namesLevel(message: ForwardMessage): boolean {
  const reader = new MessagePackReader();
  const { bytes, view, start, end, isSingle } = message;
  reader.open(bytes, view, start, end);
  try {
    if (!isSingle && reader.next() !== valueTypes.array) return false;
    reader.skip();
    if (reader.next() !== valueTypes.map) return false;
    for (let left = reader.count; left > 0; left--) {
      if (!isText(reader.next())) return false;
      const isNameLength = reader.to - reader.from <= maxFieldNameBytes;
      if (isNameLength && fieldOfName(textDecoder.decode(bytes.subarray(reader.from, reader.to))) === 'level') return true;
      reader.skip();
    }
  } catch (thrown) {
    // decoding says what is wrong with it
    if (!(thrown instanceof MalformedMessagePack)) throw thrown;
  }
  return false;
}

/** Longer names spell no field. */
const maxFieldNameBytes = 64;

interface Option {
  readonly chunk: string | undefined;
  readonly compressed: string | undefined;
  readonly signal: number;
}

const noOption: Option = { chunk: undefined, compressed: undefined, signal: 0 };
const logsSignal = 0;
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export interface MessageBounds {
  readonly maxBytes: number;
  /** Full path of the setting behind `maxBytes`. */
  readonly setting: string;
}

export class MessageParser {
  readonly #reader = new MessagePackReader();
  readonly #bounds: MessageBounds;

  constructor(bounds: MessageBounds) {
    this.#bounds = bounds;
  }

  /**
   * Reads the message that fills `start .. end`; undefined for nil, a heartbeat. Entries are not looked at.
   * @throws MalformedMessagePack where it is none of the modes; AppError unsupported_encoding, body_too_large of compressed
   *   entries
   */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number): ForwardMessage | undefined {
    const reader = this.#reader;
    reader.open(bytes, view, start, end);
    const type = reader.next();
    if (type === valueTypes.nil) return undefined;
    if (type !== valueTypes.array || reader.count < 2) throw new MalformedMessagePack(start, 'an array of tag and entries');
    const { count } = reader;
    if (!isText(reader.next())) throw new MalformedMessagePack(reader.from, 'a tag');
    const tag = textDecoder.decode(bytes.subarray(reader.from, reader.to));
    const at = reader.at;
    const mode = reader.next();
    if (mode === valueTypes.array) {
      const left = reader.count;
      const first = reader.at;
      reader.skip(left);
      return this.#message({ tag, isSingle: false, bytes, view, start: first, end: reader.at, count: left }, count - 2);
    }
    if (isText(mode)) return this.#packed(tag, count - 2);
    if (count < 3) throw new MalformedMessagePack(at, 'a time and a record');
    reader.at = at;
    reader.skip(2);
    return this.#message({ tag, isSingle: true, bytes, view, start: at, end: reader.at, count: 1 }, count - 3);
  }

  #message(part: Omit<ForwardMessage, 'chunk' | 'refusal' | 'at' | 'left'>, rest: number): ForwardMessage {
    const { chunk, signal } = this.#option(rest);
    return { ...part, at: part.start, left: part.count, chunk, refusal: refusalOf(signal) };
  }

  #packed(tag: string, rest: number): ForwardMessage {
    const { bytes, view, from, to } = this.#reader;
    const { chunk, compressed, signal } = this.#option(rest);
    const part = { tag, chunk, isSingle: false, refusal: refusalOf(signal), count: Infinity, left: Infinity };
    const asSent = { ...part, bytes, view, start: from, at: from, end: to };
    // Fluentd says "text" for what is not compressed
    if (compressed === undefined || compressed === '' || compressed === 'text') return asSent;
    try {
      const entries = this.#decompressed(bytes.subarray(from, to), compressed);
      const entriesView = new DataView(entries.buffer, entries.byteOffset, entries.length);
      return { ...part, bytes: entries, view: entriesView, start: 0, at: 0, end: entries.length };
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'malformed_encoding') throw thrown;
      return { ...asSent, refusal: thrown.message };
    }
  }

  #decompressed(stream: Uint8Array, compression: string): Uint8Array {
    if (compression !== 'gzip' && compression !== 'zstd')
      throw new AppError('unsupported_encoding', `entries compressed with "${compression}" are not supported; gzip and zstd are`);
    const content = decompress(stream, compression, this.#bounds.maxBytes, this.#bounds.setting);
    return new Uint8Array(content.buffer, content.byteOffset, content.length);
  }

  /** The option behind the entries, of which there are `rest` elements left: one, or none. */
  #option(rest: number): Option {
    const reader = this.#reader;
    if (rest === 0) return noOption;
    const type = reader.next();
    if (type !== valueTypes.map) {
      if (type === valueTypes.nil) return noOption;
      throw new MalformedMessagePack(reader.from, 'a map of options');
    }
    let chunk: string | undefined;
    let compressed: string | undefined;
    let signal = logsSignal;
    for (let left = reader.count; left > 0; left--) {
      const name = this.#text();
      const start = reader.at;
      const value = reader.next();
      if (name === 'chunk' && isText(value)) chunk = this.#lastText();
      else if (name === 'compressed' && isText(value)) compressed = this.#lastText();
      else if (name === 'fluent_signal' && value === valueTypes.integer) signal = reader.number;
      else {
        reader.at = start;
        reader.skip();
      }
    }
    return { chunk, compressed, signal };
  }

  /** A value that should be a text; undefined where it is not. */
  #text(): string | undefined {
    const start = this.#reader.at;
    if (isText(this.#reader.next())) return this.#lastText();
    this.#reader.at = start;
    this.#reader.skip();
    return undefined;
  }

  #lastText(): string {
    const { bytes, from, to } = this.#reader;
    return textDecoder.decode(bytes.subarray(from, to));
  }
}

/** Fluent Bit says what a message holds; logs where it says nothing. */
function refusalOf(signal: number): string | undefined {
  return signal === logsSignal ? undefined : 'metrics and traces are not taken here';
}

/** Older senders have only one type for texts and bytes. */
export const isText = (type: number): boolean => type === valueTypes.string || type === valueTypes.binary;
