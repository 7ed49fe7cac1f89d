/** What a press with the other button on a line offers. */
import type { MenuEntry } from '../../design/menu.tsx';
import type { FieldActions } from '../../fields-rail/field-menu.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import type { LineMark } from './use-line-mark.ts';

export function lineMenu(line: LogLine, mark: LineMark, { filter, copy }: FieldActions): MenuEntry[] {
  return [
    { label: 'Open', icon: 'expand', hint: 'Enter', run: () => mark.open(line) },
    { label: 'Lines around it', icon: 'context', hint: 'c', run: () => mark.open(line, 'context') },
    { label: 'Its trace', icon: 'trace', hint: 't', disabled: line.trace_id === '', run: () => mark.open(line, 'trace') },
    { label: 'Its pattern', icon: 'pattern', hint: 'p', run: () => mark.open(line, 'pattern') },
    'separator',
    ...(['service', 'host', 'level'] as const).flatMap((field) => {
      const value = line[field];
      return value ? [{ label: `Only ${field} ${value}`, icon: 'filter' as const, run: () => filter({ field, value }, 'only') }] : [];
    }),
    'separator',
    { label: 'Copy as JSON', icon: 'copy', hint: 'y', run: () => copy(JSON.stringify(line, undefined, 2), 'JSON') },
    { label: 'Copy message', icon: 'copy', run: () => copy(line.message, 'Message') },
    { label: 'Copy link', icon: 'link', hint: 'Y', run: () => copy(`${window.location.origin}/logs/${line.id}`, 'Link') },
  ];
}
