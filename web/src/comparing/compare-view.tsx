/** Before and after: which kinds of lines came, went, or changed, and which values are more frequent now. */
import type { ReactNode } from 'react';
import { counted } from '../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../design/state.tsx';
import { PatternTable } from '../patterns/pattern-table.tsx';
import { noPattern, rangeText, usePatterns } from '../patterns/use-patterns.ts';
import type { FieldValue, FilterChange } from '../query-editor/edit-filters.ts';
import { showRange } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import styles from './comparing.module.css';
import { DifferenceTable } from './difference-table.tsx';
import { useDifferences } from './use-differences.ts';
import type { Comparison } from './use-differences.ts';

interface CompareViewProps {
  readonly comparison: Comparison;
  readonly zone: Zone;
  readonly nowMs: number;
  /** How another comparison is chosen. */
  readonly hint: ReactNode;
  readonly onFilter: (value: FieldValue, change: FilterChange) => void;
  readonly onNarrow: (term: string) => void;
}

export function CompareView({ comparison, zone, nowMs, hint, onFilter, onNarrow }: CompareViewProps) {
  const { query, selection, baseline, key } = comparison;
  const patterns = usePatterns({ query, timeRange: rangeText(selection), key: `${key} ${selection.fromMs}` }, baseline);
  const differences = useDifferences(comparison);
  const changed =
    patterns.data?.patterns.filter(({ compared, id }) => compared !== undefined && compared.change !== 'same' && id !== noPattern) ?? [];
  return (
    <div className={styles.page}>
      <p className={styles.says}>
        <span>
          <b>{showRange(selection, zone, nowMs)}</b> beside <b>{showRange(baseline, zone, nowMs)}</b>
        </span>
        <span>{hint}</span>
      </p>
      <div className={styles.compare}>
        <section className={styles.section} aria-label="Patterns that changed">
          <Progress active={patterns.isFetching} label="Comparing patterns" />
          <h2>Patterns that changed</h2>
          {patterns.error === null ? null : <ErrorState error={patterns.error} onRetry={() => void patterns.refetch()} />}
          {patterns.data === undefined ? null : changed.length === 0 ? (
            <EmptyState title="No pattern changed beyond chance">
              {counted(patterns.data.total_patterns, 'pattern')} in both. Patterns are found where the setting patterns.enabled is on.
            </EmptyState>
          ) : (
            <PatternTable
              patterns={changed}
              range={selection}
              intervalMs={patterns.data.interval_ms}
              baselineLabel="before"
              isBrief
              onNarrow={onNarrow}
            />
          )}
        </section>
        <section className={styles.section} aria-label="Values that are more frequent">
          <Progress active={differences.isFetching} label="Comparing fields" />
          <h2>More frequent now</h2>
          {differences.error === null ? null : <ErrorState error={differences.error} onRetry={() => void differences.refetch()} />}
          {differences.data === undefined ? null : differences.data.differences.length === 0 ? (
            <EmptyState title="No value is more frequent beyond chance" />
          ) : (
            <DifferenceTable differences={differences.data.differences} onFilter={onFilter} selectionLabel="after" baselineLabel="before" />
          )}
        </section>
      </div>
    </div>
  );
}
