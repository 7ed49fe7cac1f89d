/** Kept searches: open one, keep the present one, remove one. */
import { useRef, useState } from 'react';
import { Button, IconButton } from '../design/button.tsx';
import { Popover } from '../design/popover.tsx';
import { toVisibleText } from '../log-list/visible-text.ts';
import styles from './saved-queries.module.css';
import { useChangeSavedQueries, useSavedQueries } from './use-saved-queries.ts';
import type { SavedSearch } from './use-saved-queries.ts';

interface SavedQueriesButtonProps {
  readonly current: SavedSearch;
  readonly onOpen: (search: SavedSearch) => void;
}

export function SavedQueriesButton({ current, onOpen }: SavedQueriesButtonProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  return (
    <>
      <IconButton
        ref={anchor}
        icon="star"
        look="plain"
        label="Saved searches"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen((was) => !was)}
      />
      <Popover open={open} onClose={() => setOpen(false)} anchor={anchor} align="end" label="Saved searches">
        <SavedQueries
          current={current}
          onOpen={(search) => {
            setOpen(false);
            onOpen(search);
          }}
        />
      </Popover>
    </>
  );
}

function SavedQueries({ current, onOpen }: SavedQueriesButtonProps) {
  const saved = useSavedQueries(true);
  const { save, remove } = useChangeSavedQueries();
  const [name, setName] = useState('');
  const exists = saved.data?.saved.some((one) => one.name === name.trim()) ?? false;
  return (
    <div className={styles.saved}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') save.mutate({ name: name.trim(), view: current }, { onSuccess: () => setName('') });
        }}
      >
        <input
          autoFocus
          value={name}
          maxLength={100}
          placeholder="Name of this search"
          aria-label="Name of this search"
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" icon="save" disabled={name.trim() === '' || save.isPending}>
          {exists ? 'Replace' : 'Save'}
        </Button>
      </form>
      <ul>
        {saved.data?.saved.map(({ name: own, view }) => (
          <li key={own} className={styles.row}>
            <button type="button" className={styles.open} onClick={() => onOpen(view as unknown as SavedSearch)}>
              <b>{toVisibleText(own)}</b>
              <span>{toVisibleText(String(view['query'] ?? '')) || 'all lines'}</span>
            </button>
            <IconButton icon="trash" label={`Remove ${own}`} onClick={() => remove.mutate(own)} />
          </li>
        ))}
      </ul>
      {saved.data?.saved.length === 0 ? <p className={styles.none}>No search is saved yet.</p> : null}
      {saved.error === null ? null : <p className={styles.none}>{saved.error.message}</p>}
    </div>
  );
}
