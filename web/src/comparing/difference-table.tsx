/** Values that the selection has more often, each with both shares. A press asks for the value. */
import { showPercent } from '../design/figures.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import type { FieldValue, FilterChange } from '../query-editor/edit-filters.ts';
import styles from './comparing.module.css';
import type { Difference } from './use-differences.ts';

interface DifferenceTableProps {
  readonly differences: readonly Difference[];
  readonly onFilter: (value: FieldValue, change: FilterChange) => void;
  readonly selectionLabel: string;
  readonly baselineLabel: string;
}

export function DifferenceTable({ differences, onFilter, selectionLabel, baselineLabel }: DifferenceTableProps) {
  return (
    <table className={styles.table}>
      <caption className={styles.caption}>Values that are more frequent {selectionLabel}</caption>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">value</th>
          <th scope="col" className={styles.figure}>
            {baselineLabel}
          </th>
          <th scope="col" className={styles.figure}>
            {selectionLabel}
          </th>
          <th scope="col" className={styles.figure}>
            times
          </th>
          <th scope="col" />
        </tr>
      </thead>
      <tbody>
        {differences.map((difference) => (
          <DifferenceRow key={`${difference.field} ${difference.value ?? ''}`} difference={difference} onFilter={onFilter} />
        ))}
      </tbody>
    </table>
  );
}

function DifferenceRow({ difference, onFilter }: { readonly difference: Difference; readonly onFilter: DifferenceTableProps['onFilter'] }) {
  const { field, value, selection_share: after, baseline_share: before, lift } = difference;
  const shown = value === undefined ? 'has the field' : toVisibleText(value);
  return (
    <tr className={styles.row} data-field={field}>
      <td className={styles.field}>
        <bdi>{toVisibleText(field)}</bdi>
      </td>
      <td className={styles.value}>
        <button type="button" title={`Only lines with ${field} ${shown}`} onClick={() => onFilter({ field, value }, 'only')}>
          {value === undefined ? <i>{shown}</i> : <bdi>{shown}</bdi>}
        </button>
      </td>
      <td className={styles.figure}>{showPercent(before)}</td>
      <td className={styles.figure}>{showPercent(after)}</td>
      <td className={styles.figure}>{lift === null ? <span className={styles.new}>new</span> : liftText(lift)}</td>
      <td className={styles.signs}>
        <button
          type="button"
          aria-label={`Exclude ${field} ${shown}`}
          title="Exclude"
          onClick={() => onFilter({ field, value }, 'exclude')}
        >
          −
        </button>
      </td>
    </tr>
  );
}

function liftText(lift: number): string {
  return `× ${lift >= 10 ? Math.round(lift) : Math.round(lift * 10) / 10}`;
}
