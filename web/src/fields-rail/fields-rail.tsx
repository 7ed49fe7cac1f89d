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
import { listedFields } from './listed-fields.ts';
import { useFieldNames, useFields } from './use-fields.ts';
import type { FieldsAnswer, Selection } from './use-fields.ts';

interface FieldsRailProps {
  readonly selection: Selection | undefined;
  readonly actions: FieldActions;
  /** A field to show the values of; `asked` counts how often that was wanted. */
  readonly wanted: { readonly field: string; readonly asked: number } | undefined;
  readonly onClose: () => void;
}

const usuallyOpen: readonly string[] = ['level', 'service'];

export function FieldsRail({ selection, actions, wanted, onClose }: FieldsRailProps) {
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const [open, setOpen] = useStored('rail.open', usuallyOpen, isTextList);
  const fields = useFields(selection);
  const answer = fields.data;
  const names = useFieldNames(selection, answer?.more_fields === true ? search : '');
  useEffect(() => {
    if (wanted === undefined) return;
    setTyped('');
    if (!open.includes(wanted.field)) setOpen([...open, wanted.field]);
  }, [wanted]);
  const found = search === '' ? [] : (names.data?.values ?? []);
  const shown = listedFields({ known: answer?.fields ?? [], found, wanted: wanted?.field, search });
  const toggle = (name: string): void => setOpen(open.includes(name) ? open.filter((one) => one !== name) : [...open, name]);
  return (
    <section className={styles.rail} aria-label="Fields">
      <Progress active={fields.isFetching} label="Reading fields" />
      <RailSearch typed={typed} onType={setTyped} onClose={onClose} />
      <div className={styles.fields}>
        {shown.map((field) => (
          <FieldEntry
            key={field.name}
            field={field}
            selection={selection}
            actions={actions}
            isOpen={open.includes(field.name) || (search !== '' && shown.length === 1)}
            onToggle={() => toggle(field.name)}
            wanted={wanted?.field === field.name ? wanted.asked : 0}
          />
        ))}
        {answer === undefined ? null : <RailNotes answer={answer} search={search} isEmpty={shown.length === 0} />}
      </div>
    </section>
  );
}

interface RailSearchProps {
  readonly typed: string;
  readonly onType: (text: string) => void;
  readonly onClose: () => void;
}

function RailSearch({ typed, onType, onClose }: RailSearchProps) {
  return (
    <div className={styles.search}>
      <input
        type="search"
        value={typed}
        placeholder="Find a field"
        aria-label="Find a field"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onType(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onType('');
          event.currentTarget.blur();
        }}
      />
      <IconButton icon="chevronLeft" label="Hide fields (f)" onClick={onClose} />
    </div>
  );
}

function RailNotes({ answer, search, isEmpty }: { readonly answer: FieldsAnswer; readonly search: string; readonly isEmpty: boolean }) {
  return (
    <>
      {isEmpty ? (
        <p className={styles.note}>{search === '' ? 'No lines, so no fields.' : `No field has “${search}” in its name.`}</p>
      ) : null}
      {answer.sampled ? (
        <p className={styles.note} title="Counts of attributes are estimates; an opened field is counted in all lines.">
          Shares from {showPercent(answer.sample_rate * 100)} of {counted(answer.total_lines, 'line')}
        </p>
      ) : null}
      {answer.more_fields && search === '' ? <p className={styles.note}>There are more fields; find them by name.</p> : null}
    </>
  );
}
