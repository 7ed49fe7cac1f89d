/** One line of a list. */
import { memo } from 'react';
import { classes } from '../design/class-names.ts';
import { showClock, showDate } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import { levelClass, levelWordClass } from './level-mark.tsx';
import { fieldText } from './line-fields.ts';
import type { LogLine } from './line-fields.ts';
import { MessageText } from './message-text.tsx';
import styles from './log-list.module.css';
import { toVisibleText } from './visible-text.ts';

export interface RowLook {
  readonly columns: readonly string[];
  readonly zone: Zone;
  readonly wrap: boolean;
  /** Lines of more than one day: the time has its date. */
  readonly withDate: boolean;
  readonly marks: readonly RegExp[];
}

interface LogRowProps {
  readonly line: LogLine;
  readonly index: number;
  readonly look: RowLook;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly id: string;
  /** Where it stands in the list, in pixels. */
  readonly top: number;
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
}

/** What a row shows of a message: more would neither fit nor be read there. */
const shownChars = 600;
const shownCharsWrapped = 4000;

export const LogRow = memo(function LogRow({ line, index, look, isCurrent, isOpen, id, top, measure }: LogRowProps) {
  const timeMs = Date.parse(line.timestamp);
  return (
    <div
      ref={measure}
      id={id}
      style={{ top }}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      data-index={index}
      className={classes(
        styles.row,
        levelClass(line.level),
        isCurrent && styles.current,
        isOpen && styles.open,
        look.wrap && styles.wrapped,
      )}
    >
      <span role="gridcell" className={styles.time}>
        {look.withDate ? `${showDate(timeMs, look.zone).slice(5)} ` : ''}
        {showClock(timeMs, look.zone, 'millisecond')}
      </span>
      <span role="gridcell" className={classes(styles.level, levelWordClass(line.level))}>
        {line.level ?? '–'}
      </span>
      {look.columns.map((column) => (
        <Cell key={column} line={line} column={column} look={look} />
      ))}
    </div>
  );
});

function Cell({ line, column, look }: { readonly line: LogLine; readonly column: string; readonly look: RowLook }) {
  if (column === 'message') return <MessageCell text={line.message} look={look} />;
  const value = fieldText(line, column);
  return (
    <span role="gridcell" className={styles.cell}>
      {value === undefined ? <span className={styles.absent}>–</span> : toVisibleText(value.slice(0, shownChars))}
    </span>
  );
}

function MessageCell({ text, look }: { readonly text: string; readonly look: RowLook }) {
  const lineEnd = text.indexOf('\n');
  const whole = look.wrap || lineEnd < 0 ? text : text.slice(0, lineEnd);
  const shown = whole.slice(0, look.wrap ? shownCharsWrapped : shownChars);
  const furtherLines = look.wrap || lineEnd < 0 ? 0 : text.slice(lineEnd + 1, 100_000).split('\n').length;
  return (
    <span role="gridcell" className={styles.message}>
      <MessageText text={shown} marks={look.marks} />
      {shown.length < whole.length ? <span className={styles.more}>…</span> : null}
      {furtherLines > 0 ? <span className={styles.more}>+{furtherLines} lines</span> : null}
    </span>
  );
}
