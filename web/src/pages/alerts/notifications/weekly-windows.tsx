/** Hours of some days, on the clocks of a place: for on-call hours and maintenance. */
import type { Weekday, WeeklyWindow } from '../../../api/operations.ts';
import { zoneName } from '../../../app/time-zone.ts';
import { Button, IconButton } from '../../../design/button.tsx';
import { Field } from '../../../design/field.tsx';
import styles from './notifications.module.css';

const weekdays: readonly (readonly [Weekday, string])[] = [
  ['mon', 'Mon'],
  ['tue', 'Tue'],
  ['wed', 'Wed'],
  ['thu', 'Thu'],
  ['fri', 'Fri'],
  ['sat', 'Sat'],
  ['sun', 'Sun'],
];

interface WeeklyWindowsProps {
  readonly windows: readonly WeeklyWindow[];
  readonly onChange: (windows: readonly WeeklyWindow[]) => void;
  readonly add: string;
}

export function WeeklyWindows({ windows, onChange, add }: WeeklyWindowsProps) {
  return (
    <div className={styles.windows}>
      {windows.map((window, index) => (
        <OneWindow
          key={index}
          window={window}
          onChange={(next) => onChange(windows.with(index, next))}
          onRemove={() => onChange(windows.toSpliced(index, 1))}
        />
      ))}
      <Button look="quiet" icon="plus" onClick={() => onChange([...windows, { from: '09:00', to: '17:00', zone: zoneName('local') }])}>
        {add}
      </Button>
    </div>
  );
}

interface OneWindowProps {
  readonly window: WeeklyWindow;
  readonly onChange: (window: WeeklyWindow) => void;
  readonly onRemove: () => void;
}

function OneWindow({ window, onChange, onRemove }: OneWindowProps) {
  const days = window.days ?? weekdays.map(([day]) => day);
  const toggle = (day: Weekday): void => {
    const next = weekdays.map(([one]) => one).filter((one) => (one === day ? !days.includes(one) : days.includes(one)));
    if (next.length > 0) onChange({ ...window, days: next.length === weekdays.length ? undefined : next });
  };
  return (
    <div className={styles.window}>
      <div className={styles.days} role="group" aria-label="Days">
        {weekdays.map(([day, name]) => (
          <button key={day} type="button" aria-pressed={days.includes(day)} onClick={() => toggle(day)}>
            {name}
          </button>
        ))}
      </div>
      <Field
        label="From"
        hideLabel
        mono
        placeholder="00:00"
        value={window.from ?? ''}
        onChange={(from) => onChange({ ...window, from: from || undefined })}
      />
      <span>to</span>
      <Field
        label="To"
        hideLabel
        mono
        placeholder="24:00"
        value={window.to ?? ''}
        onChange={(to) => onChange({ ...window, to: to || undefined })}
      />
      <Field
        className={styles.zone}
        label="Zone"
        hideLabel
        mono
        placeholder="UTC"
        value={window.zone ?? ''}
        onChange={(zone) => onChange({ ...window, zone: zone || undefined })}
      />
      <IconButton icon="close" label="Remove this window" onClick={onRemove} />
    </div>
  );
}

/** `Mon–Fri 09:00–17:00 Europe/Berlin`. Pure. */
export function windowWords({ days, from = '00:00', to = '24:00', zone = 'UTC' }: WeeklyWindow): string {
  return `${daysWords(days)} ${from}–${to} ${zone}`;
}

function daysWords(days: WeeklyWindow['days']): string {
  if (days === undefined || days.length === weekdays.length) return 'every day';
  const places = weekdays.flatMap(([day], index) => (days.includes(day) ? [index] : []));
  const isRow = places.length > 2 && places.every((place, index) => place === places[0] + index);
  const name = (place: number): string => weekdays[place][1];
  return isRow ? `${name(places[0])}–${name(places[places.length - 1])}` : places.map(name).join(', ');
}
