/** A menu: of a button (`MenuButton`), or at a place (`Menu` with a point as its anchor). Arrows move, letters jump. */
import { useCallback, useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { Button, IconButton } from './button.tsx';
import type { ButtonProps } from './button.tsx';
import { classes } from './class-names.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon.tsx';
import styles from './menu.module.css';
import { Popover } from './popover.tsx';
import type { PopoverProps } from './popover.tsx';

export type MenuEntry =
  | {
      readonly label: string;
      readonly run: () => void;
      readonly icon?: IconName;
      /** A key that does the same, or a count. */
      readonly hint?: string;
      /** Of a choice among several: whether it is the one. */
      readonly checked?: boolean;
      readonly disabled?: boolean;
      readonly danger?: boolean;
    }
  | { readonly heading: string }
  | 'separator';

export interface MenuProps extends Pick<PopoverProps, 'open' | 'onClose' | 'anchor' | 'align' | 'label' | 'id'> {
  readonly entries: readonly MenuEntry[];
}

export function Menu({ entries, onClose, ...popover }: MenuProps) {
  return (
    <Popover role="menu" className={styles.menu} onClose={onClose} {...popover}>
      <div onKeyDown={moveFocus} role="none">
        {entries.map((entry, index) => (
          <MenuRow key={index} entry={entry} onClose={onClose} />
        ))}
      </div>
    </Popover>
  );
}

function MenuRow({ entry, onClose }: { readonly entry: MenuEntry; readonly onClose: () => void }) {
  if (entry === 'separator') return <div className={styles.separator} role="separator" />;
  if ('heading' in entry) return <div className={styles.heading}>{entry.heading}</div>;
  const { label, run, icon, hint, checked, disabled, danger } = entry;
  const choose = (): void => {
    onClose();
    run();
  };
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      disabled={disabled}
      className={classes(styles.item, danger && styles.danger)}
      onClick={choose}
    >
      {checked === undefined ? icon && <Icon name={icon} size={14} /> : <CheckMark checked={checked} />}
      <span>{label}</span>
      {hint === undefined ? null : <span className={styles.hint}>{hint}</span>}
    </button>
  );
}

function CheckMark({ checked }: { readonly checked: boolean }) {
  return checked ? <Icon name="check" size={14} /> : <svg width="14" height="14" aria-hidden="true" />;
}

function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
  const at = items.indexOf(document.activeElement as HTMLButtonElement);
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 };
  const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey ? event.key.toLowerCase() : undefined;
  const jump = letter === undefined ? -1 : nextWithLetter(items, at, letter);
  const next = event.key in steps ? steps[event.key] % items.length : jump;
  if (next < 0) return;
  event.preventDefault();
  event.stopPropagation();
  items[next]?.focus();
}

function nextWithLetter(items: readonly HTMLElement[], at: number, letter: string): number {
  const order = items.map((_, index) => (at + 1 + index) % items.length);
  return order.find((index) => items[index].textContent.trim().toLowerCase().startsWith(letter)) ?? -1;
}

export interface MenuButtonProps extends Omit<ButtonProps, 'children' | 'onClick'> {
  readonly label: string;
  readonly entries: readonly MenuEntry[] | (() => readonly MenuEntry[]);
  readonly align?: 'start' | 'end';
  /** What the button shows besides its icon; without it, it is a button with an icon only, named by `label`. */
  readonly children?: ReactNode;
}

export function MenuButton({ label, entries, align, children, ...button }: MenuButtonProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = useCallback(() => setOpen(false), []);
  // the press that closes an open popover must not open it again
  const wasOpen = useRef(false);
  const common = {
    ...button,
    ref: anchor,
    'aria-haspopup': 'menu' as const,
    'aria-expanded': open,
    'aria-controls': open ? id : undefined,
    onPointerDown: () => void (wasOpen.current = open),
    onClick: () => {
      setOpen(!(open || wasOpen.current));
      wasOpen.current = false;
    },
  };
  return (
    <>
      {children === undefined ? (
        <IconButton {...common} icon={button.icon ?? 'more'} label={label} />
      ) : (
        <Button {...common} title={label}>
          {children}
          <Icon name="chevronDown" size={12} />
        </Button>
      )}
      <Menu id={id} open={open} onClose={close} anchor={anchor} align={align} label={label} entries={open ? listOf(entries) : []} />
    </>
  );
}

function listOf(entries: MenuButtonProps['entries']): readonly MenuEntry[] {
  return typeof entries === 'function' ? entries() : entries;
}
