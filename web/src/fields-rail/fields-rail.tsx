/**
 * Which fields the lines have and what is in them: how many lines have each, its most frequent values, and one press to ask
 * for a value or to leave it out. Every name can be found, however many fields there are.
 */
import { useDeferredValue, useEffect, useState } from 'react';
import { isTextList, useStored } from '../app/stored.ts';
import { IconButton } from '../design/button.tsx';
import { counted, showPercent } from '../design/figures.ts';
import { Progress } from '../design/state.tsx';
import { FieldEntry } from './field-entry.tsx';
import type { FieldActions } from './field-menu.ts';
import styles from './fields-rail.module.css';
import { useFieldNames, useFields } from './use-fields.ts';
import type { FieldStatistics, Selection } from './use-fields.ts';

interface FieldsRailProps {
  readonly selection: Selection | undefined;
  /** The lines have begun to come. */
  readonly ready: boolean;
  readonly actions: FieldActions;
  /** A field to show the values of; `asked` counts how often that was wanted. */
  readonly wanted: { readonly field: string; readonly asked: number } | undefined;
  readonly onClose: () => void;
}

const usuallyOpen: readonly string[] = ['level', 'service'];

export function FieldsRail({ selection, ready, actions, wanted, onClose }: FieldsRailProps) {
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const [open, setOpen] = useStored('rail.open', usuallyOpen, isTextList);
  const fields = useFields(selection, ready);
  const answer = fields.data;
  const names = useFieldNames(selection, answer?.more_fields === true ? search : '');
  useEffect(() => {
    if (wanted === undefined) return;
    setTyped('');
    if (!open.includes(wanted.field)) setOpen([...open, wanted.field]);
  }, [wanted]);
  const known = inOrder(answer?.fields ?? []);
  const shown = known.filter(({ name }) => matches(name, search));
  const others = [
    ...(names.data?.values ?? []).map(({ value, lines }) => unknownField(value, lines)),
    ...wantedField(wanted?.field, search),
  ].filter(({ name }, index, all) => !known.some((field) => field.name === name) && all.findIndex((one) => one.name === name) === index);
  const toggle = (name: string): void => setOpen(open.includes(name) ? open.filter((one) => one !== name) : [...open, name]);
  return (
    <section className={styles.rail} aria-label="Fields">
      <Progress active={fields.isFetching} label="Reading fields" />
      <div className={styles.search}>
        <input
          type="search"
          value={typed}
          placeholder="Find a field"
          aria-label="Find a field"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            setTyped('');
            event.currentTarget.blur();
          }}
        />
        <IconButton icon="chevronLeft" label="Hide fields (f)" onClick={onClose} />
      </div>
      <div className={styles.fields}>
        {[...shown, ...others].map((field) => (
          <FieldEntry
            key={field.name}
            field={field}
            totalLines={answer?.total_lines ?? 0}
            selection={selection}
            actions={actions}
            isOpen={open.includes(field.name) || (search !== '' && shown.length + others.length === 1)}
            onToggle={() => toggle(field.name)}
            wanted={wanted?.field === field.name ? wanted.asked : 0}
          />
        ))}
        {answer !== undefined && shown.length + others.length === 0 ? (
          <p className={styles.note}>{search === '' ? 'No lines, so no fields.' : `No field has “${search}” in its name.`}</p>
        ) : null}
        {answer?.sampled === true ? (
          <p className={styles.note} title="Counts of attributes are estimates; an opened field is counted in all lines.">
            Shares from {showPercent(answer.sample_rate * 100)} of {counted(answer.total_lines, 'line')}
          </p>
        ) : null}
        {answer?.more_fields === true && search === '' ? <p className={styles.note}>There are more fields; find them by name.</p> : null}
      </div>
    </section>
  );
}

/** The level and the service first: most questions begin with them. */
function inOrder(fields: readonly FieldStatistics[]): readonly FieldStatistics[] {
  const place = ({ name }: FieldStatistics): number => (name === 'level' ? 0 : name === 'service' ? 1 : 2);
  return fields.toSorted((a, b) => place(a) - place(b));
}

function matches(name: string, search: string): boolean {
  return name.toLowerCase().includes(search.toLowerCase());
}

/** A field of which only the name is known so far. */
function unknownField(name: string, lines: number): FieldStatistics {
  return { name, source: 'attribute', lines, coverage: 0, types: {}, distinct: 0, distinct_is: 'at_least', values: [] };
}

function wantedField(name: string | undefined, search: string): FieldStatistics[] {
  return name === undefined || search !== '' ? [] : [unknownField(name, 0)];
}
