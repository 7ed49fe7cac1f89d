/**
 * The one zone in which times are shown and typed: the browser's own, or UTC. Every page prints times through
 * `useTimes()`, so that list, bars, pickers and exports agree.
 */
import { useMemo } from 'react';
import { isOneOf, useStored } from './stored.ts';

export type Zone = 'local' | 'utc';
const isZone = isOneOf('local', 'utc');

export function useZone(): readonly [Zone, (zone: Zone) => void] {
  return useStored<Zone>('zone', 'local', isZone);
}

/** IANA name of the zone, `UTC` for UTC. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export interface Times {
  readonly zone: Zone;
  readonly zoneName: string;
  /** `14:02:07.123` */
  readonly clock: (ms: number) => string;
  /** `14:02` */
  readonly minute: (ms: number) => string;
  /** `2026-11-21` */
  readonly day: (ms: number) => string;
  /** `2026-11-21 14:02:07` */
  readonly full: (ms: number) => string;
  /** `2026-11-21 14:02:07.123` */
  readonly precise: (ms: number) => string;
  /** Calendar parts in the zone. */
  readonly parts: (ms: number) => CalendarParts;
  /** The instant of calendar parts in the zone; where a clock goes back, the first of the two. */
  readonly instant: (parts: Partial<CalendarParts> & Pick<CalendarParts, 'year' | 'month' | 'day'>) => number;
}

export interface CalendarParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** How times are written in a zone. Pure. */
export function timesIn(zone: Zone): Times {
  const parts = zone === 'utc' ? utcParts : localParts;
  const day = (at: CalendarParts): string => `${String(at.year).padStart(4, '0')}-${two(at.month)}-${two(at.day)}`;
  const minute = (at: CalendarParts): string => `${two(at.hour)}:${two(at.minute)}`;
  const second = (at: CalendarParts): string => `${minute(at)}:${two(at.second)}`;
  const millis = (at: CalendarParts): string => `${second(at)}.${String(at.millisecond).padStart(3, '0')}`;
  return {
    zone,
    zoneName: zoneName(zone),
    clock: (ms) => millis(parts(ms)),
    minute: (ms) => minute(parts(ms)),
    day: (ms) => day(parts(ms)),
    full: (ms) => `${day(parts(ms))} ${second(parts(ms))}`,
    precise: (ms) => `${day(parts(ms))} ${millis(parts(ms))}`,
    parts,
    instant: ({ year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0 }) =>
      zone === 'utc'
        ? Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
        : new Date(year, month - 1, day, hour, minute, second, millisecond).getTime(),
  };
}

function utcParts(ms: number): CalendarParts {
  const at = new Date(ms);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    millisecond: at.getUTCMilliseconds(),
  };
}

function localParts(ms: number): CalendarParts {
  const at = new Date(ms);
  return {
    year: at.getFullYear(),
    month: at.getMonth() + 1,
    day: at.getDate(),
    hour: at.getHours(),
    minute: at.getMinutes(),
    second: at.getSeconds(),
    millisecond: at.getMilliseconds(),
  };
}

export function useTimes(): Times {
  const [zone] = useZone();
  return useMemo(() => timesIn(zone), [zone]);
}
