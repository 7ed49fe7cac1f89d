/**
 * Finds the format of a stream of lines from the lines themselves.
 *
 * A line is tried with the parsers that its first byte allows, the most particular first; the one that takes it becomes
 * the stream's. From then on that one is tried first, and the others only on lines that it does not take: a stream may
 * mix two formats. Where it has taken none of a number of lines in a row, the next parser to take one replaces it, or the
 * stream is plain text again. One recogniser a stream.
 */
import type { RecordWriter } from '#model/record-writer.ts';
import type { LineParser } from './line-parser.ts';

/** Parsers to try, by the first byte of a line that is no blank. */
export type FormatTable = readonly (readonly LineParser[])[];

export class FormatRecogniser {
  /** The stream's format; undefined while it is plain text. */
  current: LineParser | undefined;
  readonly #formats: FormatTable;
  readonly #maxMisses: number;
  #misses = 0;

  /** `maxMisses`: lines in a row that the current format may not take. */
  constructor(formats: FormatTable, maxMisses: number) {
    this.#formats = formats;
    this.#maxMisses = maxMisses;
  }

  /** Parses a line; returns the parser that took it, undefined where it is plain text. */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number, writer: RecordWriter): LineParser | undefined {
    const { current } = this;
    if (current !== undefined) {
      if (current.parse(bytes, view, start, end, writer)) {
        this.#misses = 0;
        return current;
      }
      this.#misses++;
    }
    const isLost = current === undefined || this.#misses >= this.#maxMisses;
    for (const parser of this.#formats[firstByte(bytes, start, end)]) {
      if (parser === current || !parser.parse(bytes, view, start, end, writer)) continue;
      if (isLost) this.#settle(parser);
      return parser;
    }
    if (isLost) this.#settle(undefined);
    return undefined;
  }

  #settle(parser: LineParser | undefined): void {
    this.current = parser;
    this.#misses = 0;
  }
}

function firstByte(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end - 1 && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  return at < end ? bytes[at] : 0;
}
