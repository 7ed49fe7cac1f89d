/** Functions of templates: Go's own, Loki's, and those of sprig that Loki has. grafana.com/docs/loki/latest/query/template_functions */
import { formatGoTime, parseGoTime } from './go-time.ts';
import { MalformedJson, parseJsonTree } from './json-text.ts';
import { parseSeconds, parseSize } from './quantities.ts';
import { compileRegex } from './regex.ts';
import { expandGroups } from './replacements.ts';
import { formatText } from './template-printf.ts';
import { isTrue, memberOf, numberOf, printValue, TemplateError, TemplateTime, textOf, timeOf, valueOfJson } from './template-values.ts';
import type { TemplateMap, TemplateValue } from './template-values.ts';

type TemplateFunction = (...values: TemplateValue[]) => TemplateValue;

/** Of texts, in the order of their arguments. */
const texts =
  (run: (...values: string[]) => TemplateValue): TemplateFunction =>
  (...values) =>
    run(...values.map(textOf));
const integers =
  (run: (...values: number[]) => number): TemplateFunction =>
  (...values) =>
    run(...values.map((value) => Math.trunc(numberOf(value))));
const floats =
  (run: (...values: number[]) => number): TemplateFunction =>
  (...values) =>
    run(...values.map(numberOf));

const folded =
  (combine: (a: number, b: number) => number) =>
  (...values: number[]): number => {
    if (values.length === 0) throw new TemplateError('wrong number of args: want at least 1 got 0');
    return values.reduce(combine);
  };

function divided(a: number, b: number): number {
  if (b === 0) throw new TemplateError('integer divide by zero');
  return Math.trunc(a / b);
}

/** Longest text that `repeat`, `indent` and alignment make. */
const maxChars = 100_000;

function bounded(count: number): number {
  if (count > maxChars) throw new TemplateError(`more than ${maxChars} characters`);
  return Math.max(0, count);
}

const trimmed = (text: string, chars: string, ends: 'both' | 'left' | 'right'): string => {
  const set = new Set(chars);
  const points = [...text];
  let [start, end] = [0, points.length];
  if (ends !== 'right') while (start < end && set.has(points[start])) start++;
  if (ends !== 'left') while (end > start && set.has(points[end - 1])) end--;
  return points.slice(start, end).join('');
};

const withoutPrefix = (prefix: string, text: string): string =>
  prefix !== '' && text.startsWith(prefix) ? text.slice(prefix.length) : text;
const withoutSuffix = (suffix: string, text: string): string =>
  suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;

function replaceFirst(text: string, from: string, to: string, count: number): string {
  if (count < 0) return text.replaceAll(from, () => to);
  let result = text;
  for (let at = 0, left = count; left > 0; left--) {
    const found = result.indexOf(from, at);
    if (found < 0) break;
    result = result.slice(0, found) + to + result.slice(found + from.length);
    at = found + to.length + (from === '' ? 1 : 0);
  }
  return result;
}

const indented = (spaces: TemplateValue, text: TemplateValue): string => {
  const pad = ' '.repeat(bounded(numberOf(spaces)));
  return pad + textOf(text).replaceAll('\n', () => `\n${pad}`);
};

const globalRegexes = new Map<string, RegExp>();
const maxRegexes = 100;

/** Expressions of templates come from the query, or from labels: a few are kept. */
function globalRegex(pattern: string): RegExp {
  let expression = globalRegexes.get(pattern);
  if (expression === undefined) {
    const { expression: compiled } = compileRegex(pattern, 'part');
    expression = new RegExp(compiled.source, `g${compiled.flags}`);
    if (globalRegexes.size >= maxRegexes) globalRegexes.clear();
    globalRegexes.set(pattern, expression);
  }
  expression.lastIndex = 0;
  return expression;
}

function regexReplaceAll(pattern: string, text: string, replacement: string): string {
  const { captureNames } = compileRegex(pattern, 'part');
  return text.replaceAll(globalRegex(pattern), (...match: unknown[]) =>
    expandGroups(replacement, match.slice(0, captureNames.length + 1) as (string | undefined)[], captureNames),
  );
}

function seconds(value: TemplateValue): number {
  const read = parseSeconds(textOf(value));
  if (read === undefined) throw new TemplateError(`time: invalid duration ${JSON.stringify(textOf(value))}`);
  return read;
}

