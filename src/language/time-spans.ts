/**
 * Times in queries. A time names a span, as long as it is written exactly: `2025-03-01` is the day, `2025-03` the month,
 * `10:15` a minute, `now/d` today; a time with nothing left out is one nanosecond, `now-1h` has no width. `>` begins
 * behind the span, `<=` ends with it: as Elasticsearch rounds, and as the levels' names compare.
 */
import { latestNs, parseInstant } from '#base/instant.ts';

/** Nanoseconds since 1970, in digits, or date math whose moment depends on when it is asked. */
export type TimeEdge = { readonly ns: string } | { readonly math: string };

/** Half open. */
export interface TimeSpan {
  readonly from: TimeEdge;
  readonly to: TimeEdge;
}

const dayNs = 86_400_000_000_000n;
const written = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?<second>:\d\d(?:[.,](?<fraction>\d+))?)?(?<zone>.*))?$/;
/** Year and month alone; parseInstant would take a year for epoch seconds. */
const yearOrMonth = /^(?<year>\d{4})(?:-(?<month>\d\d))?$/;

/** The span of a time, or undefined where the text is none. */
export function timeSpanOf(text: string): TimeSpan | undefined {
  if (text.startsWith('now')) return mathSpan(text);
  const calendar = yearOrMonth.exec(text)?.groups;
  if (calendar !== undefined) return calendarSpan(Number(calendar['year']), calendar['month']);
  const fromNs = parseInstant(text, 0);
  if (fromNs === undefined) return undefined;
  const toNs = fromNs + widthNs(text);
  return absoluteSpan(fromNs, toNs > latestNs ? latestNs : toNs);
}

/** True for a time that moves: its text must be resolved when it is asked. */
export function isRelativeTime(text: string): boolean {
  return text.startsWith('now') && mathSpan(text) !== undefined;
}

/** The moment of an edge in nanoseconds. */
export function resolveEdge(edge: TimeEdge, nowMs: number): bigint {
  if ('ns' in edge) return BigInt(edge.ns);
  // what lies outside 1970 to 2262 is before or behind all lines
  return parseInstant(edge.math, nowMs) ?? (edge.math.includes('-') ? 0n : latestNs);
}

function absoluteSpan(fromNs: bigint, toNs: bigint): TimeSpan {
  return { from: { ns: String(fromNs) }, to: { ns: String(toNs) } };
}

/** Checked against a moment from which no step of a sane size leaves the years that exist. */
const someMs = 1_600_000_000_000;

function mathSpan(text: string): TimeSpan | undefined {
  if (parseInstant(text, someMs) === undefined) return undefined;
  const rounding = /\/(\w)$/.exec(text)?.[1];
  return { from: { math: text }, to: { math: rounding === undefined ? text : `${text}+1${rounding}` } };
}

function calendarSpan(year: number, month: string | undefined): TimeSpan | undefined {
  const first = month === undefined ? 1 : Number(month);
  const fromNs = parseInstant(dateText(year, first), 0);
  const toNs = month === undefined || first === 12 ? parseInstant(dateText(year + 1, 1), 0) : parseInstant(dateText(year, first + 1), 0);
  return fromNs === undefined ? undefined : absoluteSpan(fromNs, toNs ?? latestNs);
}

function dateText(year: number, month: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`;
}

function widthNs(text: string): bigint {
  const parts = written.exec(text)?.groups;
  if (parts === undefined) return epochWidthNs(text);
  if (parts['second'] !== undefined) return 10n ** BigInt(9 - (parts['fraction'] ?? '').length);
  return parts['zone'] === undefined ? dayNs : 60_000_000_000n;
}

/** Seconds, milliseconds, microseconds or nanoseconds by size, as parseInstant has it. */
function epochWidthNs(text: string): bigint {
  const [whole, fraction = ''] = text.trim().split('.');
  const digits = [11, 14, 17].findIndex((limit) => BigInt(whole) < 10n ** BigInt(limit));
  const unitDigits = digits < 0 ? 0 : 9 - 3 * digits;
  return 10n ** BigInt(Math.max(0, unitDigits - fraction.length));
}

/** RFC 3339 with all nine digits, so that it names one nanosecond. */
export function instantText(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}
