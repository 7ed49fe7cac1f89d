/** Round times under a chart, as many as fit. */
import { showClock, showDate } from '../time-range/show-time.ts';
import type { SettledRange } from '../time-range/time-choice.ts';
import { offsetMs } from '../time-range/zones.ts';
import type { Zone } from '../time-range/zones.ts';
import styles from './histogram.module.css';
import { axisMarks } from './intervals.ts';

/** Room of a label, in pixels. */
const labelWidth = 84;
const dayMs = 86_400_000;

export function TimeAxis({ range, width, zone }: { readonly range: SettledRange; readonly width: number; readonly zone: Zone }) {
  const marks = axisMarks(range, Math.floor(width / labelWidth), offsetMs(range.fromMs, zone));
  const spanMs = range.toMs - range.fromMs;
  const stepMs = marks.length > 1 ? marks[1] - marks[0] : spanMs;
  return (
    <div className={styles.axis} aria-hidden="true">
      {width === 0
        ? null
        : marks.map((ms) => {
            const x = ((ms - range.fromMs) / spanMs) * width;
            return x < 18 || x > width - 18 ? null : (
              <span key={ms} style={{ left: x }}>
                {labelOf(ms, stepMs, zone)}
              </span>
            );
          })}
    </div>
  );
}

/** The date at midnight, else the clock. */
function labelOf(ms: number, stepMs: number, zone: Zone): string {
  const clock = showClock(ms, zone, stepMs < 60_000 ? 'second' : 'minute');
  return stepMs >= dayMs || clock === '00:00' ? showDate(ms, zone).slice(5) : clock;
}
