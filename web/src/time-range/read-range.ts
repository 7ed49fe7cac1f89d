/**
 * A typed or pasted time range → a choice. Wall times are read in the zone that the page shows.
 *
 *   3h · last 3 hours · 90 min             up to now
 *   14:00 - 14:10 · 14:02                   today, or yesterday where today's has not come yet; a minute alone: that minute
 *   2026-11-21 · 2026-11 · today · yesterday   the whole day or month
 *   2026-11-21 14:00 - 15:00                one day
 *   a - b · a to b · a / b · a .. b          any two of: date, time, date and time, RFC 3339, epoch, now-1h, now
 *   since a                                  from a until now
 */
import { parseInstant } from '#base/instant.ts';
import { instantOf, wallTimeOf } from './zones.ts';
import type { TimeChoice } from './time-choice.ts';
import type { Zone } from './zones.ts';

export interface ReadRangeContext {
  readonly nowMs: number;
  readonly zone: Zone;
}

/** The choice, or undefined where the text is none of the forms, or a range that is empty or turned round. */
export function readRange(text: string, context: ReadRangeContext): TimeChoice | undefined {
  const typed = text.trim().replace(/\s+/g, ' ');
  if (typed === '') return undefined;
  return readSpan(typed) ?? readSince(typed, context) ?? readPair(typed, context) ?? readWhole(typed, context);
}

const spanUnits: readonly (readonly [RegExp, string])[] = [
  [/^s(ec(ond)?s?)?$/, 's'],
  [/^m(in(ute)?s?)?$/, 'm'],
  [/^h((ou)?rs?)?$/, 'h'],
  [/^d(ays?)?$/, 'd'],
  [/^w(eeks?)?$/, 'w'],
];

function readSpan(text: string): TimeChoice | undefined {
  const match = /^(?:(?:the )?(?:last|past) )?(\d{1,6}(?:\.\d+)?)? ?([a-z]+)(?: ago)?$/i.exec(text);
  if (match === null || (match[1] === undefined && !/^(the )?(last|past) /i.test(text))) return undefined;
  const unit = spanUnits.find(([words]) => words.test(match[2].toLowerCase()))?.[1];
  const amount = Number(match[1] ?? 1);
  if (unit === undefined || amount <= 0) return undefined;
  if (Number.isInteger(amount)) return { last: `${amount}${unit}` };
  const inMinutes = amount * { s: 1 / 60, m: 1, h: 60, d: 1440, w: 10_080 }[unit]!;
  return inMinutes >= 1 ? { last: `${Math.round(inMinutes)}m` } : { last: `${Math.max(1, Math.round(inMinutes * 60))}s` };
}

function readSince(text: string, context: ReadRangeContext): TimeChoice | undefined {
  const match = /^(?:since|from) (.+)$/i.exec(text);
  if (match === null || /(?: - | to | – |\.\.)/.test(match[1])) return undefined;
  const from = readEdge(match[1], context, undefined);
  return from === undefined ? undefined : checked({ from: from.text, to: 'now' }, from, { text: 'now', ms: context.nowMs });
}