function sizeOf(value: TemplateValue): number {
  const read = parseSize(textOf(value));
  if (read === undefined) throw new TemplateError(`strconv.ParseFloat: parsing ${JSON.stringify(textOf(value))}: invalid syntax`);
  return read;
}

function timeIn(layout: string, text: string): TemplateTime {
  return new TemplateTime(parseGoTime(text, layout) ?? zeroTimeNs);
}
/** Go's zero time. */
const zeroTimeNs = -62_135_596_800_000_000_000n;

/** By the number of digits: days, seconds, milliseconds, microseconds, nanoseconds. */
const epochUnits: Readonly<Record<number, bigint>> = {
  5: 86_400_000_000_000n,
  10: 1_000_000_000n,
  13: 1_000_000n,
  16: 1000n,
  19: 1n,
};

function unixToTime(text: string): TemplateTime {
  const unit = /^-?\d+$/.test(text) ? epochUnits[text.length] : undefined;
  if (unit === undefined) throw new TemplateError(`unable to parse time '${text}'`);
  return new TemplateTime(BigInt(text) * unit);
}

function fromJson(text: string): TemplateValue {
  try {
    return valueOfJson(parseJsonTree(text));
  } catch (thrown) {
    if (thrown instanceof MalformedJson) return undefined;
    throw thrown;
  }
}

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new TemplateError(`invalid URL escape in ${JSON.stringify(text)}`);
  }
}

const encodeUrl = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function compared(a: TemplateValue, b: TemplateValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (a === b) return 0;
  throw new TemplateError(`incompatible types for comparison: ${printValue(a)} and ${printValue(b)}`);
}

function rounded(value: number, places: number, half = 0.5): number {
  const power = 10 ** places;
  const scaled = value * power;
  const rest = Math.abs(scaled - Math.trunc(scaled));
  return (rest >= half ? Math.trunc(scaled) + Math.sign(scaled) : Math.trunc(scaled)) / power;
}

function aligned(width: TemplateValue, text: TemplateValue, side: 'left' | 'right'): string {
  const points = [...textOf(text)];
  const wanted = bounded(numberOf(width));
  if (points.length > wanted) return (side === 'left' ? points.slice(0, wanted) : points.slice(points.length - wanted)).join('');
  const pad = ' '.repeat(wanted - points.length);
  return side === 'left' ? points.join('') + pad : pad + points.join('');
}

function indexed(value: TemplateValue, ...keys: TemplateValue[]): TemplateValue {
  return keys.reduce<TemplateValue>((at, key) => {
    if (at instanceof Map) return (at as TemplateMap).get(textOf(key));
    if (!Array.isArray(at)) return memberOf(at, textOf(key));
    const index = numberOf(key);
    if (index < 0 || index >= at.length) throw new TemplateError(`index out of range: ${index}`);
    return (at as readonly TemplateValue[])[index];
  }, value);
}

function lengthOf(value: TemplateValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw new TemplateError(`len of ${printValue(value)}`);
}

function truncated(length: number, text: string): string {
  const points = [...text];
  return (length >= 0 ? points.slice(0, length) : points.slice(Math.max(0, points.length + length))).join('');
}

function substring(start: number, end: number, text: string): string {
  const points = [...text];
  if (start < 0) return points.slice(0, Math.max(0, end)).join('');
  return points.slice(start, end < 0 || end > points.length ? undefined : end).join('');
}

const titled = (text: string): string =>
  text.replaceAll(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before: string, first: string) => before + first.toUpperCase());

