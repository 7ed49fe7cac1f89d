/** A range by the browser's own fields for dates and times, in the zone of the page. */
import { useState } from 'react';
import { Button } from '../design/button.tsx';
import { two, wallTimeOf, instantOf } from './zones.ts';
import type { Zone } from './zones.ts';
import type { SettledRange, TimeChoice } from './time-choice.ts';
import { fixedChoice } from './time-choice.ts';
import styles from './time-picker.module.css';

interface CalendarFieldsProps {
  readonly settled: SettledRange | undefined;
  readonly onChoice: (choice: TimeChoice) => void;
  readonly zone: Zone;
}

export function CalendarFields({ settled, onChoice, zone }: CalendarFieldsProps) {
  const [edited, setEdited] = useState<{ readonly from?: string; readonly to?: string }>({});
  const from = edited.from ?? (settled === undefined ? '' : fieldText(settled.fromMs, zone));
  const to = edited.to ?? (settled === undefined ? '' : fieldText(settled.toMs, zone));
  const fromMs = readField(from, zone);
  const toMs = readField(to, zone);
  const range = fromMs !== undefined && toMs !== undefined && fromMs < toMs ? { fromMs, toMs } : undefined;
  return (
    <form
      className={styles.calendar}
      onSubmit={(event) => {
        event.preventDefault();
        if (range !== undefined) onChoice(fixedChoice(range));
      }}
    >
      <label>
        <span>From</span>
        <input type="datetime-local" step="1" value={from} onChange={(event) => setEdited({ ...edited, from: event.target.value })} />
      </label>
      <label>
        <span>To</span>
        <input type="datetime-local" step="1" value={to} onChange={(event) => setEdited({ ...edited, to: event.target.value })} />
      </label>
      <Button type="submit" disabled={range === undefined}>
        Apply
      </Button>
    </form>
  );
}

function fieldText(ms: number, zone: Zone): string {
  const { year, month, day, hour, minute, second } = wallTimeOf(ms, zone);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

function readField(text: string, zone: Zone): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  return instantOf({ year, month, day, hour, minute, second, millisecond: 0 }, zone);
}
