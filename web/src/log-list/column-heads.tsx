/** The names above the columns; each can be moved, removed, and asked for its values. */
import { MenuButton } from '../design/menu.tsx';
import type { MenuEntry } from '../design/menu.tsx';
import styles from './column-heads.module.css';
import listStyles from './log-list.module.css';
import { toVisibleText } from './visible-text.ts';

interface ColumnHeadsProps {
  readonly columns: readonly string[];
  readonly onColumns: (columns: readonly string[]) => void;
  readonly sort: 'desc' | 'asc';
  readonly onSort: (sort: 'desc' | 'asc') => void;
  readonly onTopValues: (field: string) => void;
  readonly zoneLabel: string;
}

export function ColumnHeads({ columns, onColumns, sort, onSort, onTopValues, zoneLabel }: ColumnHeadsProps) {
  return (
    <div className={listStyles.head} role="row" aria-rowindex={1}>
      <span role="columnheader" aria-sort={sort === 'desc' ? 'descending' : 'ascending'}>
        <button
          type="button"
          className={styles.sort}
          title={sort === 'desc' ? 'Newest first; press for oldest first' : 'Oldest first; press for newest first'}
          onClick={() => onSort(sort === 'desc' ? 'asc' : 'desc')}
        >
          time <span className={styles.zone}>{zoneLabel}</span> {sort === 'desc' ? '↓' : '↑'}
        </button>
      </span>
      <span role="columnheader">level</span>
      {columns.map((column, index) => (
        <span key={column} role="columnheader" className={styles.head}>
          <span className={styles.name}>{toVisibleText(column)}</span>
          <MenuButton
            look="quiet"
            className={styles.menu}
            label={`Column ${column}`}
            entries={() => columnEntries(columns, index, onColumns, onTopValues)}
          />
        </span>
      ))}
    </div>
  );
}

function columnEntries(
  columns: readonly string[],
  index: number,
  onColumns: ColumnHeadsProps['onColumns'],
  onTopValues: ColumnHeadsProps['onTopValues'],
): MenuEntry[] {
  const moved = (step: -1 | 1): readonly string[] => {
    const next = [...columns];
    [next[index], next[index + step]] = [next[index + step], next[index]];
    return next;
  };
  return [
    { label: 'Move left', icon: 'chevronLeft', disabled: index === 0, run: () => onColumns(moved(-1)) },
    { label: 'Move right', icon: 'chevronRight', disabled: index === columns.length - 1, run: () => onColumns(moved(1)) },
    { label: 'Remove column', icon: 'close', disabled: columns.length === 1, run: () => onColumns(columns.filter((_, i) => i !== index)) },
    ...(columns[index] === 'message' ? [] : [{ label: 'Top values', icon: 'filter' as const, run: () => onTopValues(columns[index]) }]),
  ];
}
