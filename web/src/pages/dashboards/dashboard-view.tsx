/** One dashboard: its tools, its panels in a grid, and the editor of a panel beside them. */
import { useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import { useUrlState } from '../../app/url-state.ts';
import { Button } from '../../design/button.tsx';
import type { MenuEntry } from '../../design/menu.tsx';
import { EmptyState } from '../../design/state.tsx';
import { fixedChoice } from '../../time-range/time-choice.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Dashboard, Panel } from './dashboard.ts';
import { DashboardTools } from './dashboard-tools.tsx';
import styles from './dashboards.module.css';
import { chosenVariables, dashboardsView } from './dashboards-view.ts';
import { needsRoles, useFieldRoles } from './field-roles.ts';
import { PanelEditor } from './panel-editor.tsx';
import { PanelView } from './panel-view.tsx';
import type { SavedDashboard } from './use-dashboards.ts';
import { useDraft } from './use-draft.ts';
import type { Draft } from './use-draft.ts';
import { choiceOf, useRange } from './use-range.ts';

export interface DashboardViewProps {
  readonly name: string;
  readonly saved: Dashboard;
  /** Undefined for those that are built in. */
  readonly version: number | undefined;
  readonly all: readonly SavedDashboard[];
}

export function DashboardView({ name, saved, version, all }: DashboardViewProps) {
  const [state, update] = useUrlState(dashboardsView);
  const [isEditing, setEditing] = useState(false);
  const draft = useDraft(name, saved);
  const { dashboard, editedPanel } = draft;
  const choice = choiceOf(state, dashboard.last);
  const { range, renew } = useRange(choice, state.refresh);
  const roles = useFieldRoles(needsRoles(dashboard.panels));
  const large = dashboard.panels.find(({ id }) => id === state.panel);
  const shown = large === undefined ? dashboard.panels : [{ ...large, width: 12 } as const];
  useKeys('Dashboard', [
    { keys: 'r', does: 'Refresh', run: renew },
    { keys: 'e', does: isEditing ? 'End editing' : 'Edit', run: () => setEditing(!isEditing) },
    ...(large === undefined && editedPanel === undefined
      ? []
      : [
          {
            keys: 'Escape',
            does: 'One step back',
            inFields: true,
            run: () => (editedPanel ? draft.edit(undefined) : update({ panel: '' })),
          },
        ]),
  ]);
  const setRange = (range: SettledRange): void => update({ last: '', ...pickRange(range) });
  return (
    <div className={styles.page}>
      <DashboardTools {...{ name, version, all, draft, choice, range, renew, state, update, isEditing, setEditing }} />
      <div className={styles.middle}>
        <div className={styles.grid} data-large={large !== undefined}>
          {shown.map((panel) => (
            <PanelView
              key={panel.id}
              panel={panel}
              range={range}
              variables={chosenVariables(state)}
              roles={roles.isError ? { duration: undefined, endpoint: undefined } : roles.data}
              onRange={setRange}
              menu={menuOf(panel, { draft, isEditing, isLarge: large !== undefined, showLarge: (id) => update({ panel: id }) })}
            />
          ))}
          {shown.length === 0 ? <NoPanels onAdd={draft.add} /> : null}
        </div>
        {editedPanel === undefined ? null : (
          <PanelEditor
            key={editedPanel.id}
            panel={editedPanel}
            onChange={(changes) => draft.changePanel(editedPanel.id, changes)}
            onClose={() => draft.edit(undefined)}
          />
        )}
      </div>
    </div>
  );
}

function NoPanels({ onAdd }: { readonly onAdd: () => void }) {
  return (
    <EmptyState
      title="No panel yet"
      actions={
        <Button look="primary" icon="plus" onClick={onAdd}>
          Add a panel
        </Button>
      }
    >
      A panel shows any query as lines over time, a list, a table, a number or a heat map.
    </EmptyState>
  );
}

function pickRange(range: SettledRange): { readonly from: string; readonly to: string } {
  const fixed = fixedChoice(range);
  return 'last' in fixed ? { from: '', to: '' } : { from: fixed.from, to: fixed.to ?? '' };
}

interface PanelMenu {
  readonly draft: Draft;
  readonly isEditing: boolean;
  readonly isLarge: boolean;
  readonly showLarge: (id: string) => void;
}

function menuOf({ id }: Panel, { draft, isEditing, isLarge, showLarge }: PanelMenu): readonly MenuEntry[] {
  return [
    { label: isLarge ? 'Back to all panels' : 'Show large', icon: 'expand', run: () => showLarge(isLarge ? '' : id) },
    { label: 'Edit', icon: 'edit', run: () => draft.edit(id) },
    ...(isEditing
      ? ([
          { label: 'Duplicate', icon: 'copy', run: () => draft.duplicate(id) },
          { label: 'Move before', icon: 'arrowUp', run: () => draft.move(id, -1) },
          { label: 'Move behind', icon: 'arrowDown', run: () => draft.move(id, 1) },
          'separator',
          { label: 'Remove', icon: 'trash', danger: true, run: () => draft.remove(id) },
        ] as const)
      : []),
  ];
}
