/** The first row: what is searched, when, and what can be done with all of it. */
import { useMemo } from 'react';
import { newRuleHref } from '../alerts/alerts-view.ts';
import { serverNowMs } from '../../api/server-clock.ts';
import { navigate } from '../../app/location.ts';
import { Button, IconButton } from '../../design/button.tsx';
import { ExportButton } from '../../exporting/export-button.tsx';
import type { ExportFormat } from '../../exporting/export-task.ts';
import { exportTable } from '../../exporting/export-table.ts';
import { startExport } from '../../exporting/exports.tsx';
import { QueryEditor } from '../../query-editor/query-editor.tsx';
import type { QueryEditorHandle } from '../../query-editor/query-editor.tsx';
import { SavedQueriesButton } from '../../saved-queries/saved-queries-button.tsx';
import { TimePicker } from '../../time-range/time-picker.tsx';
import type { TimePickerHandle } from '../../time-range/time-picker.tsx';
import type { Zone } from '../../time-range/zones.ts';
import styles from './explorer.module.css';
import { timeParameters } from './explorer-view.ts';
import type { ExplorerState } from './explorer-view.ts';
import type { Explorer } from './use-explorer.ts';
import type { LineMark } from './use-line-mark.ts';

interface TopRowProps {
  readonly explorer: Explorer;
  readonly mark: LineMark;
  readonly editor: React.RefObject<QueryEditorHandle | null>;
  readonly picker: React.RefObject<TimePickerHandle | null>;
  readonly zone: Zone;
  /** Lines of the search, where they are counted. */
  readonly total: number | undefined;
  readonly onShare: () => void;
}

export function TopRow({ explorer, mark, editor, picker, zone, total, onShare }: TopRowProps) {
  const { state, update, run, choice, refresh, actions, draft } = explorer;
  const scope = useMemo(() => ({ timeRange: run?.timeRange }), [run]);
  return (
    <div className={styles.top}>
      <QueryEditor
        ref={editor}
        query={state.q}
        onSubmit={actions.ask}
        onDraft={(text) => (draft.current = text)}
        onLeave={() => mark.list.current?.focus()}
        scope={scope}
      />
      <div className={styles.tools}>
        <TimePicker ref={picker} choice={choice} onChoice={actions.chooseTime} zone={zone} nowMs={serverNowMs} />
        <IconButton icon="refresh" label="Ask again (r)" look="plain" onClick={refresh} />
        <Button
          className={styles.live}
          aria-pressed={state.live}
          title={state.live ? 'Stop following (l)' : 'Follow new lines as they arrive (l)'}
          onClick={() => update({ live: !state.live, show: 'lines' })}
        >
          <i aria-hidden="true" />
          Live
        </Button>
        <ExportButton disabled={run === undefined} onExport={(format) => exportRun(explorer, format, total)} />
        <SavedQueriesButton
          current={{ query: state.q, time_range: choice, state: keptState(state) }}
          onOpen={(saved) => update({ ...saved.state, q: saved.query, ...timeParameters(saved.time_range), line: '', trace: '' })}
        />
        <IconButton icon="bell" look="plain" label="Alert on this query (a)" onClick={() => navigate(newRuleHref(run?.query ?? ''))} />
        <IconButton icon="link" look="plain" label="Share: copy a link to exactly this (s)" onClick={onShare} />
      </div>
    </div>
  );
}

/** What is kept with a saved search besides query and range. */
function keptState({ show, sort, col, wrap, by }: ExplorerState): Partial<ExplorerState> {
  return { show, sort, col, wrap, by };
}

/** The columns of the screen, where some were chosen. */
function exportRun({ state, run, pipes }: Explorer, format: ExportFormat, total: number | undefined): void {
  if (run === undefined) return;
  if (pipes !== '') return void exportTable({ query: state.q, timeRange: run.timeRange });
  const hasColumns = (format === 'csv' || format === 'ndjson') && state.col.length > 0;
  startExport({
    format,
    expectedLines: total,
    body: {
      query: run.query,
      time_range: run.timeRange,
      allow_wide_range: true,
      sort: state.sort,
      format,
      ...(hasColumns ? { columns: ['timestamp', 'level', ...state.col] } : {}),
    },
  });
}
