/** The list of the run's lines. */
import { useCallback, useMemo, useState } from 'react';
import { ColumnHeads } from '../../log-list/column-heads.tsx';
import { columnTemplate } from '../../log-list/column-template.ts';
import { LogList } from '../../log-list/log-list.tsx';
import type { RowLook } from '../../log-list/log-row.tsx';
import { searchedText } from '../../log-list/searched-text.ts';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import { tryParse } from '../../query-editor/edit-filters.ts';
import { showDate } from '../../time-range/show-time.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Zone } from '../../time-range/zones.ts';
import { columnsOf } from './explorer-view.ts';
import type { Explorer } from './use-explorer.ts';

interface LinesProps {
  readonly explorer: Explorer;
  readonly lines: LineSearchState;
  readonly zone: Zone;
  readonly onSight: (range: SettledRange | undefined) => void;
}

export function Lines({ explorer, lines: search, zone, onSight }: LinesProps) {
  const { state, update, run, actions } = explorer;
  const { lines } = search;
  const [current, setCurrent] = useState(-1);
  const columns = columnsOf(state);
  const look = useLook(explorer, zone);
  const onSightOf = useCallback(
    (first: number, last: number) => onSight(lines.length === 0 ? undefined : rangeOf(lines[first]?.timestamp, lines[last]?.timestamp)),
    [lines, onSight],
  );
  return (
    <LogList
      lines={lines}
      look={look}
      roomy={false}
      template={columnTemplate(columns, look.withDate)}
      head={
        <ColumnHeads
          columns={columns}
          onColumns={actions.setColumns}
          sort={state.sort}
          onSort={(sort) => update({ sort })}
          onTopValues={() => {}}
          zoneLabel=""
        />
      }
      foot={null}
      current={current}
      onCurrent={setCurrent}
      openId={state.line}
      onOpen={(line) => update({ line: line.id, panel: 'line' })}
      onMenu={() => {}}
      onSight={onSightOf}
      onEnd={search.more}
      dimmed={search.isBefore}
      label={`Lines of ${run?.query ?? ''}`}
    />
  );
}

function useLook({ state, run }: Explorer, zone: Zone): RowLook {
  const marks = useMemo(() => searchedText(tryParse(state.q)), [state.q]);
  const withDate = run !== undefined && showDate(run.range.fromMs, zone) !== showDate(run.range.toMs, zone);
  const columns = columnsOf(state);
  return useMemo(() => ({ columns, zone, wrap: state.wrap, withDate, marks }), [columns.join('\n'), zone, state.wrap, withDate, marks]);
}

function rangeOf(a: string | undefined, b: string | undefined): SettledRange | undefined {
  if (a === undefined || b === undefined) return undefined;
  const [first, second] = [Date.parse(a), Date.parse(b)];
  return { fromMs: Math.min(first, second), toMs: Math.max(first, second) };
}
