/** The most frequent services as buttons in a row: for screens on which the rail is not in sight. */
import { showCount, showShortCount } from '../design/figures.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { filterState } from '../query-editor/edit-filters.ts';
import type { FieldActions } from './field-menu.ts';
import styles from './quick-values.module.css';
import { useFieldValues, usualValues } from './use-fields.ts';
import type { Selection } from './use-fields.ts';

interface QuickValuesProps {
  readonly field: string;
  readonly selection: Selection | undefined;
  readonly actions: FieldActions;
}

export function QuickValues({ field, selection, actions }: QuickValuesProps) {
  const { data } = useFieldValues(selection, field, usualValues);
  return (
    <div className={styles.values} role="group" aria-label={`Values of ${field}`}>
      {data?.field?.values.map(({ value, lines }) => {
        const isOnly = filterState(selection?.query ?? '', { field, value }) === 'included';
        return (
          <button
            key={value}
            type="button"
            aria-pressed={isOnly}
            title={`Only ${field} ${value}: ${showCount(lines)} lines`}
            onClick={() => (isOnly ? actions.release(field) : actions.filter({ field, value }, 'only'))}
          >
            {toVisibleText(value)} <span>{showShortCount(lines)}</span>
          </button>
        );
      })}
    </div>
  );
}
