/** The groups of a histogram with their counts, as buttons: a press asks for lines of one only. */
import { showCount, showShortCount } from '../design/figures.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { fillOf, groupLabel } from './bar-colours.ts';
import styles from './histogram.module.css';
import type { BarGroup, StackedBars } from './stacked-bars.ts';

interface LegendProps {
  readonly bars: StackedBars | undefined;
  readonly byLevel: boolean;
  readonly onPick: (group: BarGroup) => void;
}

export function Legend({ bars, byLevel, onPick }: LegendProps) {
  return (
    <div className={styles.legend} role="group" aria-label="Groups of the bars" data-levels={byLevel}>
      {bars?.groups.map((group, index) => (
        <button
          key={group.name}
          type="button"
          className={styles.legendItem}
          disabled={group.isRest}
          title={group.isRest ? undefined : `Only ${groupLabel(group, byLevel)}: ${showCount(group.total)} lines`}
          onClick={() => onPick(group)}
        >
          <i style={{ background: fillOf(group, index, byLevel) }} />
          <span>{toVisibleText(groupLabel(group, byLevel))}</span>
          <b>{showShortCount(group.total)}</b>
        </button>
      ))}
    </div>
  );
}
