/** Search box and range, bars, and below them fields, lines, and what of a line is open. */
import { useCallback, useRef, useState } from 'react';
import { serverNowMs } from '../../api/server-clock.ts';
import { isBoolean, useStored } from '../../app/stored.ts';
import { useZone } from '../../app/time-zone.ts';
import { copyText } from '../../design/copy-text.ts';
import { Exports } from '../../exporting/exports.tsx';
import { FieldsRail } from '../../fields-rail/fields-rail.tsx';
import type { QueryEditorHandle } from '../../query-editor/query-editor.tsx';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { TimePickerHandle } from '../../time-range/time-picker.tsx';
import { Bars } from './bars.tsx';
import { ComparePart } from './compare-part.tsx';
import { Details } from './details.tsx';
import styles from './explorer.module.css';
import { useExplorerKeys } from './explorer-keys.ts';
import { Lines } from './lines.tsx';
import { ListBar } from './list-bar.tsx';
import { PatternsView } from './patterns-view.tsx';
import { TablePart } from './table-part.tsx';
import { TopRow } from './top-row.tsx';
import { useExplorer } from './use-explorer.ts';
import { useFieldActions } from './use-field-actions.ts';
import { useHistogram } from './use-histogram.ts';
import { useLineMark } from './use-line-mark.ts';
import { useLiveLines } from './use-live-lines.ts';
import { useSharing } from './use-sharing.ts';

export function Explorer() {
  const explorer = useExplorer();
  const { state } = explorer;
  const [zone] = useZone();
  const [rail, setRail] = useStored('rail.shown', window.innerWidth > 900, isBoolean);
  const { fieldActions, wanted } = useFieldActions(
    explorer,
    useCallback(() => setRail(true), [setRail]),
  );
  const live = useLiveLines(explorer);
  const histogram = useHistogram(live.barsRun, state.by);
  const mark = useLineMark(explorer, live.lines);
  const [sight, setSight] = useState<SettledRange>();
  const sharing = useSharing(explorer, live.lines);
  const { editor, picker } = usePageKeys({ explorer, mark, sharing, toggleRail: () => setRail(!rail) });
  const shared = { explorer, live, mark, zone, fieldActions };
  const nowMs = serverNowMs();
  const isTable = explorer.pipes !== '' && !state.live;
  return (
    <div className={styles.page}>
      <TopRow {...shared} editor={editor} picker={picker} total={histogram.data?.bars.total} onShare={sharing.share} />
      <Bars {...shared} histogram={histogram} marked={state.show === 'lines' && !isTable ? sight : undefined} nowMs={nowMs} />
      <ListBar {...shared} histogram={histogram.data} rail={rail} onRail={() => setRail(!rail)} />
      <div className={styles.body}>
        {rail ? <FieldsRail selection={live.begunRun} actions={fieldActions} wanted={wanted} onClose={() => setRail(false)} /> : null}
        <div className={styles.main}>
          {state.show === 'lines' && isTable ? <TablePart explorer={explorer} zone={zone} /> : null}
          {state.show === 'lines' && !isTable ? <Lines {...shared} onSight={setSight} /> : null}
          {state.show === 'patterns' ? <PatternsView explorer={explorer} /> : null}
          {state.show === 'compare' ? <ComparePart explorer={explorer} zone={zone} nowMs={nowMs} /> : null}
        </div>
        {state.line !== '' || state.trace !== '' ? <Details {...shared} linkTo={sharing.linkTo} /> : null}
      </div>
      <Exports />
    </div>
  );
}

interface PageKeys extends Pick<Parameters<typeof useExplorerKeys>[2], 'toggleRail'> {
  readonly explorer: ReturnType<typeof useExplorer>;
  readonly mark: ReturnType<typeof useLineMark>;
  readonly sharing: ReturnType<typeof useSharing>;
}

/** Keys, and the parts of the page that they lead to. */
function usePageKeys({ explorer, mark, sharing, toggleRail }: PageKeys) {
  const editor = useRef<QueryEditorHandle>(null);
  const picker = useRef<TimePickerHandle>(null);
  const marked = mark.openLine ?? mark.currentLine;
  useExplorerKeys(explorer, mark, {
    focusQuery: () => editor.current?.focus(),
    openTimes: () => picker.current?.open(),
    share: sharing.share,
    toggleRail,
    copyJson: () => marked && void copyText(JSON.stringify(marked, undefined, 2), 'JSON'),
    copyLink: () => marked && void copyText(sharing.linkTo(marked), 'Link'),
  });
  return { editor, picker };
}
