/** The list of lines, and what stands in its place where there are none. */
import { useCallback, useMemo, useState } from 'react';
import { isOneOf, useStored } from '../../app/stored.ts';
import { Menu } from '../../design/menu.tsx';
import { ErrorState } from '../../design/state.tsx';
import type { FieldActions } from '../../fields-rail/field-menu.ts';
import { ColumnHeads } from '../../log-list/column-heads.tsx';
import { columnTemplate } from '../../log-list/column-template.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import { LogList } from '../../log-list/log-list.tsx';
import type { RowLook } from '../../log-list/log-row.tsx';
import { useMarks } from '../../log-list/use-marks.ts';
import { showDate } from '../../time-range/show-time.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Zone } from '../../time-range/zones.ts';
import { columnsOf } from './explorer-view.ts';
import { lineMenu } from './line-menu.ts';
import { LinesFoot } from './lines-foot.tsx';
import { NoLines } from './no-lines.tsx';
import type { Explorer } from './use-explorer.ts';
import type { LineMark } from './use-line-mark.ts';
import type { LiveLines } from './use-live-lines.ts';

interface LinesProps {
  readonly explorer: Explorer;
  readonly live: LiveLines;
  readonly mark: LineMark;
  readonly zone: Zone;
  readonly fieldActions: FieldActions;
  readonly onSight: (range: SettledRange | undefined) => void;
}

export const isDensity = isOneOf('compact', 'roomy');

export function Lines({ explorer, live, mark, zone, fieldActions, onSight }: LinesProps) {
  const { state, run, refresh } = explorer;
  const { lines, search, setReading } = live;
  const [density] = useStored('density', 'compact', isDensity);
  const [menu, setMenu] = useState<{ readonly line: LogLine; readonly x: number; readonly y: number }>();
  const columns = columnsOf(state);
  const look = useLook(explorer, zone);
  const onSightOf = useCallback(
    (first: number, last: number) => {
      onSight(lines.length === 0 ? undefined : rangeOf(lines[first]?.timestamp, lines[last]?.timestamp));
      setReading(first > 0);
    },
    [lines, onSight, setReading],
  );
  if (lines.length === 0 && search.status === 'failed') return <ErrorState error={search.error} onRetry={refresh} />;
  if (lines.length === 0 && search.status !== 'running') return <NoLines explorer={explorer} live={live} zone={zone} />;
  return (
    <>
      <LogList
        ref={mark.list}
        lines={lines}
        look={look}
        roomy={density === 'roomy'}
        template={columnTemplate(columns, look.withDate)}
        head={<Heads explorer={explorer} columns={columns} zone={zone} onTopValues={fieldActions.topValues} />}
        foot={<LinesFoot search={search} />}
        current={mark.current}
        onCurrent={(index) => {
          mark.setCurrent(index);
          if (state.live) live.notePointer();
        }}
        openId={state.line}
        onOpen={(line, index) => {
          mark.setCurrent(index);
          mark.open(line);
        }}
        onMenu={(line, at) => setMenu({ line, ...at })}
        onSight={onSightOf}
        onEnd={search.status === 'done' ? search.more : nothing}
        dimmed={search.isBefore}
        label={run === undefined || run.query === '' ? 'Lines' : `Lines of ${run.query}`}
      />
      {menu === undefined ? null : (
        <Menu
          open
          anchor={menu}
          label="What can be done with the line"
          onClose={() => setMenu(undefined)}
          entries={lineMenu(menu.line, mark, fieldActions)}
        />
      )}
    </>
  );
}

interface HeadsProps {
  readonly explorer: Explorer;
  readonly columns: readonly string[];
  readonly zone: Zone;
  readonly onTopValues: (field: string) => void;
}

function Heads({ explorer: { state, update, actions }, columns, zone, onTopValues }: HeadsProps) {
  return (
    <ColumnHeads
      columns={columns}
      onColumns={actions.setColumns}
      sort={state.sort}
      onSort={(sort) => update({ sort, live: false })}
      onTopValues={onTopValues}
      zoneLabel={zone === 'utc' ? 'UTC' : ''}
    />
  );
}

const nothing = (): void => {};

function useLook({ state, run }: Explorer, zone: Zone): RowLook {
  const marks = useMarks(state.q);
  const withDate = run !== undefined && showDate(run.range.fromMs, zone) !== showDate(run.range.toMs - 1, zone);
  const columns = columnsOf(state);
  return useMemo(() => ({ columns, zone, wrap: state.wrap, withDate, marks }), [columns.join('\n'), zone, state.wrap, withDate, marks]);
}

function rangeOf(a: string | undefined, b: string | undefined): SettledRange | undefined {
  if (a === undefined || b === undefined) return undefined;
  const [first, second] = [Date.parse(a), Date.parse(b)];
  return { fromMs: Math.min(first, second), toMs: Math.max(first, second) };
}
