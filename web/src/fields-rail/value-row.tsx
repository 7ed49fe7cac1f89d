/** A value and its count: a press on the row asks for it only, or takes that back; the signs behind it add and exclude. */
import { showCount, showPercent, showShortCount } from '../design/figures.ts';
import { classes } from '../design/class-names.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { levelClass } from '../log-list/level-mark.tsx';
import type { FilterState } from '../query-editor/edit-filters.ts';
import type { FieldActions } from './field-menu.ts';
import styles from './fields-rail.module.css';

interface ValueRowProps {
  readonly field: string;
  readonly value: string;
  readonly lines: number;
  /** Percent of the lines that have the field. */
  readonly share: number;
  /** Length of its bar, 0 to 1. */
  readonly bar: number;
  readonly isExact: boolean;
  readonly state: FilterState;
  readonly actions: FieldActions;
}

export function ValueRow({ field, value, lines, share, bar, isExact, state, actions }: ValueRowProps) {
  const shown = toVisibleText(value);
  const count = `${isExact ? '' : 'about '}${showCount(lines)} lines, ${showPercent(share)}`;
  return (
    <div className={classes(styles.value, state !== undefined && styles[state], field === 'level' && levelClass(value))}>
      <i className={styles.share} style={{ width: `${Math.max(1, bar * 100)}%` }} />
      <button
        type="button"
        className={styles.only}
        title={`${shown}\n${count}\nPress: ${state === 'included' ? 'no longer only this' : 'only this'}`}
        aria-pressed={state === 'included'}
        onClick={() => (state === undefined ? actions.filter({ field, value }, 'only') : actions.release(field))}
      >
        <span className={styles.text}>
          <bdi>{shown}</bdi>
        </span>
        <span className={styles.lines}>
          {isExact ? '' : '~'}
          {showShortCount(lines)}
        </span>
      </button>
      <span className={styles.signs}>
        <button
          type="button"
          title={`Also ${shown}`}
          aria-label={`Also ${field} ${shown}`}
          onClick={() => actions.filter({ field, value }, 'include')}
        >
          +
        </button>
        <button
          type="button"
          title={`Exclude ${shown}`}
          aria-label={`Exclude ${field} ${shown}`}
          onClick={() => actions.filter({ field, value }, 'exclude')}
        >
          −
        </button>
      </span>
    </div>
  );
}
