/** A panel with its answer, drawn by its kind. */
import { explorerHref } from '../../app/explorer-link.ts';
import { navigate } from '../../app/location.ts';
import { Chart } from '../../design/chart.tsx';
import { HeatMap } from '../../design/heat-map.tsx';
import type { MenuEntry } from '../../design/menu.tsx';
import { EmptyState } from '../../design/state.tsx';
import { fixedChoice } from '../../time-range/time-choice.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Panel } from './dashboard.ts';
import { withRoles } from './field-roles.ts';
import type { FieldRoles } from './field-roles.ts';
import { NumberPanel } from './number-panel.tsx';
import { PanelFrame } from './panel-frame.tsx';
import { isOverTime, ranksOf, seriesOf } from './panel-data.ts';
import type { AggregateAnswer } from './panel-data.ts';
import { panelCsv } from './panel-csv.ts';
import { PatternsPanel } from './patterns-panel.tsx';
import { RankTable, TopList } from './rank-panels.tsx';
import { showUnit } from './show-unit.ts';
import { intervalOf, steppedRange, usePanel } from './use-panel.ts';
import type { PanelSurroundings } from './use-panel.ts';

export interface PanelViewProps extends PanelSurroundings {
  readonly panel: Panel;
  /** Undefined while they are looked for. */
  readonly roles: FieldRoles | undefined;
  readonly menu: readonly MenuEntry[];
  readonly onRange: (range: SettledRange) => void;
}

export function PanelView(props: PanelViewProps) {
  const { panel, roles, menu } = props;
  const frame = { panel, menu, error: null, onRetry: () => undefined };
  const resolved = withRoles(panel, roles ?? { duration: undefined, endpoint: undefined });
  if ('missing' in resolved) {
    const isLooking = roles === undefined;
    return (
      <PanelFrame {...frame} isLoading={isLooking}>
        {isLooking ? null : (
          <EmptyState title={`No field tells ${resolved.missing === 'duration' ? 'how long something took' : 'what was asked for'}`}>
            Lines of the last hour have none of the usual names. Edit the panel and name the field.
          </EmptyState>
        )}
      </PanelFrame>
    );
  }
  const target = (fields: Readonly<Record<string, string>>): string =>
    explorerHref({ query: resolved.query, fields: { ...props.variables, ...fields }, range: fixedChoice(props.range) });
  const open = { label: 'Its lines in the Explorer', icon: 'search', run: () => navigate(target({})) } as const;
  const drawn = { ...props, panel: resolved, menu: [open, ...menu], target };
  if (panel.kind === 'patterns') return <PatternsPanel {...drawn} />;
  return panel.kind === 'number' ? <NumberPanel {...drawn} /> : <AggregatePanel {...drawn} />;
}

export interface DrawnPanelProps extends PanelViewProps {
  /** Address of the panel's lines, of one group of it. */
  readonly target: (fields: Readonly<Record<string, string>>) => string;
}

function AggregatePanel(props: DrawnPanelProps) {
  const { panel, menu } = props;
  const { data, error, isFetching, refetch } = usePanel(panel, props);
  const csv = data === undefined ? undefined : () => panelCsv(panel, data);
  return (
    <PanelFrame
      panel={panel}
      menu={menu}
      csv={csv}
      note={data === undefined ? undefined : noteOf(data)}
      isLoading={isFetching}
      error={data === undefined ? error : null}
      onRetry={() => void refetch()}
    >
      {data === undefined ? null : data.buckets.length === 0 ? (
        <EmptyState title="No lines in this range">Widen the range, or choose other values above.</EmptyState>
      ) : (
        <Drawing {...props} answer={data} />
      )}
    </PanelFrame>
  );
}

/** What its figures need to be read rightly. */
function noteOf({ complete, reason, extrapolated }: AggregateAnswer): string | undefined {
  if (!complete) return `Incomplete: ${reason ?? 'lines may be missing'}`;
  return extrapolated ? 'Sampled lines are counted by their weight' : undefined;
}

function Drawing({ panel, range, answer, onRange, target }: DrawnPanelProps & { readonly answer: AggregateAnswer }) {
  const showValue = (value: number): string => showUnit(value, panel.unit);
  const openGroup = (group: readonly string[]): string =>
    target(Object.fromEntries(panel.groupBy.map((field, index) => [field, group[index]])));
  if (!isOverTime(panel)) {
    const ranks = ranksOf(panel, answer);
    const List = panel.kind === 'table' ? RankTable : TopList;
    return <List panel={panel} ranks={ranks} showValue={showValue} hrefOf={openGroup} />;
  }
  const intervalMs = intervalOf(panel, range);
  const stepped = steppedRange(range, intervalMs);
  const { times, series } = seriesOf(panel, answer, stepped, intervalMs);
  const openSeries = (name: string): void => void (panel.groupBy.length === 1 && navigate(openGroup([name === '(none)' ? '' : name])));
  const common = { label: panel.title, times, series, showValue };
  if (panel.kind === 'heat') return <HeatMap {...common} onRow={openSeries} />;
  return (
    <Chart {...common} intervalMs={intervalMs} stacked={panel.kind === 'bars'} range={stepped} onRange={onRange} onSeries={openSeries} />
  );
}
