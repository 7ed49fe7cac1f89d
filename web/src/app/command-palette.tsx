/** Everything by its name: pages, switches, and the keys of the page that is open. Arrows choose, Enter does. */
import { useId, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { classes } from '../design/class-names.ts';
import { Dialog } from '../design/dialog.tsx';
import { KeyHint } from '../design/key-hint.tsx';
import styles from './command-palette.module.css';
import { useKeyLayers } from './keys.ts';
import type { KeyLayer } from './keys.ts';
import { useTheme } from './theme.ts';
import { useZone } from './time-zone.ts';

interface Command {
  readonly name: string;
  readonly keys?: string;
  readonly run: () => void;
}

export function CommandPalette({ onClose, onShortcuts }: { readonly onClose: () => void; readonly onShortcuts: () => void }) {
  const [layers] = useState(useKeyLayers());
  const [, setTheme] = useTheme();
  const [zone, setZone] = useZone();
  const commands: readonly Command[] = [
    ...commandsOf(layers),
    { name: 'Theme: dark', run: () => setTheme('dark') },
    { name: 'Theme: light', run: () => setTheme('light') },
    { name: 'Theme: as the system', run: () => setTheme('system') },
    { name: zone === 'utc' ? 'Times in the local zone' : 'Times in UTC', run: () => setZone(zone === 'utc' ? 'local' : 'utc') },
    { name: 'All shortcuts', keys: '?', run: onShortcuts },
  ];
  return <Palette commands={commands} onClose={onClose} />;
}

function commandsOf(layers: readonly KeyLayer[]): Command[] {
  return layers
    .toReversed()
    .flatMap(({ bindings }) => bindings)
    .filter(({ hidden, keys }) => hidden !== true && keys !== 'Ctrl+k' && keys !== '?')
    .map(({ does, keys, run }) => ({ name: does, keys, run: () => run(new KeyboardEvent('keydown', { key: keys })) }));
}

function Palette({ commands, onClose }: { readonly commands: readonly Command[]; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = commands.filter(({ name }) => matches(name, typed));
  const at = Math.min(chosen, found.length - 1);
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    // after the dialog has given the focus back
    setTimeout(command.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      const next = (at + step + found.length) % found.length;
      setChosen(next);
      list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') run(found[at]);
  };
  return (
    <Dialog title="Commands" onClose={onClose}>
      <input
        className={styles.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found.length === 0 ? undefined : `${id}-${at}`}
        aria-label="Command"
        placeholder="What to do"
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(event.target.value);
          setChosen(0);
        }}
      />
      <ul id={id} ref={list} role="listbox" aria-label="Commands" className={styles.list}>
        {found.map((command, index) => (
          <li
            key={command.name}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={classes(styles.row, index === at && styles.chosen)}
            onClick={() => run(command)}
          >
            {command.name}
            {command.keys === undefined ? null : <KeyHint keys={command.keys} />}
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className={styles.none}>No command has these words.</p> : null}
    </Dialog>
  );
}

/** Every typed word stands somewhere in the name. */
function matches(name: string, typed: string): boolean {
  const lower = name.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
