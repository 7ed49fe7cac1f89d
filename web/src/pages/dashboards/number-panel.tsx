/** One figure, and how it went. */
import { Sparkline } from '../../design/sparkline.tsx';
import { EmptyState } from '../../design/state.tsx';
import styles from './dashboards.module.css';
import { panelCsv } from './panel-csv.ts';
import { PanelFrame } from './panel-frame.tsx';
import { seriesOf } from './panel-data.ts';
import type { DrawnPanelProps } from './panel-view.tsx';
import { showUnit } from './show-unit.ts';
import { intervalOf, steppedRange, usePanel } from './use-panel.ts';

export function NumberPanel(props: DrawnPanelProps) {
  const { panel, range, menu } = props;
  const whole = usePanel(panel, props);
  const course = { ...panel, kind: 'series', groupBy: [], limit: 1 } as const;
  const steps = usePanel(course, props);
  const { data } = whole;
  const value = data?.buckets[0]?.value;
  const intervalMs = intervalOf(course, range);
  const values =
    steps.data === undefined ? [] : (seriesOf(course, steps.data, steppedRange(range, intervalMs), intervalMs).series[0]?.values ?? []);
  return (
    <PanelFrame
      panel={panel}
      menu={menu}
      csv={data === undefined ? undefined : () => panelCsv(panel, data)}
      isLoading={whole.isFetching}
      error={data === undefined ? whole.error : null}
      onRetry={() => void whole.refetch()}
    >
      {data === undefined ? null : value === undefined || value === null ? (
        <EmptyState title="No lines in this range" />
      ) : (
        <div className={styles.number}>
          <p>{showUnit(value, panel.unit)}</p>
          <Sparkline values={values.map((one) => one ?? 0)} width={160} height={28} />
        </div>
      )}
    </PanelFrame>
  );
}
