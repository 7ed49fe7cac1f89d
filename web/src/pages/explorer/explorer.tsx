/** Search box and range, bars, and below them fields, lines, and what of a line is open. */
import { useMemo, useRef, useState } from 'react';
import { serverNowMs } from '../../api/server-clock.ts';
import { useZone } from '../../app/time-zone.ts';
import { IconButton } from '../../design/button.tsx';
import { Progress } from '../../design/state.tsx';
import { Histogram } from '../../histogram/histogram.tsx';
import { QueryEditor } from '../../query-editor/query-editor.tsx';
import type { QueryEditorHandle } from '../../query-editor/query-editor.tsx';
import type { SettledRange } from '../../time-range/time-choice.ts';
import { TimePicker } from '../../time-range/time-picker.tsx';
import type { TimePickerHandle } from '../../time-range/time-picker.tsx';
import styles from './explorer.module.css';
import { Lines } from './lines.tsx';
import { ListBar } from './list-bar.tsx';
import { useExplorer } from './use-explorer.ts';
import { useHistogram } from './use-histogram.ts';
import { useRunLines } from './use-run-lines.ts';

export function Explorer() {
  const explorer = useExplorer();
  const { state, run, actions, choice, refresh, draft } = explorer;
  const [zone] = useZone();
  const editor = useRef<QueryEditorHandle>(null);
  const picker = useRef<TimePickerHandle>(null);
  const histogram = useHistogram(run, state.by);
  const lines = useRunLines(run, state.sort);
  const [sight, setSight] = useState<SettledRange>();
  const scope = useMemo(() => ({ timeRange: run?.timeRange }), [run]);
  const byLevel = state.by === 'level';
  const range = histogram.data?.range ?? run?.range;
  return (
    <div className={styles.page}>
      <div className={styles.top}>
        <QueryEditor
          ref={editor}
          query={state.q}
          onSubmit={actions.ask}
          onDraft={(text) => (draft.current = text)}
          onLeave={() => {}}
          scope={scope}
        />
        <TimePicker ref={picker} choice={choice} onChoice={actions.chooseTime} zone={zone} nowMs={serverNowMs} />
        <IconButton icon="refresh" label="Ask again (r)" look="plain" onClick={refresh} />
      </div>
      <div className={styles.histogram}>
        <Progress active={histogram.isFetching} label="Counting lines" />
        {range === undefined ? null : (
          <Histogram
            bars={histogram.data?.bars}
            range={range}
            byLevel={byLevel}
            zone={zone}
            nowMs={serverNowMs()}
            marked={sight}
            onRange={actions.zoom}
            onPick={(group) => actions.filter({ field: state.by, value: group.name }, 'only')}
          />
        )}
      </div>
      <ListBar explorer={explorer} histogram={histogram.data} lines={lines} />
      <div className={styles.body}>
        <Lines explorer={explorer} lines={lines} zone={zone} onSight={setSight} />
      </div>
    </div>
  );
}
