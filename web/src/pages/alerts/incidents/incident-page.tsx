/** One incident: what is wrong since when, what happened to it, its value and its lines; and what can be done about it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { IncidentBadge, SeverityMark } from '../../../alerts/alert-marks.tsx';
import { ruleHref } from '../../../alerts/alert-links.ts';
import { conditionWords, groupWords, valueWords } from '../../../alerts/condition-words.ts';
import { isOpen } from '../../../alerts/incident-words.ts';
import { linesHref } from '../../../alerts/lines-of-rule.ts';
import { useIncident } from '../../../alerts/use-incidents.ts';
import { call } from '../../../api/client.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { AlertRule, IncidentWithEvents } from '../../../api/operations.ts';
import { useKeys } from '../../../app/keys.ts';
import { navigate } from '../../../app/location.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { Age } from '../../../design/age.tsx';
import { Button } from '../../../design/button.tsx';
import { showNumber } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { Section } from '../../../design/section.tsx';
import { ErrorState, Progress } from '../../../design/state.tsx';
import pageStyles from '../alerts-page.module.css';
import { SilenceDialog } from '../notifications/silence-dialog.tsx';
import { SuppressedBy } from '../suppressed-by.tsx';
import { AcknowledgeDialog } from './acknowledge-dialog.tsx';
import { IncidentChart } from './incident-chart.tsx';
import { IncidentLines } from './incident-lines.tsx';
import { IncidentTimeLine } from './incident-time-line.tsx';
import styles from './incidents.module.css';

type Layer = 'none' | 'acknowledge' | 'silence';

export function IncidentPage({ id }: { readonly id: string }) {
  const incident = useIncident(id);
  const rule = useRuleOf(incident.data?.rule_id);
  const [layer, setLayer] = useState<Layer>('none');
  const data = incident.data;
  const lines = data === undefined ? '/explore' : linesHref(data, rule.data?.rule, serverNowMs());
  const canTake = data !== undefined && isOpen(data) && data.acknowledged_at === undefined;
  useKeys('Incident', [
    { keys: 'a', does: 'Acknowledge …', run: () => canTake && setLayer('acknowledge') },
    { keys: 's', does: 'Silence …', run: () => data !== undefined && isOpen(data) && setLayer('silence') },
    { keys: 'l', does: 'Its lines in the Explorer', run: () => navigate(lines) },
    { keys: 'Escape', does: 'Back to the incidents', run: () => navigate('/alerts/incidents') },
  ]);
  if (data === undefined) {
    if (incident.error === null) return <Progress active label="Incident" />;
    return (
      <ErrorState
        error={incident.error}
        onRetry={() => void incident.refetch()}
        actions={<Link href="/alerts/incidents">All incidents</Link>}
      />
    );
  }
  return (
    <div className={pageStyles.padded}>
      <Head incident={data} rule={rule.data?.rule} lines={lines} canTake={canTake} onLayer={setLayer} />
      <div className={styles.columns}>
        <div className={styles.main}>
          {rule.data === undefined ? null : <IncidentChart incident={data} rule={rule.data.rule} />}
          <IncidentLines incident={data} lines={lines} />
        </div>
        <div className={styles.side}>
          <IncidentTimeLine incident={data} rule={rule.data?.rule} />
          <Facts incident={data} rule={rule.data?.rule} />
        </div>
      </div>
      {layer === 'acknowledge' ? <AcknowledgeDialog incident={data} onClose={() => setLayer('none')} /> : null}
      {layer === 'silence' ? <SilenceDialog incident={data} onClose={() => setLayer('none')} /> : null}
    </div>
  );
}

/** The rule as it is now; there is none where it was removed. */
function useRuleOf(ruleId: string | undefined) {
  return useQuery({
    queryKey: ['alert-rules', 'one', ruleId],
    enabled: ruleId !== undefined,
    retry: false,
    queryFn: ({ signal }) => call('alert', { path: { id: ruleId! } }, signal),
  });
}

