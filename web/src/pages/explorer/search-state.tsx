/** How far the search is and what of the range its lines cover; while it is live, whether it runs and what was lost. */
import { shownSpan } from '#base/shown-times.ts';
import { Button } from '../../design/button.tsx';
import { counted, showCount, showPercent } from '../../design/figures.ts';
import { showClock, showRange } from '../../time-range/show-time.ts';
import type { Zone } from '../../time-range/zones.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';
import type { LiveLines } from './use-live-lines.ts';

interface SearchStateProps {
  readonly explorer: Explorer;
  readonly live: LiveLines;
  readonly zone: Zone;
  /** To the newest line. */
  readonly onTop: () => void;
}

export function SearchState(props: SearchStateProps) {
  return props.explorer.state.live ? <TailState {...props} /> : <PageState {...props} />;
}

function PageState({ explorer: { run }, live: { search }, zone }: SearchStateProps) {
  const { status, progress, lines, tookMs, covered, reason, stop, more, hasMore } = search;
  if (status === 'running') {
    return (
      <span className={styles.progress} role="status">
        {progress === undefined
          ? 'searching'
          : `${showPercent(progress.share * 100)}, down to ${showClock(Date.parse(progress.searchedTo), zone)}`}
        <Button look="quiet" icon="stop" onClick={stop}>
          Stop
        </Button>
      </span>
    );
  }
  if (status === 'partial' || status === 'stopped') {
    const range = covered === undefined ? undefined : { fromMs: Date.parse(covered.from), toMs: Date.parse(covered.to) };
    return (
      <span className={styles.partial} role="status" title={reason}>
        {status === 'stopped' ? 'stopped' : 'not complete'}
        {range === undefined || run === undefined ? '' : `: covers ${showRange(range, zone, run.range.toMs)}`}
        {hasMore || status === 'stopped' ? (
          <Button look="quiet" onClick={more}>
            Go on
          </Button>
        ) : null}
      </span>
    );
  }
  return (
    <span className={styles.faint} role="status">
      {status === 'failed' ? 'failed' : `${showCount(lines.length)} shown, ${shownSpan(tookMs)}`}
    </span>
  );
}

function TailState({ live: { tail, isPaused, setPaused, setReading }, onTop }: SearchStateProps) {
  return (
    <span className={styles.progress} role="status">
      {tail.state === 'connecting' ? 'connecting …' : null}
      {tail.state === 'failed' ? <span className={styles.lost}>{tail.error instanceof Error ? tail.error.message : 'failed'}</span> : null}
      {tail.dropped > 0 ? <span className={styles.lost}>{counted(tail.dropped, 'line')} dropped</span> : null}
      {isPaused ? (
        <Button
          icon="play"
          onClick={() => {
            setPaused(false);
            setReading(false);
            onTop();
          }}
        >
          {tail.waiting > 0 ? `${showCount(tail.waiting)} new` : 'Resume'}
        </Button>
      ) : (
        <Button look="quiet" icon="pause" onClick={() => setPaused(true)}>
          Pause
        </Button>
      )}
    </span>
  );
}
