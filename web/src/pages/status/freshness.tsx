/** How soon a line that was sent is found: what the built-in canary measures, with true requests. */
import { Section } from '../../design/section.tsx';
import { Figure } from './figure.tsx';
import { numberAt, textAt } from './status-facts.ts';
import type { StatusReport } from './status-facts.ts';
import styles from './status.module.css';

function showMs(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function Freshness({ status: { canary, consumers } }: { readonly status: StatusReport }) {
  const rounds = numberAt(canary, 'rounds') ?? 0;
  const missing = (numberAt(canary, 'missing_in_search') ?? 0) + (numberAt(canary, 'missing_in_tail') ?? 0);
  const doubled = (numberAt(canary, 'doubled_in_search') ?? 0) + (numberAt(canary, 'doubled_in_tail') ?? 0);
  const problem = textAt(canary, 'last_problem');
  const lag = Math.max(0, ...Object.values(consumers).map(({ lag_lines: lines }) => lines));
  return (
    <Section
      id="freshness"
      title="Freshness"
      note={canary === undefined ? 'The canary is off' : 'From a sent line to the answer, median; by the canary'}
    >
      <dl className={styles.figures}>
        <Figure name="Acknowledged">{showMs(numberAt(canary, 'ack', 'p50_ms'))}</Figure>
        <Figure name="In live tail">{showMs(numberAt(canary, 'tail', 'p50_ms'))}</Figure>
        <Figure name="In search">{showMs(numberAt(canary, 'search', 'p50_ms'))}</Figure>
        <Figure name="Missed" bad={missing > 0}>
          {missing} <small>of {rounds}</small>
        </Figure>
        <Figure name="Doubled" bad={doubled > 0}>
          {doubled}
        </Figure>
        <Figure name="Lines not indexed yet">{lag.toLocaleString('en-US')}</Figure>
      </dl>
      {problem === undefined ? null : <p className={styles.note}>Last problem: {problem}</p>}
    </Section>
  );
}
