/**
 * The time range of a page: the usual spans at one press, and a field that takes any range as it is typed or pasted. Arrow keys
 * in the field move the range by its half.
 */
import { useRef, useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import { useImperativeHandle } from 'react';
import { Button, IconButton } from '../design/button.tsx';
import { classes } from '../design/class-names.ts';
import { Icon } from '../design/icon.tsx';
import { Popover } from '../design/popover.tsx';
import { CalendarFields } from './calendar-fields.tsx';
import { readRange } from './read-range.ts';
import { showChoice, showInstant, spanWords } from './show-time.ts';
import { fixedChoice, quickSpans, settleRange, shiftRange } from './time-choice.ts';
import type { TimeChoice } from './time-choice.ts';
import styles from './time-picker.module.css';
import type { Zone } from './zones.ts';

export interface TimePickerHandle {
  readonly open: () => void;
}

interface TimePickerProps {
  readonly ref?: Ref<TimePickerHandle>;
  readonly choice: TimeChoice;
  readonly onChoice: (choice: TimeChoice) => void;
  readonly zone: Zone;
  readonly nowMs: () => number;
}

export function TimePicker({ ref, choice, onChoice, zone, nowMs }: TimePickerProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  useImperativeHandle(ref, () => ({ open: () => setOpen(true) }), []);
  const settled = settleRange(choice, nowMs());
  const choose = (next: TimeChoice): void => {
    setOpen(false);
    onChoice(next);
  };
  const shift = (direction: -1 | 1): void => {
    if (settled !== undefined) onChoice(fixedChoice(shiftRange(settled, direction)));
  };
  const isQuick = 'last' in choice && quickSpans.some((span) => span === choice.last);
  return (
    <div className={styles.picker} role="group" aria-label="Time range">
      <div className={styles.spans}>
        {quickSpans.map((span) => (
          <button
            key={span}
            type="button"
            className={classes(styles.span, 'last' in choice && choice.last === span && styles.chosen)}
            aria-pressed={'last' in choice && choice.last === span}
            title={`Last ${spanWords(span)}`}
            onClick={() => onChoice({ last: span })}
          >
            {span}
          </button>
        ))}
      </div>
      <button
        ref={anchor}
        type="button"
        className={classes(styles.range, !isQuick && styles.chosen)}
        aria-haspopup="dialog"
        aria-expanded={open}
        title="Choose a time range (d)"
        onClick={() => setOpen((was) => !was)}
      >
        <Icon name="clock" size={14} />
        <span>{showChoice(choice, settled, zone, nowMs())}</span>
      </button>
      <IconButton icon="chevronLeft" label="Earlier by half the range ([)" className={styles.step} onClick={() => shift(-1)} />
      <IconButton icon="chevronRight" label="Later by half the range (])" className={styles.step} onClick={() => shift(1)} />
      <Popover open={open} onClose={() => setOpen(false)} anchor={anchor} align="end" label="Time range" className={styles.popover}>
        <RangeChooser choice={choice} onChoice={choose} zone={zone} nowMs={nowMs()} />
      </Popover>
    </div>
  );
}

const spans = ['5m', '15m', '30m', '1h', '4h', '12h', '24h', '2d', '7d', '30d'] as const;
const days = ['today', 'yesterday'] as const;

interface ChooserProps {
  readonly choice: TimeChoice;
  readonly onChoice: (choice: TimeChoice) => void;
  readonly zone: Zone;
  readonly nowMs: number;
}

function RangeChooser({ choice, onChoice, zone, nowMs }: ChooserProps) {
  const [typed, setTyped] = useState('');
  const read = typed.trim() === '' ? undefined : readRange(typed, { nowMs, zone });
  const settled = settleRange(read ?? choice, nowMs);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && read !== undefined) onChoice(read);
  };
  return (
    <div className={styles.chooser}>
      <label className={styles.typed}>
        <span>Type or paste a range</span>
        <input
          autoFocus
          value={typed}
          placeholder="14:00 - 14:10, 3h, yesterday, 2026-11-21, now-2h, 1732200000"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={typed.trim() !== '' && read === undefined}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <p className={styles.meaning} role="status">
        {typed.trim() !== '' && read === undefined
          ? 'Not a range yet.'
          : settled === undefined
            ? ''
            : `${showInstant(settled.fromMs, zone, 'second')} – ${showInstant(settled.toMs, zone, 'second')}`}
      </p>
      <div className={styles.choices}>
        {spans.map((span) => (
          <Button key={span} look="quiet" aria-pressed={'last' in choice && choice.last === span} onClick={() => onChoice({ last: span })}>
            Last {spanWords(span)}
          </Button>
        ))}
        {days.map((day) => (
          <Button key={day} look="quiet" onClick={() => onChoice(readRange(day, { nowMs, zone }) ?? choice)}>
            {day === 'today' ? 'Today' : 'Yesterday'}
          </Button>
        ))}
      </div>
      <CalendarFields settled={settled} onChoice={onChoice} zone={zone} />
    </div>
  );
}
