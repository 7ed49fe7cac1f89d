/** What lies on disk: how much, in how many parts, and what the log holds besides. */
import { showBytes, showCount } from '../../design/figures.ts';
import { Section } from '../../design/section.tsx';
import { Figure } from './figure.tsx';
import { numberAt, textAt } from './status-facts.ts';
import type { StatusReport } from './status-facts.ts';
import styles from './status.module.css';

export function Storage({ status: { store, log } }: { readonly status: StatusReport }) {
  const lines = numberAt(store, 'stored_rows') ?? 0;
  const bytes = numberAt(store, 'disk_bytes') ?? 0;
  return (
    <Section id="storage" title="Storage" note={textAt(store, 'data_directory')}>
      <dl className={styles.figures}>
        <Figure name="Lines on disk">{showCount(lines)}</Figure>
        <Figure name="Disk">{showBytes(bytes)}</Figure>
        <Figure name="Bytes a line">{lines === 0 ? '–' : Math.round(bytes / lines)}</Figure>
        <Figure name="Lines in memory">{showCount(numberAt(store, 'memtable_rows') ?? 0)}</Figure>
        <Figure name="Log">{showBytes(numberAt(log, 'kept_bytes') ?? 0)}</Figure>
        <Figure name="Log waits for the index" bad={(numberAt(log, 'fill_ratio') ?? 0) > 0.6}>
          {showBytes(numberAt(log, 'held_bytes') ?? 0)}
        </Figure>
      </dl>
    </Section>
  );
}
