/** Says that the server is away, since when, and when it is asked again; in the place of nothing, so that the page below stays. */
import { useEffect, useState } from 'react';
import { retryNow, useConnection } from '../api/connection.ts';
import { Button } from '../design/button.tsx';
import styles from './connection-note.module.css';
import { useTimes } from './time-zone.ts';

export function ConnectionNote() {
  const connection = useConnection();
  const times = useTimes();
  const nowMs = useSecond(connection.state === 'away');
  if (connection.state === 'here') return <div role="status" aria-live="polite" />;
  const seconds = Math.max(0, Math.ceil((connection.nextTryMs - nowMs) / 1000));
  return (
    <div className={styles.note} role="status" aria-live="polite">
      <span>
        Server away since {times.full(connection.sinceMs)}; what you see is from before.
        <span aria-hidden="true"> {seconds === 0 ? 'Retrying…' : `Retrying in ${seconds} s.`}</span>
      </span>
      <Button onClick={retryNow}>Retry now</Button>
    </div>
  );
}

/** The time, renewed each second while it is watched. */
function useSecond(active: boolean): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return nowMs;
}
