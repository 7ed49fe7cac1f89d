/** How long something is ago, by the server's clock, renewed while it is looked at. */
import { useEffect, useState } from 'react';
import { serverNowMs } from '../api/server-clock.ts';
import { useTimes } from '../app/time-zone.ts';

/** `12 s`, `3 min`, `2 h`, `5 d`: one unit, rounded down. */
export function showAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400 * 2) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** The server's time, renewed every so often. */
export function useServerNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(serverNowMs()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}

export function Age({ ms }: { readonly ms: number }) {
  const nowMs = useServerNow(5000);
  const times = useTimes();
  return (
    <time dateTime={new Date(ms).toISOString()} title={`${times.full(ms)} ${times.zoneName}`}>
      {showAge(nowMs - ms)} ago
    </time>
  );
}
