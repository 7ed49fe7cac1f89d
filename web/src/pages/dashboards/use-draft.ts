/** A dashboard that is being changed: the changes are kept in this tab until they are saved or given up. */
import { useCallback, useState } from 'react';
import { emptyPanel, freshId, movedPanel } from './dashboard.ts';
import type { Dashboard, Panel } from './dashboard.ts';

export interface Draft {
  readonly dashboard: Dashboard;
  readonly isChanged: boolean;
  readonly editedPanel: Panel | undefined;
  readonly edit: (id: string | undefined) => void;
  readonly change: (changes: Partial<Dashboard>) => void;
  readonly changePanel: (id: string, changes: Partial<Panel>) => void;
  readonly add: () => void;
  readonly duplicate: (id: string) => void;
  readonly remove: (id: string) => void;
  readonly move: (id: string, by: -1 | 1) => void;
  readonly discard: () => void;
}

/** `name` is the dashboard's; another one begins anew. */
export function useDraft(name: string, saved: Dashboard): Draft {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Dashboard>>>({});
  const [edited, setEdited] = useState<string>();
  const dashboard = drafts[name] ?? saved;
  const { panels } = dashboard;
  const change = useCallback(
    (changes: Partial<Dashboard>) => setDrafts((all) => ({ ...all, [name]: { ...(all[name] ?? saved), ...changes } })),
    [name, saved],
  );
  const insert = (panel: Panel, at: number): void => {
    change({ panels: panels.toSpliced(at, 0, panel) });
    setEdited(panel.id);
  };
  return {
    dashboard,
    isChanged: name in drafts,
    editedPanel: panels.find(({ id }) => id === edited),
    edit: setEdited,
    change,
    changePanel: (id, changes) => change({ panels: panels.map((panel) => (panel.id === id ? { ...panel, ...changes } : panel)) }),
    add: () => insert({ ...emptyPanel, id: freshId(panels) }, 0),
    duplicate: (id) => {
      const at = panels.findIndex((panel) => panel.id === id);
      if (at >= 0) insert({ ...panels[at], id: freshId(panels), title: `${panels[at].title}, copy` }, at + 1);
    },
    remove: (id) => change({ panels: panels.filter((panel) => panel.id !== id) }),
    move: (id, by) => change({ panels: movedPanel(panels, id, by) }),
    discard: () => {
      setEdited(undefined);
      setDrafts((all) => Object.fromEntries(Object.entries(all).filter(([one]) => one !== name)));
    },
  };
}
