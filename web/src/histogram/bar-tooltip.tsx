/** What a bar counts, beside the pointer. */
import { showCount } from '../design/figures.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showRange } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import { fillOf, groupLabel } from './bar-colours.ts';
import styles from './histogram.module.css';
import type { Bar, StackedBars } from './stacked-bars.ts';

interface BarTooltipProps {
  readonly bar: Bar;
  readonly bars: StackedBars;
  readonly byLevel: boolean;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly x: number;
  readonly width: number;
}

export function BarTooltip({ bar, bars, byLevel, zone, nowMs, x, width }: BarTooltipProps) {
  const isRight = x > width / 2;
  return (
    <div className={styles.tooltip} style={isRight ? { right: width - x + 10 } : { left: x + 10 }}>
      <div className={styles.tooltipTime}>{showRange(bar, zone, nowMs)}</div>
      {bars.groups.map((group, index) =>
        bar.counts[index] === 0 ? null : (
          <div key={group.name} className={styles.tooltipRow}>
            <i style={{ background: fillOf(group, index, byLevel) }} />
            <span>{toVisibleText(groupLabel(group, byLevel))}</span>
            <b>{showCount(bar.counts[index])}</b>
          </div>
        ),
      )}
      {bar.total === 0 ? <div className={styles.tooltipRow}>no lines</div> : null}
    </div>
  );
}