const functions: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => compared(first, other) === 0),
  ne: (a, b) => compared(a, b) !== 0,
  lt: (a, b) => compared(a, b) < 0,
  le: (a, b) => compared(a, b) <= 0,
  gt: (a, b) => compared(a, b) > 0,
  ge: (a, b) => compared(a, b) >= 0,
  len: lengthOf,
  index: indexed,
  print: (...values) => values.map(printValue).join(''),
  println: (...values) => `${values.map(printValue).join(' ')}\n`,
  printf: (format, ...values) => formatText(textOf(format), values),
  html: texts((text) => text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)),
  urlquery: texts(encodeUrl),
  ToLower: texts((text) => text.toLowerCase()),
  ToUpper: texts((text) => text.toUpperCase()),
  Replace: (text, from, to, count) => replaceFirst(textOf(text), textOf(from), textOf(to), numberOf(count)),
  Trim: texts((text, chars) => trimmed(text, chars, 'both')),
  TrimLeft: texts((text, chars) => trimmed(text, chars, 'left')),
  TrimRight: texts((text, chars) => trimmed(text, chars, 'right')),
  TrimPrefix: texts((text, prefix) => withoutPrefix(prefix, text)),
  TrimSuffix: texts((text, suffix) => withoutSuffix(suffix, text)),
  TrimSpace: texts((text) => text.trim()),
  regexReplaceAll: texts(regexReplaceAll),
  regexReplaceAllLiteral: texts((pattern, text, replacement) => text.replaceAll(globalRegex(pattern), () => replacement)),
  count: texts((pattern, text) => [...text.matchAll(globalRegex(pattern))].length),
  urldecode: texts(decodeUrl),
  urlencode: texts(encodeUrl),
  bytes: sizeOf,
  duration: seconds,
  duration_seconds: seconds,
  unixEpoch: (time) => String(timeOf(time).ns / 1_000_000_000n),
  unixEpochMillis: (time) => String(timeOf(time).ns / 1_000_000n),
  unixEpochNanos: (time) => String(timeOf(time).ns),
  toDate: texts(timeIn),
  toDateInZone: texts((layout, _zone, text) => timeIn(layout, text)),
  unixToTime: texts(unixToTime),
  date: (layout, time) => formatGoTime(timeOf(time).ns, textOf(layout)),
  alignLeft: (width, text) => aligned(width, text, 'left'),
  alignRight: (width, text) => aligned(width, text, 'right'),
  b64enc: texts((text) => Buffer.from(text).toString('base64')),
  b64dec: texts((text) => Buffer.from(text, 'base64').toString('utf8')),
  lower: texts((text) => text.toLowerCase()),
  upper: texts((text) => text.toUpperCase()),
  title: texts(titled),
  trunc: (length, text) => truncated(numberOf(length), textOf(text)),
  substr: (start, end, text) => substring(numberOf(start), numberOf(end), textOf(text)),
  contains: texts((part, text) => text.includes(part)),
  hasPrefix: texts((prefix, text) => text.startsWith(prefix)),
  hasSuffix: texts((suffix, text) => text.endsWith(suffix)),
  indent: indented,
  nindent: (spaces, text) => `\n${indented(spaces, text)}`,
  replace: texts((from, to, text) => text.replaceAll(from, () => to)),
  repeat: (count, text) =>
    textOf(text).repeat(bounded(numberOf(count) * Math.max(1, textOf(text).length)) / Math.max(1, textOf(text).length)),
  trim: texts((text) => text.trim()),
  trimAll: texts((chars, text) => trimmed(text, chars, 'both')),
  trimPrefix: texts(withoutPrefix),
  trimSuffix: texts(withoutSuffix),
  int: integers((value) => value),
  float64: floats((value) => value),
  add: integers(folded((a, b) => a + b)),
  sub: integers((a, b) => a - b),
  mul: integers(folded((a, b) => a * b)),
  div: integers(divided),
  mod: integers((a, b) => a - b * divided(a, b)),
  addf: floats(folded((a, b) => a + b)),
  subf: floats(folded((a, b) => a - b)),
  mulf: floats(folded((a, b) => a * b)),
  divf: floats(folded((a, b) => a / b)),
  max: integers((...values) => Math.max(...values)),
  min: integers((...values) => Math.min(...values)),
  maxf: floats((...values) => Math.max(...values)),
  minf: floats((...values) => Math.min(...values)),
  ceil: floats(Math.ceil),
  floor: floats(Math.floor),
  round: floats((value, places, half) => rounded(value, places, half)),
  fromJson: texts(fromJson),
  default: (fallback, value) => (isTrue(value) ? value : fallback),
};

/** Of the line that is rendered; `template-run.ts` answers them. */
const ofLine: readonly string[] = ['__line__', '__timestamp__', 'now'];

export const isTemplateFunction = (name: string): boolean => Object.hasOwn(functions, name) || ofLine.includes(name);

/** Throws TemplateError where it cannot work with the values. */
export function callTemplateFunction(name: string, values: readonly TemplateValue[]): TemplateValue {
  return functions[name](...values);
}
