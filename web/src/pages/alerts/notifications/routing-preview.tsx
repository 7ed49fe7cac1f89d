/** "Where would this go": an incident with some labels, and what each route says to it. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { shownSpan } from '#base/shown-times.ts';
import { severityWords } from '../../../alerts/incident-words.ts';
import { call } from '../../../api/client.ts';
import type { RoutePreview, Routing, Severity } from '../../../api/operations.ts';
import { Select } from '../../../design/field.tsx';
import { Icon } from '../../../design/icon.tsx';
import { Section } from '../../../design/section.tsx';
import styles from '../alerts-page.module.css';
import { LabelFields } from '../rules/label-fields.tsx';
import { useRules, useSettled } from '../rules/use-rules.ts';
import own from './notifications.module.css';

export interface PreviewQuestion {
  readonly labels: Readonly<Record<string, string>>;
  readonly severity: Severity;
  /** Id of a rule, whose labels are added. */
  readonly rule?: string;
}

/** By the routing as it is typed, saved or not. */
export function useRoutingPreview(question: PreviewQuestion, routing: Routing): UseQueryResult<RoutePreview> {
  const asked = useSettled(JSON.stringify({ ...question, routing }), 300);
  return useQuery({
    queryKey: ['routing', 'preview', asked],
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call('routingPreview', { body: JSON.parse(asked) as PreviewQuestion }, signal),
  });
}

interface RoutingPreviewProps {
  readonly question: PreviewQuestion;
  readonly onQuestion: (question: PreviewQuestion) => void;
  readonly preview: UseQueryResult<RoutePreview>;
}

export function RoutingPreview({ question, onQuestion, preview }: RoutingPreviewProps) {
  const rules = useRules({ renewed: false });
  return (
    <Section title="Where would this go" padded>
      <div className={own.where}>
        <LabelFields label="Labels and fields" labels={question.labels} onChange={(labels) => onQuestion({ ...question, labels })} />
        <div className={styles.pair}>
          <Select<Severity>
            label="Severity"
            value={question.severity}
            options={Object.entries(severityWords) as [Severity, string][]}
            onChange={(severity) => onQuestion({ ...question, severity })}
          />
          <Select
            label="Of the rule"
            value={question.rule ?? ''}
            options={[['', 'any'], ...(rules.data?.rules ?? []).map(({ id, rule }) => [id, rule.name] as const)]}
            onChange={(rule) => onQuestion(rule === '' ? { labels: question.labels, severity: question.severity } : { ...question, rule })}
          />
        </div>
        {preview.error === null ? null : (
          <p className={styles.problem} role="alert">
            {preview.error.message}
          </p>
        )}
        {preview.data === undefined ? null : <Answer preview={preview.data} />}
      </div>
    </Section>
  );
}

function Answer({ preview: { channels, destinations, steps, suppressed_by: suppressed } }: { readonly preview: RoutePreview }) {
  return (
    <>
      <div className={own.goes} role="status" aria-label="Where it would go">
        <p>
          To <b>{channels.length === 0 ? 'nobody' : channels.join(', ')}</b>
        </p>
        {destinations.map(({ path, route, channels: told, group_wait_ms: wait, repeat_interval_ms: again, group_by: by, escalation }) => (
          <p key={path} className={styles.note}>
            {route || path}: {told.join(', ') || 'nobody'}
            {by.length === 0 ? '' : `, together by ${by.join(', ')}`}, {wait === 0 ? 'at once' : `after ${shownSpan(wait)}`}
            {again === 0 ? '' : `, again every ${shownSpan(again)}`}
            {escalation
              .map(({ after_ms: after, channels: next }) => `; unacknowledged for ${shownSpan(after)}: ${next.join(', ')}`)
              .join('')}
          </p>
        ))}
        {suppressed.length === 0 ? null : <p className={styles.problem}>Nobody would be told now: {suppressed.join(', ')}</p>}
      </div>
      <ol className={own.steps} aria-label="Routes that were looked at">
        {steps.map(({ path, name, matched, taken, reason }) => (
          <li key={path}>
            <span data-matched={matched}>
              <Icon name={matched ? 'check' : 'minus'} size={12} />
            </span>
            <div>
              {name || path}
              {taken ? <b> tells</b> : ''}
              <small>{reason}</small>
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
