/**
 * The time of the server, told by the `Date` of its answers: a browser's clock may be hours off, and "the last 15 minutes" means
 * the server's. Within the seconds that the header and the way cannot tell apart, the browser's clock is taken as right.
 */

const toleranceMs = 3000;
let offsetMs = 0;

/** Called with the `Date` header of every answer. */
export function noteServerTime(date: string | null): void {
  const serverMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  // the header leaves out the fraction of the second
  const difference = serverMs + 500 - Date.now();
  if (Math.abs(difference) <= toleranceMs) offsetMs = 0;
  else if (Math.abs(difference - offsetMs) > toleranceMs) offsetMs = difference;
}

/** Milliseconds since 1970 by the server's clock. */
export function serverNowMs(): number {
  return Date.now() + offsetMs;
}

/** How far the browser's clock is from the server's; 0 where they agree. */
export function clockOffsetMs(): number {
  return offsetMs;
}
