/** A few lines around a line, under it: where a key for the whole context is not at hand. */
import { useQuery } from '@tanstack/react-query';
import { Button } from '../design/button.tsx';
import { callExactly } from '../log-list/call-exactly.ts';
import type { LogLine } from '../log-list/line-fields.ts';
import type { ContextScope } from './context-view.tsx';
import { LineStrip } from './line-strip.tsx';
import type { LinePanelProps } from './line-panel.tsx';
import styles from './line-panel.module.css';

const linesEachWay = 5;

export function LinesAround({
  line,
  zone,
  marks,
  scope,
  actions,
}: Pick<LinePanelProps, 'zone' | 'marks' | 'actions'> & { readonly line: LogLine; readonly scope: ContextScope }) {
  const { data } = useQuery({
    queryKey: ['around', line.id, scope],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      callExactly('context', { path: { id: line.id }, query: { scope, before: linesEachWay, after: linesEachWay } }, signal),
  });
  return (
    <section className={styles.around} aria-label="Lines around the line">
      <h3>
        Around it{scope === 'host' && line.host !== '' ? ' on its host' : ''}
        <Button look="quiet" onClick={() => actions.show('context')}>
          All of it
        </Button>
      </h3>
      <LineStrip lines={data?.lines ?? []} markedId={line.id} zone={zone} marks={marks} shows="service" onOpen={actions.openLine} />
    </section>
  );
}
