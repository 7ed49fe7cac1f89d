/** Which lines are read by which parser: rules as they are written, and made ready to be asked. */
import { AppError } from '#base/errors.ts';
import { compileLinearRegex } from '#platform/linear-regex.ts';
import { findText } from './byte-text.ts';
import type { ParsingConfig } from './config.ts';

/** A parser with what it needs. */
export interface ParserSpec {
  /** Name of the catalogue, or `grok`, `regex`, `csv`, `key-value`, `auto`, `none`. */
  readonly parser: string;
  readonly pattern?: string | undefined;
  readonly columns?: string | undefined;
  readonly separator?: string | undefined;
  readonly assignment?: string | undefined;
  readonly timezone?: string | undefined;
}

/** An empty text is as good as none. */
export interface ParserRule extends ParserSpec {
  readonly name: string;
  readonly tenant?: string | undefined;
  readonly service?: string | undefined;
  readonly receiver?: string | undefined;
  readonly match?: string | undefined;
  readonly multiline?: string | undefined;
}

/** `parsing.rules` as rules. */
export function configuredRules(config: ParsingConfig): readonly ParserRule[] {
  return config.rules;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tests whether `start .. end` of a line is what the rule is about. */
export type LineTest = (bytes: Uint8Array, start: number, end: number) => boolean;

/** A test of `match`; throws AppError bad_request where it is an expression that is not admitted. */
export function lineTest(match: string): LineTest {
  const isExpression = match.length > 2 && match.startsWith('/') && match.endsWith('/');
  if (isExpression) {
    const expression = compileLinearRegex(match.slice(1, -1));
    return (bytes, start, end) => expression.test(textDecoder.decode(bytes.subarray(start, end)));
  }
  if (/^[\x20-\x7e]+$/.test(match)) return (bytes, start, end) => findText(bytes, match, start, end) >= 0;
  const wanted = Buffer.from(textEncoder.encode(match));
  return (bytes, start, end) => Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).includes(wanted);
}

/** Whether a name fits `pattern`, in which `*` stands for any text; an empty pattern fits all. */
export function fitsName(pattern: string | undefined, name: string): boolean {
  if (pattern === undefined || pattern === '') return true;
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === name;
  if (!name.startsWith(parts[0])) return false;
  let at = parts[0].length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = parts[parts.length - 1];
  return name.length - last.length >= at && name.endsWith(last);
}

/** Throws AppError bad_request with the rule's name in front. */
export function inRule<T>(rule: ParserRule, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw new AppError(thrown.code, `parsing rule "${rule.name}": ${thrown.message}`, { details: { ...thrown.details, rule: rule.name } });
  }
}
