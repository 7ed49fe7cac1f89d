/** The panel of the open line, joined to the list. */
import { copyText } from '../../design/copy-text.ts';
import type { FieldActions } from '../../fields-rail/field-menu.ts';
import { LinePanel } from '../../line-panel/line-panel.tsx';
import type { LogLine } from '../../log-list/line-fields.ts';
import { useMarks } from '../../log-list/use-marks.ts';
import type { Zone } from '../../time-range/zones.ts';
import type { Explorer } from './use-explorer.ts';
import type { LineMark } from './use-line-mark.ts';

interface DetailsProps {
  readonly explorer: Explorer;
  readonly mark: LineMark;
  readonly zone: Zone;
  readonly fieldActions: FieldActions;
  readonly linkTo: (line: LogLine) => string;
}

export function Details({ explorer, mark, zone, fieldActions, linkTo }: DetailsProps) {
  const { state, update, actions } = explorer;
  const marks = useMarks(state.q);
  return (
    <LinePanel
      lineId={state.line}
      known={mark.openLine}
      traceId={state.trace}
      part={state.panel}
      scope={state.scope}
      zone={zone}
      marks={marks}
      actions={{
        ...fieldActions,
        narrow: actions.narrow,
        openLine: (line) => update({ line, panel: 'line', trace: '' }),
        show: (panel) => update({ panel }),
        setScope: (scope) => update({ scope }, { replace: true }),
        copyLink: (line) => void copyText(linkTo(line), 'Link'),
        close: mark.close,
        previous: mark.canMove(-1) ? () => mark.move(-1) : undefined,
        next: mark.canMove(1) ? () => mark.move(1) : undefined,
      }}
    />
  );
}
