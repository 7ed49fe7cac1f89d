/** The row above the panels: which dashboard, which range, which values, how often anew; and editing and saving. */
import { useState } from 'react';
import { serverNowMs } from '../../api/server-clock.ts';
import { navigate } from '../../app/location.ts';
import { useZone } from '../../app/time-zone.ts';
import { toast } from '../../app/toasts.tsx';
import { hrefTo } from '../../app/url-state.ts';
import { Button, IconButton } from '../../design/button.tsx';
import { Select } from '../../design/field.tsx';
import { MenuButton } from '../../design/menu.tsx';
import type { MenuEntry } from '../../design/menu.tsx';
import { TimePicker } from '../../time-range/time-picker.tsx';
import type { SettledRange, TimeChoice } from '../../time-range/time-choice.ts';
import { builtinDashboards } from './builtin-dashboards.ts';
import { CommaField } from '../../design/comma-field.tsx';
import styles from './dashboards.module.css';
import { chosenVariables, dashboardsView, refreshes, variableList } from './dashboards-view.ts';
import type { DashboardsState, UpdateDashboards } from './dashboards-view.ts';
import { SaveDialog } from './save-dialog.tsx';
import { useRemoveDashboard, useSaveDashboard } from './use-dashboards.ts';
import type { SavedDashboard } from './use-dashboards.ts';
import type { Draft } from './use-draft.ts';
import { VariablesBar } from './variables-bar.tsx';

export interface DashboardToolsProps {
  readonly name: string;
  readonly version: number | undefined;
  readonly all: readonly SavedDashboard[];
  readonly draft: Draft;
  readonly choice: TimeChoice;
  readonly range: SettledRange;
  readonly renew: () => void;
  readonly state: DashboardsState;
  readonly update: UpdateDashboards;
  readonly isEditing: boolean;
  readonly setEditing: (isEditing: boolean) => void;
}

export function DashboardTools(props: DashboardToolsProps) {
  const { name, all, draft, choice, range, renew, state, update, isEditing, setEditing } = props;
  const [zone] = useZone();
  const choose = (next: TimeChoice): void =>
    update('last' in next ? { last: next.last, from: '', to: '' } : { last: '', from: next.from, to: next.to ?? '' });
  const setVariable = (field: string, value: string): void => update({ var: variableList({ ...chosenVariables(state), [field]: value }) });
  return (
    <div className={styles.tools}>
      <MenuButton label="Dashboards" entries={() => dashboardEntries(name, all, state)}>
        <h1 className={styles.title}>{draft.dashboard.title}</h1>
      </MenuButton>
      <VariablesBar fields={draft.dashboard.variables} chosen={chosenVariables(state)} onChoose={setVariable} range={range} />
      <div className={styles.push} />
      {isEditing || draft.isChanged ? <EditTools {...props} /> : null}
      <Button look="quiet" icon="edit" aria-pressed={isEditing} onClick={() => setEditing(!isEditing)}>
        Edit
      </Button>
      <TimePicker choice={choice} onChoice={choose} zone={zone} nowMs={serverNowMs} />
      <IconButton icon="refresh" label="Refresh (r)" onClick={renew} />
      <Select
        className={styles.refresh}
        label="Refresh every"
        hideLabel
        value={state.refresh}
        options={refreshes.map((one) => [one, one === 'off' ? 'no refresh' : `every ${one}`] as const)}
        onChange={(refresh) => update({ refresh }, { replace: true })}
      />
      <IconButton className={styles.wideOnly} icon="expand" label="Full screen" onClick={() => void toggleFullScreen()} />
    </div>
  );
}

async function toggleFullScreen(): Promise<void> {
  try {
    await (document.fullscreenElement === null ? document.querySelector('main')?.requestFullscreen() : document.exitFullscreen());
  } catch {
    toast({ kind: 'error', text: 'The browser does not allow full screen here.' });
  }
}

/** The range and the values stay when another one is opened. */
function dashboardEntries(current: string, all: readonly SavedDashboard[], state: DashboardsState): readonly MenuEntry[] {
  const entry = (name: string, title: string): MenuEntry => ({
    label: title,
    checked: name === current,
    run: () => navigate(hrefTo(`/dashboards/${encodeURIComponent(name)}`, dashboardsView, { ...state, panel: '' })),
  });
  const saved = all.map(({ name, dashboard }) => entry(name, dashboard.title || name));
  return [
    { heading: 'Always there' },
    ...[...builtinDashboards].map(([name, { title }]) => entry(name, title)),
    ...(saved.length === 0 ? [] : [{ heading: 'Saved' }, ...saved]),
  ];
}

/** Saving and removing, with what is said of it. */
function useKeeping({ name, version, draft }: Pick<DashboardToolsProps, 'name' | 'version' | 'draft'>) {
  const saving = useSaveDashboard();
  const removing = useRemoveDashboard();
  const onError = (error: Error): void => toast({ kind: 'error', text: error.message });
  const saveUnder = (newName: string, title: string, from: number): void =>
    saving.mutate(
      { name: newName, dashboard: { ...draft.dashboard, title }, version: from },
      {
        onError,
        onSuccess: () => {
          draft.discard();
          toast('Dashboard saved.');
          navigate(`/dashboards/${encodeURIComponent(newName)}`);
        },
      },
    );
  return {
    isSaving: saving.isPending,
    /** Undefined where it needs a name first. */
    save: version === undefined ? undefined : () => saveUnder(name, draft.dashboard.title, version),
    saveAs: (title: string, newName: string) => saveUnder(newName, title, 0),
    remove: () => removing.mutate(name, { onError, onSuccess: () => navigate('/dashboards') }),
  };
}

function EditTools(props: DashboardToolsProps) {
  const { version, all, draft } = props;
  const [isNaming, setNaming] = useState(false);
  const { isSaving, save, saveAs, remove } = useKeeping(props);
  return (
    <>
      <CommaField
        className={styles.variables}
        label="Variables"
        hideLabel
        title="Fields whose values can be chosen above, with commas between"
        placeholder="variables: service, host"
        values={draft.dashboard.variables}
        onChange={(variables) => draft.change({ variables })}
      />
      <Button icon="plus" onClick={draft.add}>
        Panel
      </Button>
      <Button
        icon="save"
        look={draft.isChanged ? 'primary' : 'plain'}
        disabled={!draft.isChanged || isSaving}
        onClick={save ?? (() => setNaming(true))}
      >
        {version === undefined ? 'Save as…' : 'Save'}
      </Button>
      <MenuButton
        label="More"
        align="end"
        entries={[
          { label: 'Save as another…', icon: 'copy', run: () => setNaming(true) },
          { label: 'Give up changes', icon: 'close', disabled: !draft.isChanged, run: draft.discard },
          ...(version === undefined
            ? []
            : (['separator', { label: 'Remove dashboard', icon: 'trash', danger: true, run: remove }] as const)),
        ]}
      />
      {isNaming ? (
        <SaveDialog
          title={draft.dashboard.title}
          taken={[...builtinDashboards.keys(), ...all.map((one) => one.name)]}
          onSave={(title, name) => {
            setNaming(false);
            saveAs(title, name);
          }}
          onClose={() => setNaming(false)}
        />
      ) : null}
    </>
  );
}
