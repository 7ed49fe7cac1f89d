/** Lines in order of time, narrow enough for a panel. */
import { memo } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { classes } from '../design/class-names.ts';
import { levelClass } from '../log-list/level-mark.tsx';
import type { LogLine } from '../log-list/line-fields.ts';
import { MessageText } from '../log-list/message-text.tsx';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showClock, showDate } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import styles from './line-strip.module.css';

export interface StripLine extends LogLine {
  /** Since the line before. */
  readonly gap_ms?: number | null;
}

interface LineStripProps {
  readonly lines: readonly StripLine[];
  readonly markedId: string;
  readonly zone: Zone;
  readonly marks: readonly RegExp[];
  /** Where the lines come from, as far as they differ. */
  readonly shows: 'service' | 'host';
  readonly onOpen: (id: string) => void;
}

const shownChars = 400;

export const LineStrip = memo(function LineStrip({ lines, markedId, zone, marks, shows, onOpen }: LineStripProps) {
  return (
    <ol className={styles.lines}>
      {lines.map((line, index) => {
        const ms = Date.parse(line.timestamp);
        const isNewDay = index > 0 && showDate(Date.parse(lines[index - 1].timestamp), zone) !== showDate(ms, zone);
        return (
          <li key={line.id} id={`around-${line.id}`} className={classes(styles.item, line.id === markedId && styles.marked)}>
            {isNewDay ? <div className={styles.day}>{showDate(ms, zone)}</div> : null}
            <button
              type="button"
              className={classes(styles.line, levelClass(line.level))}
              aria-current={line.id === markedId}
              onClick={() => onOpen(line.id)}
            >
              <span className={styles.time}>{showClock(ms, zone, 'millisecond')}</span>
              {line.gap_ms === undefined ? null : <span className={styles.gap}>{gapText(line.gap_ms)}</span>}
              <span className={styles.source}>{toVisibleText(line[shows])}</span>
              <span className={styles.message}>
                <bdi dir="ltr">
                  <MessageText text={line.message.slice(0, shownChars)} marks={marks} />
                </bdi>
                {line.message.length > shownChars ? '…' : ''}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
});

function gapText(gapMs: number | null): string {
  return gapMs === null ? '' : gapMs < 0.5 ? '·' : `+${shownSpan(gapMs)}`;
}
