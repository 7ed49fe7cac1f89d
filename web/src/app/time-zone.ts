/**
 * The one zone in which times are shown and typed: the browser's own, or UTC. List, bars, pickers and charts print times with it
 * (`time-range/show-time.ts`), so they agree.
 */
import { useMemo } from 'react';
import { showInstant } from '../time-range/show-time.ts';
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
  /** `2026-11-21 14:02:07` */
  readonly full: (ms: number) => string;
}

export function useTimes(): Times {
  const [zone] = useZone();
  return useMemo(() => ({ zone, zoneName: zoneName(zone), full: (ms) => showInstant(ms, zone, 'second') }), [zone]);
}
