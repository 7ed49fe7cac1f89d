/** A panel's frame: its title, its menu, and what stands in it while there is nothing to show. */
import type { ReactNode } from 'react';
import { copyText } from '../../design/copy-text.ts';
import { MenuButton } from '../../design/menu.tsx';
import type { MenuEntry } from '../../design/menu.tsx';
import { ErrorState, Progress } from '../../design/state.tsx';
import type { Panel } from './dashboard.ts';
import styles from './dashboards.module.css';

export interface PanelFrameProps {
  readonly panel: Panel;
  readonly note?: string;
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly menu: readonly MenuEntry[];
  /** What it shows as a table; undefined until there is something. */
  readonly csv?: (() => string) | undefined;
  /** Undefined until there is something. */
  readonly children: ReactNode;
}

export function PanelFrame({ panel, note, isLoading, error, onRetry, menu, csv, children }: PanelFrameProps) {
  const copy: MenuEntry = {
    label: 'Copy as CSV',
    icon: 'copy',
    disabled: csv === undefined,
    run: () => void copyText(csv?.() ?? '', 'Table'),
  };
  return (
    <section className={styles.panel} data-width={panel.width} data-kind={panel.kind} aria-label={panel.title} aria-busy={isLoading}>
      <header className={styles.head}>
        <h2 title={panel.title}>{panel.title}</h2>
        <span className={styles.note}>{note}</span>
        <MenuButton label={`Menu of ${panel.title}`} entries={[copy, ...menu]} align="end" />
      </header>
      <div className={styles.body}>
        <Progress active={isLoading} label={panel.title} />
        {error === null ? children : <ErrorState error={error} onRetry={onRetry} />}
      </div>
    </section>
  );
}
