/** Alerts: what is wrong now, what is watched, who is told, and whether they were. Each part has its own address. */
import { useEffect, useRef } from 'react';
import { useKeys } from '../../app/keys.ts';
import { navigate } from '../../app/location.ts';
import type { PageProps } from '../../app/routes.ts';
import { Icon } from '../../design/icon.tsx';
import { Link } from '../../design/link.tsx';
import { EmptyState } from '../../design/state.tsx';
import { AlertsNote } from './alerts-note.tsx';
import styles from './alerts-page.module.css';
import { parts } from './alerts-view.ts';
import { IncidentPage } from './incidents/incident-page.tsx';
import { IncidentsPart } from './incidents/incidents-part.tsx';
import { ChannelsPart } from './notifications/channels-part.tsx';
import { DeliveriesPart } from './notifications/deliveries-part.tsx';
import { InboxPart } from './notifications/inbox-part.tsx';
import { MaintenancePart } from './notifications/maintenance-part.tsx';
import { RoutingPart } from './notifications/routing-part.tsx';
import { SilencesPart } from './notifications/silences-part.tsx';
import { RulePage } from './rules/rule-page.tsx';
import { RulesPart } from './rules/rules-part.tsx';

export function AlertsPage({ parameters: { part = 'incidents', id } }: PageProps) {
  useKeys(
    'Alerts',
    parts.map(({ name, title }, index) => ({ keys: `${index + 1}`, does: title, run: () => navigate(`/alerts/${name}`) })),
  );
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // on a phone the parts do not stand all side by side
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [part]);
  return (
    <div className={styles.page}>
      <h1 className={styles.hidden}>Alerts</h1>
      <nav ref={nav} className={styles.parts} aria-label="Parts of alerts">
        {parts.map(({ name, title, icon }, index) => (
          <Link
            key={name}
            href={`/alerts/${name}`}
            className={styles.part}
            aria-current={name === part ? 'page' : undefined}
            title={`${title} (${index + 1})`}
          >
            <Icon name={icon} size={14} />
            {title}
          </Link>
        ))}
      </nav>
      <AlertsNote />
      <div className={styles.body}>
        <Part part={part} id={id} />
      </div>
    </div>
  );
}

function Part({ part, id }: { readonly part: string; readonly id: string | undefined }) {
  switch (part) {
    case 'incidents':
      return id === undefined ? <IncidentsPart /> : <IncidentPage key={id} id={id} />;
    case 'rules':
      return id === undefined ? <RulesPart /> : <RulePage key={id} id={id} />;
    case 'silences':
      return <SilencesPart />;
    case 'maintenance':
      return <MaintenancePart />;
    case 'channels':
      return <ChannelsPart />;
    case 'routing':
      return <RoutingPart />;
    case 'deliveries':
      return <DeliveriesPart />;
    case 'inbox':
      return <InboxPart />;
    default:
      return (
        <EmptyState title="There is no such part of alerts" actions={<Link href="/alerts/incidents">Open the incidents</Link>}>
          Nothing is at <code>{part}</code>.
        </EmptyState>
      );
  }
}
