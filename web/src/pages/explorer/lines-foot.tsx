/** Behind the last line: more is coming, that was all, or why it is not. */
import { Button } from '../../design/button.tsx';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import styles from './explorer.module.css';

export function LinesFoot({ search }: { readonly search: LineSearchState }) {
  const { status, hasMore, lines, reason, error, more } = search;
  if (lines.length === 0) return null;
  return (
    <div className={styles.foot}>
      {status === 'running' ? 'Reading on …' : null}
      {status === 'done' && !hasMore ? 'No further lines in this range.' : null}
      {status === 'partial' ? (
        <>
          <span>The server stopped here: {reason ?? 'lines may be missing'}.</span> {hasMore ? <Button onClick={more}>Go on</Button> : null}
        </>
      ) : null}
      {status === 'stopped' ? (
        <>
          Stopped. <Button onClick={more}>Go on</Button>
        </>
      ) : null}
      {status === 'failed' ? (
        <>
          <span>{error instanceof Error ? error.message : String(error)}</span> <Button onClick={more}>Try again</Button>
        </>
      ) : null}
    </div>
  );
}
