/** What the parts of the Explorer share: its state, the present run, and what can be done. */
import { useCallback, useMemo, useRef } from 'react';
import { useUrlState } from '../../app/url-state.ts';
import { addTerm, changeFilter, clearField } from '../../query-editor/edit-filters.ts';
import type { FieldValue, FilterChange } from '../../query-editor/edit-filters.ts';
import { splitPipes } from '../../query-editor/piped-query.ts';
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
  /** Nothing is asked of the field any more. */
  readonly release: (field: string) => void;
  /** Lines with the value: without the pipes that have made a table of them. */
  readonly linesOf: (value: FieldValue) => void;
  /** One more condition, as text of the language; one that asks for something leads to its lines. */
  readonly narrow: (term: string) => void;
  readonly chooseTime: (choice: TimeChoice) => void;
  /** Another range that `undoZoom` leads back from. */
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
  /** What the query makes of its lines: the list's place shows a table then. */
  readonly pipes: string;
  readonly run: Run | undefined;
  readonly refresh: () => void;
  readonly actions: ExplorerActions;
  /** What stands in the query box, asked or not. */
  readonly draft: { current: string };
}

export function useExplorer(): Explorer {
  const [state, update] = useUrlState(explorerView);
  const choice = choiceOf(state);
  const { base, pipes } = splitPipes(state.q);
  const { run, refresh } = useRun(base, choice);
  const draft = useRef(state.q);
  const latest = useRef({ state, choice });
  latest.current = { state, choice };

  const ask = useCallback(
    (query: string, more: Partial<ExplorerState> = {}) => {
      const text = query.trim();
      rememberQuery(text);
      draft.current = text;
      if (text === latest.current.state.q && Object.keys(more).length === 0) refresh();
      else update({ q: text, line: '', panel: 'line', trace: '', ...more });
    },
    [refresh, update],
  );
  const times = useTimeActions(latest, update, refresh);
  const actions = useMemo<ExplorerActions>(() => {
    const setColumns = (columns: readonly string[]): void => update({ col: columns }, { replace: true });
    return {
      ...times,
      ask: (query) => ask(query),
      filter: (value, change) => ask(changeFilter(draft.current, value, change)),
      linesOf: (value) => ask(changeFilter(splitPipes(draft.current).base, value, 'only'), { show: 'lines' }),
      release: (field) => ask(clearField(draft.current, field)),
      narrow: (term) => ask(addTerm(draft.current, term), term.startsWith('-') ? {} : { show: 'lines' }),
      setColumns,
      toggleColumn: (field) => {
        const columns = columnsOf(latest.current.state);
        setColumns(columns.includes(field) ? columns.filter((one) => one !== field) : withColumn(columns, field));
      },
    };
  }, [ask, times, update]);
  return { state, update, choice, pipes, run, refresh, actions, draft };
}

type TimeActions = Pick<ExplorerActions, 'chooseTime' | 'zoom' | 'undoZoom'>;

function useTimeActions(
  latest: { readonly current: { readonly choice: TimeChoice } },
  update: UpdateExplorer,
  refresh: () => void,
): TimeActions {
  const zooms = useRef<TimeChoice[]>([]);
  return useMemo(
    () => ({
      chooseTime: (next) => {
        zooms.current = [];
        if (JSON.stringify(next) === JSON.stringify(latest.current.choice)) refresh();
        else update({ ...timeParameters(next), at: '' });
      },
      zoom: (range) => {
        zooms.current.push(latest.current.choice);
        update({ ...timeParameters(fixedChoice(range)), live: false });
      },
      undoZoom: () => {
        const before = zooms.current.pop();
        if (before !== undefined) update(timeParameters(before));
        return before !== undefined;
      },
    }),
    [latest, update, refresh],
  );
}

/** Before the message, which takes what is left of the width. */
function withColumn(columns: readonly string[], field: string): readonly string[] {
  const message = columns.indexOf('message');
  return message < 0 ? [...columns, field] : [...columns.slice(0, message), field, ...columns.slice(message)];
}
