/**
 * Stack traces: which lines go on with one. Indented lines always do. What else does depends on the language, and for
 * some on what came before: Python and Go end a trace, or go on with it, in lines that stand at the margin.
 */
import { byte, findText, isAlphanumeric, isBlank, isDigit, isLetter, skipBlanks, startsWith } from '../byte-text.ts';
import type { LineGrouping } from '../multiline.ts';

export const traceLanguages = ['generic', 'java', 'python', 'go', 'dotnet', 'ruby'] as const;
export type TraceLanguage = (typeof traceLanguages)[number];

/** Where in a trace the last line was. */
const outside = 0;
const inPython = 1;
/** Behind the line that names the exception: another trace may follow. */
const behindPython = 2;
const inGo = 3;

const genericStarts = ['at ', 'Caused by', '...', 'Suppressed:', '--- End of', '---> ', 'from '];

export class TraceGrouping implements LineGrouping {
  readonly isSeparated = true;
  readonly #hasExceptionLines: boolean;
  readonly #hasPython: boolean;
  readonly #hasGo: boolean;
  #place = outside;

  constructor(languages: readonly TraceLanguage[]) {
    this.#hasExceptionLines = languages.some((language) => language === 'java' || language === 'dotnet');
    this.#hasPython = languages.includes('python');
    this.#hasGo = languages.includes('go');
  }

  next(bytes: Uint8Array, start: number, end: number): number {
    const continues =
      // a blank line within a trace
      (start === end && this.#place !== outside) ||
      (this.#hasPython && this.#continuesPython(bytes, start, end)) ||
      (this.#hasGo && this.#continuesGo(bytes, start, end)) ||
      isIndented(bytes, start, end) ||
      genericStarts.some((text) => startsWith(bytes, start, end, text)) ||
      (this.#hasExceptionLines && isExceptionLine(bytes, start, end));
    if (continues) return start;
    this.#place = this.#placeOf(bytes, start, end);
    return -1;
  }

  reset(): void {
    this.#place = outside;
  }

  /** Where the first line of a record leaves off. */
  #placeOf(bytes: Uint8Array, start: number, end: number): number {
    if (this.#hasPython && isTraceback(bytes, start, end)) return inPython;
    return this.#hasGo && isGoPanic(bytes, start, end) ? inGo : outside;
  }

  #continuesPython(bytes: Uint8Array, start: number, end: number): boolean {
    if (isTraceback(bytes, start, end)) {
      this.#place = inPython;
      return true;
    }
    if (this.#place === inPython) {
      if (isIndented(bytes, start, end)) return true;
      this.#place = behindPython;
      return isPythonError(bytes, start, end);
    }
    const isBetween =
      startsWith(bytes, start, end, 'During handling of the above exception') ||
      startsWith(bytes, start, end, 'The above exception was the direct cause');
    return this.#place === behindPython && isBetween;
  }

  #continuesGo(bytes: Uint8Array, start: number, end: number): boolean {
    return (
      this.#place === inGo &&
      (startsWith(bytes, start, end, 'goroutine ') ||
        startsWith(bytes, start, end, 'created by ') ||
        startsWith(bytes, start, end, '[signal ') ||
        startsWith(bytes, start, end, 'exit status ') ||
        startsWith(bytes, start, end, 'panic: ') ||
        isGoCall(bytes, start, end))
    );
  }
}

/** An indented line; a number or a time behind the blanks is a layout with a margin. */
function isIndented(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || !isBlank(bytes[start])) return false;
  const at = skipBlanks(bytes, start, end);
  return at < end && !isDigit(bytes[at]);
}

function isTraceback(bytes: Uint8Array, start: number, end: number): boolean {
  return startsWith(bytes, start, end, 'Traceback (most recent call last)');
}

/** `package.module.SomeError: message`, or the name alone. */
function isPythonError(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = nameEnd(bytes, start, end);
  return stop > start && isLetter(bytes[start]) && (stop === end || bytes[stop] === byte.colon);
}

/** `java.lang.IllegalStateException: message`, `System.InvalidOperationException: …`: a dotted name that says what it is. */
function isExceptionLine(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = nameEnd(bytes, start, end);
  if (stop - start < 6 || (stop < end && bytes[stop] !== byte.colon)) return false;
  if (findText(bytes, '.', start, stop) < 0) return false;
  return ['Exception', 'Error', 'Throwable'].some((word) => startsWith(bytes, stop - word.length, stop, word));
}

function isGoPanic(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    startsWith(bytes, start, end, 'panic: ') ||
    startsWith(bytes, start, end, 'fatal error: ') ||
    startsWith(bytes, start, end, 'goroutine ')
  );
}

/** `main.(*Server).handle(0xc000010000, {0x1, 0x2})`: no blank before the parenthesis, a parenthesis or `...)` at the end. */
function isGoCall(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[end - 1] !== byte.close) return false;
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    if (code === byte.open) return at > start;
    if (isBlank(code)) return false;
  }
  return false;
}

function nameEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (isAlphanumeric(bytes[at]) || bytes[at] === byte.dot || bytes[at] === byte.underscore || bytes[at] === 0x24)) at++;
  return at;
}
