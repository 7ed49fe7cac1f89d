/**
 * Lines that belong together: which line continues the record before it, and a joiner that keeps the bounds.
 *
 * A grouping decides from the lines alone, one after the other. Its presets know the stack traces of a language; `auto`
 * knows all of them. Used by receivers of text whose senders cannot join; one joiner per stream.
 */
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { compileLinearRegex } from '#platform/linear-regex.ts';
import { byte } from './byte-text.ts';
import { CriGrouping } from './multiline/cri-grouping.ts';
import { TraceGrouping, traceLanguages } from './multiline/trace-grouping.ts';
import type { TraceLanguage } from './multiline/trace-grouping.ts';

/** Decides what a line is to the one before it. It keeps what it needs to know of the record. */
export interface LineGrouping {
  /** Whether a line end stands between the parts of a record. */
  readonly isSeparated: boolean;
  /**
   * Takes the next line. -1: it begins a record. Otherwise the position from which on it belongs to the record before it,
   * mostly its start.
   */
  next(bytes: Uint8Array, start: number, end: number): number;
  /** The next line begins a record whatever it is, since the one before was cut at a bound. */
  reset(): void;
}

/** Names of presets: `none` leaves each line alone. */
export const multilinePresets = ['none', 'auto', 'cri', ...traceLanguages] as const;

/**
 * The grouping of a preset, or of a regular expression between slashes that matches the first line of each record;
 * undefined for `none`. Throws AppError bad_request for another name or an expression that is not admitted.
 */
export function lineGrouping(spec: string): LineGrouping | undefined {
  if (spec === '' || spec === 'none') return undefined;
  if (spec.length > 2 && spec.startsWith('/') && spec.endsWith('/')) return new PatternGrouping(compileLinearRegex(spec.slice(1, -1)));
  if (spec === 'auto') return new TraceGrouping(traceLanguages);
  if (spec === 'cri') return new CriGrouping(new TraceGrouping(traceLanguages));
  if ((traceLanguages as readonly string[]).includes(spec)) return new TraceGrouping([spec as TraceLanguage]);
  const nearest = nearestName(spec, multilinePresets);
  const hint =
    nearest === undefined ? `one of ${multilinePresets.join(', ')}, or an expression between slashes` : `did you mean "${nearest}"?`;
  throw new AppError('bad_request', `there is no way "${spec}" to join lines: ${hint}`);
}

const textDecoder = new TextDecoder();

/** Every line that the expression does not match continues the one before. */
class PatternGrouping implements LineGrouping {
  readonly isSeparated = true;
  readonly #first: RegExp;

  constructor(first: RegExp) {
    this.#first = first;
  }

  next(bytes: Uint8Array, start: number, end: number): number {
    return this.#first.test(textDecoder.decode(bytes.subarray(start, end))) ? -1 : start;
  }

  reset(): void {}
}

export interface JoinBounds {
  readonly maxLines: number;
  readonly maxBytes: number;
}

/** Takes a whole record; its bytes are borrowed until it returns. */
export type TakeRecord = (bytes: Uint8Array, start: number, end: number) => void;

/** Joins the lines of one stream. The last record waits for a line that may continue it, until `flush`. */
export class LineJoiner {
  /** When the waiting record was begun, as `push` was told. */
  openedMs = 0;
  readonly #grouping: LineGrouping;
  readonly #bounds: JoinBounds;
  readonly #take: TakeRecord;
  #bytes = new Uint8Array(4096);
  #length = 0;
  #lineCount = 0;

  constructor(grouping: LineGrouping, bounds: JoinBounds, take: TakeRecord) {
    this.#grouping = grouping;
    this.#bounds = bounds;
    this.#take = take;
  }

  /** Whether a record waits. */
  get isOpen(): boolean {
    return this.#lineCount > 0;
  }

  /** Takes the line `start .. end`, without its line end; its bytes are copied. */
  push(bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    let from = this.#grouping.next(bytes, start, end);
    const { maxLines, maxBytes } = this.#bounds;
    if (from >= 0 && (this.#lineCount >= maxLines || this.#length + end - from + 1 > maxBytes)) {
      this.#grouping.reset();
      from = -1;
    }
    if (from < 0 || this.#lineCount === 0) {
      this.flush();
      this.openedMs = nowMs;
      this.#append(bytes, start, end);
    } else {
      if (this.#grouping.isSeparated) this.#bytes[this.#length++] = byte.newline;
      this.#append(bytes, from, end);
    }
    this.#lineCount++;
  }

  /** Hands over the record that waits. */
  flush(): void {
    if (this.#lineCount === 0) return;
    let end = this.#length;
    // blank lines behind a trace
    while (end > 0 && this.#bytes[end - 1] === byte.newline) end--;
    this.#take(this.#bytes, 0, end);
    this.#length = 0;
    this.#lineCount = 0;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    // one byte more, for the line end of the next
    const needed = this.#length + end - start + 1;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length += end - start;
  }
}
