/** The histogram of the run. In a comparison a click parts before from after; elsewhere it asks for the group under it. */
import type { UseQueryResult } from '@tanstack/react-query';
import { IncidentStrip } from '../../alerts/incident-strip.tsx';
import { useIncidentsWithin } from '../../alerts/use-incidents.ts';
import { Progress } from '../../design/state.tsx';
import { Histogram } from '../../histogram/histogram.tsx';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Zone } from '../../time-range/zones.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';
import type { RunHistogram } from './use-histogram.ts';

interface BarsProps {
  readonly explorer: Explorer;
  readonly histogram: UseQueryResult<RunHistogram>;
  readonly zone: Zone;
  readonly marked: SettledRange | undefined;
  readonly nowMs: number;
}

export function Bars({ explorer, histogram, zone, marked, nowMs }: BarsProps) {
  const { state, update, run, actions } = explorer;
  const { data, error, isFetching } = histogram;
  const range = data?.range ?? run?.range;
  // after the bars, and once for each asking of the range
  const incidents = useIncidentsWithin(data?.range, data === undefined ? undefined : run?.key);
  const isComparing = state.show === 'compare';
  const cutMs = isComparing && state.at !== '' ? Date.parse(state.at) : undefined;
  return (
    <div className={styles.histogram}>
      <Progress active={isFetching} label="Counting lines" />
      {range === undefined ? null : (
        <Histogram
          bars={data?.bars}
          range={range}
          byLevel={state.by === 'level'}
          zone={zone}
          nowMs={nowMs}
          marked={marked}
          cutMs={cutMs}
          onRange={actions.zoom}
          onPick={(bar, group) => {
            if (isComparing) update({ at: new Date(bar.fromMs).toISOString() });
            else if (group !== undefined && !group.isRest) actions.filter({ field: state.by, value: group.name }, 'only');
          }}
        />
      )}
      {range === undefined || incidents.data === undefined ? null : <IncidentStrip incidents={incidents.data.incidents} range={range} />}
      {error !== null && data === undefined ? <p className={styles.barsProblem}>No bars: {error.message}</p> : null}
    </div>
  );
}
