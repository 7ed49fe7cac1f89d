/** What the parts of the Explorer share: its state, the present run, and what can be done. */
import { useCallback, useMemo, useRef } from 'react';
import { useUrlState } from '../../app/url-state.ts';
import { addTerm, changeFilter, clearField } from '../../query-editor/edit-filters.ts';
import type { FieldValue, FilterChange } from '../../query-editor/edit-filters.ts';
import { rememberQuery } from '../../query-editor/recent-queries.ts';
import { fixedChoice } from '../../time-range/time-choice.ts';
import type { SettledRange, TimeChoice } from '../../time-range/time-choice.ts';
import { choiceOf, columnsOf, explorerView, timeParameters } from './explorer-view.ts';
import type { ExplorerState, UpdateExplorer } from './explorer-view.ts';
import { useRun } from './use-run.ts';
import type { Run } from './use-run.ts';

export interface ExplorerActions {
  /** Asks the query; the same once more asks again. */
  readonly ask: (query: string) => void;
  readonly filter: (value: FieldValue, change: FilterChange) => void;
  readonly clearField: (field: string) => void;
  /** One more condition, as text of the language. */
  readonly narrow: (term: string) => void;
  readonly chooseTime: (choice: TimeChoice) => void;
  /** Another range that "undo" leads back from. */
  readonly zoom: (range: SettledRange) => void;
  /** True where there was a zoom to take back. */
  readonly undoZoom: () => boolean;
  readonly setColumns: (columns: readonly string[]) => void;
  readonly toggleColumn: (field: string) => void;
}

export interface Explorer {
  readonly state: ExplorerState;
  readonly update: UpdateExplorer;
  readonly choice: TimeChoice;
  readonly run: Run | undefined;
  readonly refresh: () => void;
  readonly actions: ExplorerActions;
  /** What stands in the query box, asked or not. */
  readonly draft: { current: string };
}

export function useExplorer(): Explorer {
  const [state, update] = useUrlState(explorerView);
  const choice = choiceOf(state);
  const { run, refresh } = useRun(state.q, choice);
  const draft = useRef(state.q);
  const zooms = useRef<TimeChoice[]>([]);
  const latest = useRef({ state, choice });
  latest.current = { state, choice };

  const ask = useCallback(
    (query: string) => {
      rememberQuery(query);
      draft.current = query;
      if (query.trim() === latest.current.state.q) refresh();
      else update({ q: query.trim(), line: '', panel: 'line' });
    },
    [refresh, update],
  );
  const actions = useMemo<ExplorerActions>(() => {
    const setColumns = (columns: readonly string[]): void => update({ col: columns }, { replace: true });
    return {
      ask,
      filter: (value, change) => ask(changeFilter(draft.current, value, change)),
      clearField: (field) => ask(clearField(draft.current, field)),
      narrow: (term) => ask(addTerm(draft.current, term)),
      chooseTime: (next) => {
        zooms.current = [];
        if (JSON.stringify(next) === JSON.stringify(latest.current.choice)) refresh();
        else update(timeParameters(next));
      },
      zoom: (range) => {
        zooms.current.push(latest.current.choice);
        update(timeParameters(fixedChoice(range)));
      },
      undoZoom: () => {
        const before = zooms.current.pop();
        if (before !== undefined) update(timeParameters(before));
        return before !== undefined;
      },
      setColumns,
      toggleColumn: (field) => {
        const columns = columnsOf(latest.current.state);
        setColumns(columns.includes(field) ? columns.filter((one) => one !== field) : withColumn(columns, field));
      },
    };
  }, [ask, refresh, update]);
  return { state, update, choice, run, refresh, actions, draft };
}

/** Before the message, which takes what is left of the width. */
function withColumn(columns: readonly string[], field: string): readonly string[] {
  const message = columns.indexOf('message');
  return message < 0 ? [...columns, field] : [...columns.slice(0, message), field, ...columns.slice(message)];
}
