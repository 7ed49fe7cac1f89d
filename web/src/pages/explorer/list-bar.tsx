/** Between bars and lines: which view, the groups of the bars, how far the search is, and how lines look. */
import { useState } from 'react';
import { useStored } from '../../app/stored.ts';
import { Button, IconButton } from '../../design/button.tsx';
import { showCount } from '../../design/figures.ts';
import { MenuButton } from '../../design/menu.tsx';
import type { MenuEntry } from '../../design/menu.tsx';
import { QuickValues } from '../../fields-rail/quick-values.tsx';
import type { FieldActions } from '../../fields-rail/field-menu.ts';
import { Legend } from '../../histogram/legend.tsx';
import { HighlightsDialog } from '../../log-list/highlights-dialog.tsx';
import type { Zone } from '../../time-range/zones.ts';
import styles from './explorer.module.css';
import { columnsOf } from './explorer-view.ts';
import { isDensity } from './lines.tsx';
import { SearchState } from './search-state.tsx';
import type { Explorer } from './use-explorer.ts';
import type { RunHistogram } from './use-histogram.ts';
import type { LineMark } from './use-line-mark.ts';
import type { LiveLines } from './use-live-lines.ts';

interface ListBarProps {
  readonly explorer: Explorer;
  readonly histogram: RunHistogram | undefined;
  readonly live: LiveLines;
  readonly fieldActions: FieldActions;
  readonly mark: LineMark;
  readonly zone: Zone;
  readonly rail: boolean;
  readonly onRail: () => void;
}

const views = [
  ['lines', 'Lines', '1'],
  ['patterns', 'Patterns', '2'],
  ['compare', 'Compare', '3'],
] as const;

export function ListBar({ explorer, histogram, live, fieldActions, mark, zone, rail, onRail }: ListBarProps) {
  const { state, update, actions } = explorer;
  return (
    <div className={styles.bar}>
      <IconButton icon="filter" label={rail ? 'Hide fields (f)' : 'Show fields (f)'} aria-pressed={rail} onClick={onRail} />
      <div className={styles.views} role="tablist" aria-label="View">
        {views.map(([view, label, key]) => (
          <button
            key={view}
            type="button"
            role="tab"
            aria-selected={state.show === view}
            className={styles.view}
            title={`${label} (${key})`}
            onClick={() => update({ show: view, ...(view === 'lines' ? {} : { live: false }) })}
          >
            {view === 'lines' && explorer.pipes !== '' ? 'Table' : label}
          </button>
        ))}
      </div>
      <span className={styles.count} role="status">
        {histogram === undefined ? '' : `${histogram.isExtrapolated ? 'about ' : ''}${showCount(histogram.bars.total)} lines`}
      </span>
      <Legend
        bars={histogram?.bars}
        byLevel={state.by === 'level'}
        onPick={(group) => actions.filter({ field: state.by, value: group.name }, 'only')}
      />
      {state.by === 'level' ? null : (
        <Button look="quiet" icon="close" title="Divide the bars by level" onClick={() => update({ by: 'level' }, { replace: true })}>
          by {state.by}
        </Button>
      )}
      {rail ? null : <QuickValues field="service" selection={live.begunRun} actions={fieldActions} />}
      <span className={styles.fill} />
      {state.show === 'lines' && (explorer.pipes === '' || state.live) ? (
        <SearchState explorer={explorer} live={live} zone={zone} onTop={() => mark.list.current?.scrollTo(0)} />
      ) : null}
      {state.show === 'lines' ? <LookMenu explorer={explorer} /> : null}
    </div>
  );
}

function LookMenu({ explorer: { state, update, actions } }: { readonly explorer: Explorer }) {
  const [isHighlighting, setHighlighting] = useState(false);
  const [density, setDensity] = useStored('density', 'compact', isDensity);
  const columns = columnsOf(state);
  const usual = ['service', 'host', 'environment', 'trace_id', 'message'];
  const entries = (): readonly MenuEntry[] => [
    { label: 'Wrap long lines', hint: 'w', checked: state.wrap, run: () => update({ wrap: !state.wrap }, { replace: true }) },
    { label: 'Roomy rows', checked: density === 'roomy', run: () => setDensity(density === 'roomy' ? 'compact' : 'roomy') },
    { label: 'Highlight …', icon: 'edit', run: () => setHighlighting(true) },
    {
      label: 'Oldest first',
      checked: state.sort === 'asc',
      run: () => update({ sort: state.sort === 'asc' ? 'desc' : 'asc', live: false }),
    },
    'separator',
    { heading: 'Columns; any other field by its menu' },
    ...[...new Set([...columns, ...usual])].map((column) => ({
      label: column,
      checked: columns.includes(column),
      disabled: columns.length === 1 && columns.includes(column),
      run: () => actions.toggleColumn(column),
    })),
    'separator',
    { label: 'Usual columns', disabled: state.col.length === 0, run: () => actions.setColumns([]) },
    { heading: 'Divide the bars by' },
    ...['level', 'service', 'host'].map((field) => ({
      label: field,
      checked: state.by === field,
      run: () => update({ by: field }, { replace: true }),
    })),
  ];
  return (
    <>
      <MenuButton look="quiet" icon="columns" label="Columns and look" align="end" entries={entries} />
      {isHighlighting ? <HighlightsDialog onClose={() => setHighlighting(false)} /> : null}
    </>
  );
}
