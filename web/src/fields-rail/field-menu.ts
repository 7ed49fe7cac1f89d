/** What can be done with a field and its value: the same entries in lists, panels and the rail. */
import type { MenuEntry } from '../design/menu.tsx';
import { toVisibleText } from '../log-list/visible-text.ts';
import type { FieldValue, FilterChange } from '../query-editor/edit-filters.ts';

export interface FieldActions {
  readonly filter: (value: FieldValue, change: FilterChange) => void;
  /** No longer asks anything of the field. */
  readonly release: (field: string) => void;
  readonly toggleColumn: (field: string) => void;
  readonly isColumn: (field: string) => boolean;
  readonly topValues: (field: string) => void;
  readonly divideBars: (field: string) => void;
  readonly copy: (text: string, what: string) => void;
}

const shownChars = 40;

export function fieldMenu({ field, value }: FieldValue, actions: FieldActions): MenuEntry[] {
  const { filter, toggleColumn, isColumn, topValues, divideBars, copy } = actions;
  const shown = value === undefined ? '' : toVisibleText(value.length > shownChars ? `${value.slice(0, shownChars)}…` : value);
  const ofValue: MenuEntry[] =
    value === undefined
      ? []
      : [
          { heading: `${field}: ${shown}` },
          { label: 'Only this', icon: 'filter', run: () => filter({ field, value }, 'only') },
          { label: 'Also this', icon: 'plus', run: () => filter({ field, value }, 'include') },
          { label: 'Exclude', icon: 'minus', run: () => filter({ field, value }, 'exclude') },
          { label: 'Copy value', icon: 'copy', run: () => copy(value, 'Value') },
          'separator',
        ];
  return [
    ...ofValue,
    { label: `Lines that have ${toVisibleText(field)}`, icon: 'check', run: () => filter({ field, value: undefined }, 'only') },
    { label: 'Lines without it', icon: 'close', run: () => filter({ field, value: undefined }, 'exclude') },
    'separator',
    { label: isColumn(field) ? 'Remove column' : 'Add column', icon: 'columns', run: () => toggleColumn(field) },
    { label: 'Top values', icon: 'filter', run: () => topValues(field) },
    { label: 'Divide bars by it', icon: 'gauge', run: () => divideBars(field) },
    { label: 'Copy name', icon: 'copy', run: () => copy(field, 'Name') },
  ];
}
