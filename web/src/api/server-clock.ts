/**
 * The time of the server, told by the `Date` of its answers: a browser's clock may be hours off, and "the last 15 minutes" means
 * the server's. Within the seconds that the header and the way cannot tell apart, the browser's clock is taken as right.
 */
import { useSyncExternalStore } from 'react';

const toleranceMs = 3000;
const listeners = new Set<() => void>();
let offsetMs = 0;

/** Called with the `Date` header of every answer. */
export function noteServerTime(date: string | null): void {
  const serverMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  // the header leaves out the fraction of the second
  const difference = serverMs + 500 - Date.now();
  if (Math.abs(difference) <= toleranceMs) setOffset(0);
  else if (Math.abs(difference - offsetMs) > toleranceMs) setOffset(difference);
}

function setOffset(next: number): void {
  if (next === offsetMs) return;
  offsetMs = next;
  for (const listener of [...listeners]) listener();
}

/** Milliseconds since 1970 by the server's clock. */
export function serverNowMs(): number {
  return Date.now() + offsetMs;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** How far the browser's clock is behind the server's; 0 where they agree. What was asked by a wrong clock is to be asked again. */
export function useClockOffsetMs(): number {
  return useSyncExternalStore(subscribe, () => offsetMs);
}
