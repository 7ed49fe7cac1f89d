/**
 * The messages of the Forward protocol: which mode, which tag, what options, and where the entries lie. The records
 * themselves stay bytes here; decode.ts reads them.
 *
 * Modes, by the second element of the array (Forward Protocol Specification v1, "Message Modes"): Message `[tag, time,
 * record, option?]`, Forward `[tag, [[time, record], …], option?]`, PackedForward `[tag, bytes of entries, option?]`, and
 * the same compressed, which `option.compressed` says. https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
import { AppError } from '#base/errors.ts';
import { decompress } from '#platform/decompress.ts';
import { MalformedMessagePack, MessagePackReader, valueTypes } from './msgpack-reader.ts';

/** A message whose head has been read, and a cursor over its entries. */
export interface ForwardMessage {
  readonly tag: string;
  /** To be acknowledged with; undefined where the sender does not ask for it. */
  readonly chunk: string | undefined;
  /** One entry without an array of its own. */
  readonly isSingle: boolean;
  /** Logs, and neither metrics nor traces (Fluent Bit's `fluent_signal`). */
  readonly isLogs: boolean;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly end: number;
  /** The next entry. */
  at: number;
  /** Entries still to come; Infinity where only `end` tells. */
  left: number;
}

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
   * @throws MalformedMessagePack where it is none of the modes; AppError malformed_encoding, unsupported_encoding,
   *   body_too_large of compressed entries
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
      return this.#message({ tag, isSingle: false, bytes, view, at: first, end: reader.at, left }, count - 2);
    }
    if (isText(mode)) return this.#packed(tag, count - 2);
    if (count < 3) throw new MalformedMessagePack(at, 'a time and a record');
    reader.at = at;
    reader.skip(2);
    return this.#message({ tag, isSingle: true, bytes, view, at, end: reader.at, left: 1 }, count - 3);
  }

  #message(part: Omit<ForwardMessage, 'chunk' | 'isLogs'>, rest: number): ForwardMessage {
    const { chunk, signal } = this.#option(rest);
    return { ...part, chunk, isLogs: signal === logsSignal };
  }

  #packed(tag: string, rest: number): ForwardMessage {
    const { bytes, view, from, to } = this.#reader;
    const { chunk, compressed, signal } = this.#option(rest);
    const part = { tag, chunk, isSingle: false, isLogs: signal === logsSignal, left: Infinity };
    // Fluentd says "text" for what is not compressed
    if (compressed === undefined || compressed === '' || compressed === 'text') return { ...part, bytes, view, at: from, end: to };
    if (compressed !== 'gzip' && compressed !== 'zstd')
      throw new AppError('unsupported_encoding', `entries compressed with "${compressed}" are not supported; gzip and zstd are`);
    const content = decompress(bytes.subarray(from, to), compressed, this.#bounds.maxBytes, this.#bounds.setting);
    const entries = new Uint8Array(content.buffer, content.byteOffset, content.length);
    const entriesView = new DataView(content.buffer, content.byteOffset, content.length);
    return { ...part, bytes: entries, view: entriesView, at: 0, end: entries.length };
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

/** Older senders have only one type for texts and bytes. */
export const isText = (type: number): boolean => type === valueTypes.string || type === valueTypes.binary;
