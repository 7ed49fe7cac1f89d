/**
 * The time range that a person has chosen, in the forms of the API: `{last}` or `{from, to}`, whose ends are RFC 3339 or
 * now-math. A choice that names now moves with it; `settleRange` makes it a range of the present moment, once for all
 * requests of a search, so that lines, bars and fields tell of the same lines.
 */
import { parseInstant } from '#base/instant.ts';
import { parseDurationMs } from '#base/units.ts';

export type TimeChoice = { readonly last: string } | { readonly from: string; readonly to?: string };

/** Half open, milliseconds since 1970. */
export interface SettledRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export const defaultChoice: TimeChoice = { last: '15m' };

/** What one click chooses. */
export const quickSpans = ['15m', '1h', '4h', '24h', '7d'] as const;

/** The range at the moment, or undefined where the choice cannot be read or is empty. */
export function settleRange(choice: TimeChoice, nowMs: number): SettledRange | undefined {
  if ('last' in choice) {
    const spanMs = parseDurationMs(choice.last);
    return spanMs === undefined || spanMs <= 0 ? undefined : { fromMs: Math.max(0, Math.floor(nowMs - spanMs)), toMs: nowMs };
  }
  const fromMs = instantMs(choice.from, nowMs);
  const toMs = choice.to === undefined ? nowMs : instantMs(choice.to, nowMs);
  return fromMs === undefined || toMs === undefined || fromMs >= toMs ? undefined : { fromMs, toMs };
}

/** True where the range moves with the clock, so that asking again finds newer lines. */
export function movesWithNow(choice: TimeChoice): boolean {
  return 'last' in choice || choice.to === undefined || choice.to.startsWith('now');
}

/** The range as a choice that stays. */
export function fixedChoice({ fromMs, toMs }: SettledRange): TimeChoice {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/** A range of the same width further back (-1) or forward (1) by a half of it. */
export function shiftRange({ fromMs, toMs }: SettledRange, direction: -1 | 1): SettledRange {
  const stepMs = Math.max(1, Math.round((toMs - fromMs) / 2)) * direction;
  return { fromMs: fromMs + stepMs, toMs: toMs + stepMs };
}

/** Twice as wide around the same middle, but never into the future. */
export function widenRange({ fromMs, toMs }: SettledRange, nowMs: number): SettledRange {
  const halfMs = Math.round((toMs - fromMs) / 2);
  const widerToMs = Math.min(Math.max(nowMs, toMs), toMs + halfMs);
  return { fromMs: Math.max(0, widerToMs - 2 * (toMs - fromMs)), toMs: widerToMs };
}

function instantMs(text: string, nowMs: number): number | undefined {
  const ns = parseInstant(text, nowMs);
  return ns === undefined ? undefined : Number(ns / 1_000_000n);
}
