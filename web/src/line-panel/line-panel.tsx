/**
 * What of a line is open, at the right of the list: the line itself, the lines around it, its trace, its pattern. A step
 * deeper keeps the way back: Esc and the tabs.
 */
import { useQuery } from '@tanstack/react-query';
import { Button, IconButton } from '../design/button.tsx';
import { ErrorState, Progress } from '../design/state.tsx';
import { Panel } from '../design/panel.tsx';
import type { FieldActions } from '../fields-rail/field-menu.ts';
import { callExactly } from '../log-list/call-exactly.ts';
import { LevelMark } from '../log-list/level-mark.tsx';
import type { LogLine } from '../log-list/line-fields.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showTimestamp } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import { ContextView } from './context-view.tsx';
import type { ContextScope } from './context-view.tsx';
import { LineView } from './line-view.tsx';
import styles from './line-panel.module.css';
import { PatternView } from './pattern-view.tsx';
import { TraceView } from './trace-view.tsx';

export type PanelPart = 'line' | 'context' | 'trace' | 'pattern';

export interface LinePanelProps {
  /** Empty where a trace is shown without a line. */
  readonly lineId: string;
  /** The line, where the list has it. */
  readonly known: LogLine | undefined;
  readonly traceId: string;
  readonly part: PanelPart;
  readonly scope: ContextScope;
  readonly zone: Zone;
  readonly marks: readonly RegExp[];
  readonly actions: FieldActions & {
    readonly narrow: (term: string) => void;
    readonly openLine: (id: string) => void;
    readonly show: (part: PanelPart) => void;
    readonly setScope: (scope: ContextScope) => void;
    readonly copyLink: (line: LogLine) => void;
    readonly close: () => void;
    /** To the line before or behind it in the list; undefined at the end of it. */
    readonly previous: (() => void) | undefined;
    readonly next: (() => void) | undefined;
  };
}

export function LinePanel(props: LinePanelProps) {
  const { lineId, known, traceId, part, zone, actions } = props;
  const asked = useQuery({
    queryKey: ['line', lineId],
    enabled: lineId !== '' && known === undefined,
    staleTime: Infinity,
    queryFn: ({ signal }) => callExactly('lineById', { path: { id: lineId } }, signal),
  });
  const line = known ?? asked.data;
  const shownTrace = traceId !== '' ? traceId : (line?.trace_id ?? '');
  return (
    <Panel
      name={part === 'context' || part === 'trace' ? 'lines' : 'line'}
      width={part === 'context' || part === 'trace' ? 620 : 440}
      label="Details"
      title={line === undefined ? shownTrace === '' ? 'Line' : 'Trace' : <PanelTitle line={line} zone={zone} />}
      onClose={actions.close}
      tools={
        line === undefined ? null : (
          <>
            <IconButton icon="arrowUp" label="Line above (k)" disabled={actions.previous === undefined} onClick={actions.previous} />
            <IconButton icon="arrowDown" label="Line below (j)" disabled={actions.next === undefined} onClick={actions.next} />
          </>
        )
      }
    >
      <Progress active={asked.isFetching} label="Reading the line" />
      {asked.error !== null && line === undefined ? <ErrorState error={asked.error} onRetry={() => void asked.refetch()} /> : null}
      {line === undefined && shownTrace === '' ? null : <PartTabs part={part} line={line} onShow={actions.show} />}
      {line !== undefined && part === 'line' ? <LineView key={line.id} line={line} {...props} /> : null}
      {line !== undefined && part === 'context' ? <ContextView key={`${line.id} ${props.scope}`} line={line} {...props} /> : null}
      {line !== undefined && part === 'pattern' ? <PatternView line={line} {...props} /> : null}
      {part === 'trace' && shownTrace !== '' ? <TraceView key={shownTrace} {...props} traceId={shownTrace} /> : null}
      {part === 'trace' && line !== undefined && shownTrace === '' ? <p className={styles.note}>This line belongs to no trace.</p> : null}
    </Panel>
  );
}

function PanelTitle({ line, zone }: { readonly line: LogLine; readonly zone: Zone }) {
  return (
    <span className={styles.title}>
      <LevelMark level={line.level} /> <b>{toVisibleText(line.service || 'no service')}</b>{' '}
      <span className={styles.time}>{showTimestamp(line.timestamp, zone)}</span>
    </span>
  );
}

const parts: readonly (readonly [part: PanelPart, label: string, key: string])[] = [
  ['line', 'Line', ''],
  ['context', 'Context', 'c'],
  ['trace', 'Trace', 't'],
  ['pattern', 'Pattern', 'p'],
];

function PartTabs({
  part,
  line,
  onShow,
}: {
  readonly part: PanelPart;
  readonly line: LogLine | undefined;
  readonly onShow: (part: PanelPart) => void;
}) {
  return (
    <div className={styles.tabs} role="tablist" aria-label="What of the line">
      {parts.map(([name, label, key]) => (
        <Button
          key={name}
          look="quiet"
          role="tab"
          aria-selected={part === name}
          className={styles.tab}
          disabled={(line === undefined && name !== 'trace') || (name === 'trace' && line?.trace_id === '')}
          title={key === '' ? undefined : `${label} (${key})`}
          onClick={() => onShow(name)}
        >
          {label}
          {key === '' ? null : <kbd>{key}</kbd>}
        </Button>
      ))}
    </div>
  );
}
