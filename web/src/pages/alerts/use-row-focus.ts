/** `j` and `k` in a list: the focus goes from row to row, on the link or button (`data-row`) that names each; Enter is the control's own. */
import { useRef } from 'react';
import type { RefObject } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { KeyBinding } from '../../app/keys.ts';

export interface RowFocus {
  readonly list: RefObject<HTMLDivElement | null>;
  /** Key of the row that has the focus. */
  readonly current: () => string | undefined;
}

/** `keys` besides: what the list does with the row that has the focus. */
export function useRowFocus(title: string, keys: (current: () => string | undefined) => readonly KeyBinding[] = () => []): RowFocus {
  const list = useRef<HTMLDivElement>(null);
  const rows = (): HTMLElement[] => [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const rowOf = (element: Element | null): HTMLElement | null => element?.closest<HTMLElement>('[data-key]') ?? null;
  const current = (): string | undefined => {
    const row = rowOf(document.activeElement);
    return row !== null && list.current?.contains(row) === true ? row.dataset['key'] : undefined;
  };
  const move = (by: 1 | -1): void => {
    const all = rows();
    const row = rowOf(document.activeElement);
    const at = row === null ? -1 : all.findIndex((one) => row.contains(one));
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
    next?.focus();
  };
  useKeys(title, [
    { keys: 'j', does: 'Next row', run: () => move(1) },
    { keys: 'k', does: 'Row before', run: () => move(-1) },
    { keys: 'ArrowDown', does: 'Next row', hidden: true, run: () => move(1) },
    { keys: 'ArrowUp', does: 'Row before', hidden: true, run: () => move(-1) },
    ...keys(current),
  ]);
  return { list, current };
}
