/**
 * The time of the server, told by the `Date` of its answers: a browser's clock may be hours off, and "the last 15 minutes" means
 * the server's. Within the seconds that the header and the way cannot tell apart, the browser's clock is taken as right.
 */
import { useSyncExternalStore } from 'react';

const toleranceMs = 3000;
const listeners = new Set<() => void>();
let offsetMs = 0;

/** Called with the `Date` header of every answer, and when by this clock it was asked for: the server wrote it between then and now. */
export function noteServerTime(date: string | null, askedMs: number): void {
  const serverMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  // the header leaves out the fraction of the second
  const [least, most] = [serverMs + 500 - Date.now(), serverMs + 500 - askedMs];
  const isWithin = (offset: number): boolean => offset >= least - toleranceMs && offset <= most + toleranceMs;
  if (isWithin(0)) setOffset(0);
  else if (!isWithin(offsetMs)) setOffset(least);
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
