/** The patterns of a run; new ones, that were not in the range of the same length before, come first. */
import { counted } from '../../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../../design/state.tsx';
import { PatternTable } from '../../patterns/pattern-table.tsx';
import { inOrder, noPattern, rangeBefore, usePatterns } from '../../patterns/use-patterns.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';

export function PatternsView({ explorer: { run, actions } }: { readonly explorer: Explorer }) {
  const patterns = usePatterns(run, run === undefined ? undefined : rangeBefore(run.range));
  const { data } = patterns;
  const shown = inOrder(data?.patterns ?? [], 'count').filter(({ count }) => count > 0);
  const hasNone = shown.every(({ id }) => id === noPattern);
  const newCount = shown.filter(({ compared }) => compared?.change === 'new').length;
  return (
    <section className={styles.scroll} aria-label="Patterns">
      <Progress active={patterns.isFetching} label="Counting patterns" />
      {patterns.error === null ? null : <ErrorState error={patterns.error} onRetry={() => void patterns.refetch()} />}
      {data === undefined || run === undefined ? null : hasNone ? (
        <EmptyState title={data.total_lines === 0 ? 'No lines here' : 'These lines have no patterns'}>
          {data.total_lines === 0
            ? 'Choose another range, or take a filter out.'
            : 'Patterns are found while lines are taken, where the setting patterns.enabled is on; it costs about a quarter of the speed of a burst.'}
        </EmptyState>
      ) : (
        <>
          <p className={styles.note}>
            {counted(data.total_patterns, 'pattern')} in {counted(data.total_lines, 'line')}
            {newCount > 0 ? `, ${newCount} of them new: not in the same time before` : ''}
          </p>
          <PatternTable
            patterns={shown}
            range={run.range}
            intervalMs={data.interval_ms}
            baselineLabel="the same time before"
            onNarrow={actions.narrow}
          />
        </>
      )}
    </section>
  );
}
