/** A field of the rail: its name, how many lines have it, and, opened, its values. */
import { useEffect, useRef, useState } from 'react';
import { Button } from '../design/button.tsx';
import { counted, showNumber, showPercent, showShortCount } from '../design/figures.ts';
import { Icon } from '../design/icon.tsx';
import { MenuButton } from '../design/menu.tsx';
import { toVisibleText } from '../log-list/visible-text.ts';
import { clearField, filterState } from '../query-editor/edit-filters.ts';
import { fieldMenu } from './field-menu.ts';
import type { FieldActions } from './field-menu.ts';
import styles from './fields-rail.module.css';
import { mostValues, useFieldValues, usualValues } from './use-fields.ts';
import type { FieldStatistics, Selection } from './use-fields.ts';
import { ValueRow } from './value-row.tsx';

interface FieldEntryProps {
  readonly field: FieldStatistics;
  readonly selection: Selection | undefined;
  readonly actions: FieldActions;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  /** Another number: somebody wants to see this field. */
  readonly wanted: number;
}

export function FieldEntry({ field, selection, actions, isOpen, onToggle, wanted }: FieldEntryProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (wanted > 0) element.current?.scrollIntoView({ block: 'nearest' });
  }, [wanted]);
  const types = Object.keys(field.types);
  return (
    <div ref={element} className={styles.entry} data-field={field.name}>
      <div className={styles.head}>
        <button type="button" className={styles.toggle} aria-expanded={isOpen} onClick={onToggle}>
          <Icon name={isOpen ? 'chevronDown' : 'chevronRight'} size={12} />
          <span className={styles.name} title={field.name}>
            <bdi>{toVisibleText(field.name)}</bdi>
          </span>
          {types.length > 1 ? (
            <span className={styles.types} title={types.map((type) => `${type}: ${counted(field.types[type], 'line')}`).join(', ')}>
              {types.length} types
            </span>
          ) : null}
          <span className={styles.coverage} title={`${counted(field.lines, 'line')} have it`}>
            {field.coverage >= 99.95
              ? ''
              : field.coverage > 0
                ? showPercent(field.coverage)
                : field.lines > 0
                  ? showShortCount(field.lines)
                  : ''}
          </span>
        </button>
        <MenuButton
          look="quiet"
          className={styles.menu}
          label={`Actions for ${field.name}`}
          entries={() => fieldMenu({ field: field.name, value: undefined }, actions)}
        />
      </div>
      {isOpen ? <FieldValues field={field} selection={selection} actions={actions} /> : null}
    </div>
  );
}

function FieldValues({ field, selection, actions }: Pick<FieldEntryProps, 'field' | 'selection' | 'actions'>) {
  const [showsAll, setShowsAll] = useState(false);
  // what the query demands of this field is left out, so that its other values can be seen and chosen too
  const query = selection?.query ?? '';
  const withoutOwn = clearField(query, field.name);
  const own =
    selection === undefined
      ? undefined
      : { ...selection, query: withoutOwn, key: `${selection.key} ${withoutOwn === query ? '' : withoutOwn}` };
  const values = useFieldValues(own, field.name, showsAll ? mostValues : usualValues);
  const statistics = values.data?.field ?? field;
  const most = Math.max(1, ...statistics.values.map(({ lines }) => lines));
  const { numbers } = statistics;
  const hidden = statistics.distinct - statistics.values.length;
  return (
    <div className={styles.values} aria-busy={values.isFetching} role="group" aria-label={`Values of ${field.name}`}>
      {statistics.values.map((one) => (
        <ValueRow
          key={one.value}
          field={field.name}
          value={one.value}
          lines={one.lines}
          share={one.share}
          bar={one.lines / most}
          isExact={values.data?.isExact ?? statistics.distinct_is === 'exact'}
          state={filterState(query, { field: field.name, value: one.value })}
          actions={actions}
        />
      ))}
      {statistics.values.length === 0 && values.data !== undefined ? <p className={styles.note}>No values here.</p> : null}
      {numbers === undefined || statistics.source === 'column' ? null : (
        <p className={styles.numbers}>
          {(['min', 'p50', 'p95', 'p99', 'max'] as const).map((name) => (
            <span key={name}>
              <i>{name}</i> {showNumber(numbers[name])}
            </span>
          ))}
        </p>
      )}
      {hidden > 0 ? (
        <Button look="quiet" className={styles.more} onClick={() => setShowsAll((was) => !was)}>
          {showsAll
            ? `Top ${statistics.values.length} of ${statistics.distinct_is === 'exact' ? '' : 'at least '}${showShortCount(statistics.distinct)}`
            : `${statistics.distinct_is === 'exact' ? '' : 'at least '}${showShortCount(hidden)} more`}
        </Button>
      ) : null}
    </div>
  );
}
