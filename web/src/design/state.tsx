/** What stands where there is nothing, where something went wrong, and where something is under way. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { ApiProblem, ServerAway } from '../api/problem.ts';
import { Button } from './button.tsx';
import styles from './state.module.css';

export interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Buttons that do what the text advises. */
  readonly actions?: ReactNode;
}

export function EmptyState({ title, children, actions }: EmptyStateProps) {
  return (
    <div className={styles.state}>
      <p className={styles.title}>{title}</p>
      {children === undefined ? null : <div className={styles.text}>{children}</div>}
      {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** The server's message, its code, and the setting where a bound was reached. */
export function ErrorState({
  error,
  onRetry,
  actions,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly actions?: ReactNode;
}) {
  return (
    <div className={styles.state} role="alert">
      <p className={`${styles.title} ${styles.danger}`}>{errorTitle(error)}</p>
      <p className={styles.text}>{errorText(error)}</p>
      {error instanceof ApiProblem ? (
        <p className={styles.code}>
          {error.code}
          {error.setting === undefined ? '' : ` · setting ${error.setting}`}
        </p>
      ) : null}
      <div className={styles.actions}>
        {onRetry === undefined ? null : (
          <Button icon="refresh" onClick={onRetry}>
            Try again
          </Button>
        )}
        {actions}
      </div>
    </div>
  );
}

function errorTitle(error: unknown): string {
  if (error instanceof ServerAway) return 'The server does not answer';
  if (error instanceof ApiProblem) return error.status >= 500 ? 'The server could not do this' : 'This was not taken';
  return 'This part of the page has failed';
}

function errorText(error: unknown): string {
  if (error instanceof ServerAway) return 'It is asked again by itself; what is shown stays as it was.';
  return error instanceof Error ? error.message : String(error);
}

const patienceMs = 300;

/**
 * A hairline at the top of its region (which is positioned), after 300 ms of waiting. `share` from 0 to 1 where it is known.
 * It takes no room, so that nothing jumps.
 */
export function Progress({
  active,
  share,
  label = 'Loading',
}: {
  readonly active: boolean;
  readonly share?: number;
  readonly label?: string;
}) {
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    if (!active) return setIsLong(false);
    const timer = setTimeout(() => setIsLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, [active]);
  if (!active || !isLong) return null;
  const value = share === undefined ? undefined : Math.round(share * 100);
  return (
    <div className={styles.bar} role="progressbar" aria-label={label} aria-valuenow={value}>
      {share === undefined ? <i /> : <i data-known="" style={{ transform: `scaleX(${Math.max(0.01, Math.min(1, share))})` }} />}
    </div>
  );
}
