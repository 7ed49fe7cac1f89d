/** Some of the lines behind an incident; each opens in the Explorer, and all of them as a view that stays. */
import type { Incident } from '../../../api/operations.ts';
import { useZone } from '../../../app/time-zone.ts';
import { Link } from '../../../design/link.tsx';
import { Section } from '../../../design/section.tsx';
import { EmptyState } from '../../../design/state.tsx';
import { LevelMark } from '../../../log-list/level-mark.tsx';
import { toVisibleText } from '../../../log-list/visible-text.ts';
import { showTimestamp } from '../../../time-range/show-time.ts';
import styles from './incidents.module.css';

export function IncidentLines({ incident, lines }: { readonly incident: Incident; readonly lines: string }) {
  const [zone] = useZone();
  const { samples } = incident;
  return (
    <Section
      title="Lines"
      note={samples.length === 0 ? undefined : `${samples.length} of them, as they were when it fired`}
      tools={<Link href={lines}>All lines</Link>}
    >
      {samples.length === 0 ? (
        <EmptyState title="No lines were kept with it">An absence has none, and some conditions look at counts only.</EmptyState>
      ) : (
        <ul className={styles.lines}>
          {samples.map((line) => (
            <li key={line.id} className={styles.line}>
              <Link href={`/logs/${encodeURIComponent(line.id)}`}>{showTimestamp(line.timestamp, zone).slice(11)}</Link>
              <LevelMark level={line.level === '' ? null : line.level} />
              <span className={styles.service}>{line.service}</span>
              <span className={styles.message}>{toVisibleText(line.message)}</span>
              {line.trace_id === '' ? null : <Link href={`/trace/${encodeURIComponent(line.trace_id)}`}>trace</Link>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
