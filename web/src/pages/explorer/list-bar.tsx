/** Between bars and lines: what is shown, the groups of the bars, how many lines there are, and how they look. */
import { Legend } from '../../histogram/legend.tsx';
import { showCount } from '../../design/figures.ts';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';
import type { RunHistogram } from './use-histogram.ts';

interface ListBarProps {
  readonly explorer: Explorer;
  readonly histogram: RunHistogram | undefined;
  readonly lines: LineSearchState;
}

export function ListBar({ explorer, histogram, lines }: ListBarProps) {
  const { state, actions } = explorer;
  return (
    <div className={styles.bar}>
      <span className={styles.count}>{histogram === undefined ? '' : `${showCount(histogram.bars.total)} lines`}</span>
      <Legend
        bars={histogram?.bars}
        byLevel={state.by === 'level'}
        onPick={(group) => actions.filter({ field: state.by, value: group.name }, 'only')}
      />
      <span className={styles.fill} />
      <span className={styles.faint}>{lines.tookMs} ms</span>
    </div>
  );
}