/** A point in time: what the API is given, and where it is now. */
interface Edge {
  readonly text: string;
  readonly ms: number;
  /** Set where only a clock time was given, whose day is still open. */
  readonly clock?: Clock;
  /** Behind the whole of what was written: the next minute, the next day. */
  readonly endMs?: number;
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const separators = [/ (?:-|–|—|to|until|\/) /i, / ?(?:–|—|→|\.\.) ?/, /(?<=\d)(?:-|\/)(?=\d{1,2}:\d\d)/, /(?<=Z|[+-]\d\d:\d\d)\/(?=\d)/];

function readPair(text: string, context: ReadRangeContext): TimeChoice | undefined {
  for (const separator of separators) {
    const parts = text.replace(/^(?:from|between) /i, '').split(separator);
    if (parts.length !== 2) continue;
    const from = readEdge(parts[0], context, undefined);
    const to = from === undefined ? undefined : readEdge(parts[1], context, from);
    if (from !== undefined && to !== undefined) return pair(from, to, context);
  }
  return undefined;
}

function pair(from: Edge, to: Edge, { nowMs, zone }: ReadRangeContext): TimeChoice | undefined {
  // two clock times: the last such beginning that has come, and the first such end behind it, also over midnight
  if (from.clock !== undefined && to.clock !== undefined) {
    const daysBack = from.ms > nowMs ? 1 : 0;
    const fromMs = onDay(from.clock, nowMs, -daysBack, zone);
    const sameDayMs = onDay(to.clock, nowMs, -daysBack, zone);
    return choiceOf(fromMs, sameDayMs > fromMs ? sameDayMs : onDay(to.clock, nowMs, 1 - daysBack, zone));
  }
  const end = to.endMs !== undefined && to.clock === undefined && isWholeDay(to) ? { text: isoText(to.endMs), ms: to.endMs } : to;
  return checked({ from: from.text, to: end.text }, from, end);
}

const isWholeDay = ({ ms, endMs }: Edge): boolean => endMs !== undefined && endMs - ms > 3_600_000;

function readWhole(text: string, context: ReadRangeContext): TimeChoice | undefined {
  const edge = readEdge(text, context, undefined);
  if (edge === undefined) return undefined;
  if (edge.clock !== undefined && edge.ms > context.nowMs) {
    const ms = onDay(edge.clock, context.nowMs, -1, context.zone);
    return choiceOf(ms, ms + (edge.endMs! - edge.ms));
  }
  // a moment: what was around it
  if (edge.endMs === undefined)
    return edge.text.startsWith('now')
      ? checked({ from: edge.text, to: 'now' }, edge, { text: 'now', ms: context.nowMs })
      : choiceOf(edge.ms - 300_000, edge.ms + 300_000);
  return choiceOf(edge.ms, edge.endMs);
}

function readEdge(text: string, context: ReadRangeContext, before: Edge | undefined): Edge | undefined {
  const { nowMs, zone } = context;
  const word = text.trim();
  if (word.startsWith('now') || /^\d{9,20}(\.\d+)?$/.test(word) || /\d[Tt ]\d\d:\d\d.*(?:[Zz]|[+-]\d\d:?\d\d)$/.test(word)) {
    const ns = parseInstant(word, nowMs);
    if (ns === undefined) return undefined;
    const ms = Number(ns / 1_000_000n);
    return { text: word.startsWith('now') ? word : isoText(ms), ms };
  }
  const day = readDay(word, context);
  if (day !== undefined) return day;
  const clock = readClock(word);
  if (clock === undefined) return undefined;
  const dayOfFrom = before !== undefined && before.clock === undefined ? before.ms : nowMs;
  const ms = onDay(clock.time, dayOfFrom, 0, zone);
  return {
    text: isoText(ms),
    ms,
    endMs: ms + clock.widthMs,
    ...(before === undefined || before.clock !== undefined ? { clock: clock.time } : {}),
  };
}

const noClock: Clock = { hour: 0, minute: 0, second: 0, millisecond: 0 };

/** A day, a month, or a day and a clock time. */
function readDay(word: string, { nowMs, zone }: ReadRangeContext): Edge | undefined {
  const named = /^(today|yesterday)(?: (.+))?$/i.exec(word);
  const written = /^(\d{4})-(\d\d)(?:-(\d\d)(?:[Tt ,]+(.+))?)?$/.exec(word);
  if (named === null && written === null) return undefined;
  const clock = readClock((named?.[2] ?? written?.[4] ?? '0:00').trim());
  if (clock === undefined) return undefined;
  const hasClock = named?.[2] !== undefined || written?.[4] !== undefined;
  const today = wallTimeOf(nowMs, zone);
  const date =
    named === null ? dateOf(written!) : { year: today.year, month: today.month, day: today.day - (/^y/i.test(named[1]) ? 1 : 0) };
  if (date === undefined) return undefined;
  const ms = instantOf({ ...date, ...clock.time }, zone);
  if (hasClock) return { text: isoText(ms), ms, endMs: ms + clock.widthMs };
  const isMonth = written !== null && written[3] === undefined;
  const endMs = instantOf({ ...date, ...(isMonth ? { month: date.month + 1 } : { day: date.day + 1 }), ...noClock }, zone);
  return { text: isoText(ms), ms, endMs };
}

function dateOf([, year, month, day = '01']: RegExpExecArray): { year: number; month: number; day: number } | undefined {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const isReal = date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
  return isReal ? { year: Number(year), month: Number(month), day: Number(day) } : undefined;
}

function readClock(word: string): { time: Clock; widthMs: number } | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(am|pm)?$/i.exec(word) ?? /^(\d{1,2})()()() ?(am|pm)$/i.exec(word);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, fraction, half] = match;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  const time = {
    hour,
    minute: Number(minutes || 0),
    second: Number(seconds || 0),
    millisecond: Math.floor(Number(`0.${fraction || 0}`) * 1000),
  };
  if (hour > 23 || time.minute > 59 || time.second > 59 || (half !== undefined && Number(hours) > 12)) return undefined;
  return { time, widthMs: minutes === '' ? 3_600_000 : fraction ? 1000 : seconds ? 1000 : 60_000 };
}

/** The clock time on the day of the instant, or some days after it. */
function onDay(clock: Clock, ms: number, days: number, zone: Zone): number {
  const { year, month, day } = wallTimeOf(ms, zone);
  return instantOf({ year, month, day: day + days, ...clock }, zone);
}

function checked(choice: TimeChoice, from: Edge, to: Edge): TimeChoice | undefined {
  return from.ms < to.ms ? choice : undefined;
}

function choiceOf(fromMs: number, toMs: number): TimeChoice | undefined {
  return fromMs < toMs ? { from: isoText(fromMs), to: isoText(toMs) } : undefined;
}

const isoText = (ms: number): string => new Date(ms).toISOString();