interface HeadProps {
  readonly incident: IncidentWithEvents;
  readonly rule: AlertRule | undefined;
  readonly lines: string;
  readonly canTake: boolean;
  readonly onLayer: (layer: Layer) => void;
}

function Head({ incident, rule, lines, canTake, onLayer }: HeadProps) {
  const group = groupWords(incident.group);
  const sinceMs = Date.parse(incident.fired_at ?? incident.began_at);
  return (
    <header className={styles.head} data-state={incident.state}>
      <div className={styles.titles}>
        <p className={styles.badges}>
          <IncidentBadge incident={incident} />
          <SeverityMark severity={incident.severity} />
          <SuppressedBy incident={incident} />
        </p>
        <h2 className={styles.title}>
          {incident.rule_name}
          {group === '' ? null : <span className={pageStyles.mono}> {group}</span>}
        </h2>
        <p className={pageStyles.muted}>
          {incident.resolved_at === undefined ? (
            <>
              since <Age ms={sinceMs} />
            </>
          ) : (
            `lasted ${shownSpan(Math.max(0, Date.parse(incident.resolved_at) - sinceMs))}`
          )}
          {incident.value === undefined ? null : (
            <>
              , value{' '}
              <b className={pageStyles.mono}>
                {rule === undefined ? showNumber(incident.value) : valueWords(rule.condition, incident.value)}
              </b>
            </>
          )}
          {rule === undefined ? null : `; watched: ${conditionWords(rule.condition)}`}
        </p>
        {incident.detail === undefined ? null : <p className={styles.detail}>{incident.detail}</p>}
      </div>
      <div className={styles.actions}>
        {canTake ? (
          <Button look="primary" icon="check" title="I am at it (a)" onClick={() => onLayer('acknowledge')}>
            Acknowledge
          </Button>
        ) : null}
        {isOpen(incident) ? (
          <Button icon="bellOff" title="Tell nobody for a time (s)" onClick={() => onLayer('silence')}>
            Silence…
          </Button>
        ) : null}
        <Link href={lines} className={styles.linesLink} title="The frozen view: the same lines whenever it is opened (l)">
          Lines in the Explorer
        </Link>
      </div>
    </header>
  );
}

function Facts({ incident, rule }: { readonly incident: IncidentWithEvents; readonly rule: AlertRule | undefined }) {
  const times = useTimes();
  const labels = Object.entries(incident.labels);
  return (
    <Section title="About it" padded>
      <dl className={styles.facts}>
        <dt>Rule</dt>
        <dd>
          {rule === undefined ? (
            `${incident.rule_name}, which was removed`
          ) : (
            <Link href={ruleHref(incident.rule_id)}>{incident.rule_name}</Link>
          )}
          <span className={pageStyles.sub}> version {incident.rule_version}</span>
        </dd>
        {rule?.runbook_url === undefined ? null : (
          <>
            <dt>Runbook</dt>
            <dd>
              <a href={rule.runbook_url} rel="noreferrer noopener" target="_blank">
                {rule.runbook_url}
              </a>
            </dd>
          </>
        )}
        {rule?.description === undefined || rule.description === '' ? null : (
          <>
            <dt>What to do</dt>
            <dd className={styles.prose}>{rule.description}</dd>
          </>
        )}
        {labels.length === 0 ? null : (
          <>
            <dt>Labels</dt>
            <dd className={pageStyles.mono}>{labels.map(([name, value]) => `${name}=${value}`).join(', ')}</dd>
          </>
        )}
        {incident.late_ms === 0 ? null : (
          <>
            <dt>Late</dt>
            <dd>The evaluator was {shownSpan(incident.late_ms)} behind when it fired.</dd>
          </>
        )}
        <dt>Began</dt>
        <dd>{times.full(Date.parse(incident.began_at))}</dd>
        <dt>Messages</dt>
        <dd>
          <Link href={`/alerts/deliveries?incident=${encodeURIComponent(incident.id)}`}>Who was told</Link>
        </dd>
      </dl>
    </Section>
  );
}
