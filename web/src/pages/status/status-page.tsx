/** Is everything arriving? The verdict first, with what is silent by name; then the figures behind it. */
import { useState } from 'react';
import { Progress, ErrorState } from '../../design/state.tsx';
import { Freshness } from './freshness.tsx';
import { Ledger } from './ledger.tsx';
import { Parts } from './parts.tsx';
import { QuarantineSection } from './quarantine-section.tsx';
import { SilentSources } from './silent-sources.tsx';
import { SourceTable } from './source-table.tsx';
import { problemsOf } from './status-facts.ts';
import styles from './status.module.css';
import { Storage } from './storage.tsx';
import { useQuarantine, useSources, useStatus } from './use-status.ts';
import { Verdict } from './verdict.tsx';

export function StatusPage() {
  const [last, setLast] = useState('24h');
  const status = useStatus();
  const sources = useSources(last);
  const quarantine = useQuarantine();
  if (status.data === undefined) {
    return status.error === null ? (
      <Progress active label="Status" />
    ) : (
      <ErrorState error={status.error} onRetry={() => void status.refetch()} />
    );
  }
  return (
    <div className={styles.page}>
      <h1 className={styles.hidden}>Status</h1>
      <Verdict problems={problemsOf(status.data, sources.data, quarantine.data)} isWhole={sources.isSuccess && quarantine.isSuccess} />
      <SilentSources sources={sources} />
      <Freshness status={status.data} />
      <Ledger status={status.data} />
      <QuarantineSection quarantine={quarantine} />
      <SourceTable sources={sources} last={last} onLast={setLast} />
      <div className={styles.columns}>
        <Storage status={status.data} />
        <Parts status={status.data} />
      </div>
    </div>
  );
}
