/** A silence: of what, for how long, why. It always ends. What it would hide is shown before it is made. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { parseDurationMs } from '#base/units.ts';
import { SeverityMark } from '../../../alerts/alert-marks.tsx';
import { groupWords } from '../../../alerts/condition-words.ts';
import { call } from '../../../api/client.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { Incident, Matcher } from '../../../api/operations.ts';
import { storeValue, storedValue } from '../../../app/stored.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { toast } from '../../../app/toasts.tsx';
import { Button } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { Field } from '../../../design/field.tsx';
import { counted } from '../../../design/figures.ts';
import pageStyles from '../alerts-page.module.css';
import { useSettled } from '../rules/use-rules.ts';
import { MatcherFields } from './matcher-fields.tsx';
import styles from './notifications.module.css';
import { useSilence } from './use-notifications.ts';

interface SilenceDialogProps {
  /** What it begins with: exactly this incident. */
  readonly incident?: Incident;
  readonly onClose: () => void;
}

const spans = ['30m', '2h', '8h', '24h', '3d'] as const;
const isText = (value: unknown): value is string => typeof value === 'string';

/** The rule and the group: this incident, and those that come after it. */
function matchersOf({ rule_name: name, group }: Incident): readonly Matcher[] {
  return [{ label: 'rule', value: name }, ...Object.entries(group).map(([label, value]) => ({ label, value }))];
}

export function SilenceDialog({ incident, onClose }: SilenceDialogProps) {
  const form = useSilenceForm(incident, onClose);
  return (
    <Dialog
      title="Silence"
      onClose={onClose}
      wide
      footer={
        <Button look="primary" type="submit" form="silence" disabled={!form.canMake}>
          Silence
        </Button>
      }
    >
      <form
        id="silence"
        className={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.make();
        }}
      >
        <p className={pageStyles.note}>Incidents that have all of these are still made and shown; nobody is told of them.</p>
        <MatcherFields matchers={form.matchers} onChange={form.setMatchers} none="A silence needs at least one matcher." />
        <SpanFields span={form.span} onSpan={form.setSpan} spanMs={form.spanMs} />
        <div className={pageStyles.pair}>
          <Field
            label="Why"
            value={form.comment}
            onChange={form.setComment}
            maxLength={2000}
            placeholder="deploying, known, being repaired …"
          />
          <Field label="Who" value={form.author} onChange={form.setAuthor} maxLength={200} placeholder="name of the key" />
        </div>
        {form.error === null ? null : (
          <p className={pageStyles.problem} role="alert">
            {form.error.message}
          </p>
        )}
        <SilencePreview matchers={form.named} />
      </form>
    </Dialog>
  );
}

/** What is typed; who silenced last is remembered in this browser. */
function useSilenceForm(incident: Incident | undefined, onClose: () => void) {
  const [matchers, setMatchers] = useState<readonly Matcher[]>(
    incident === undefined ? [{ label: 'service', value: '' }] : matchersOf(incident),
  );
  const [span, setSpan] = useState('2h');
  const [author, setAuthor] = useState(() => storedValue('silence.author', '', isText));
  const [comment, setComment] = useState('');
  const silence = useSilence();
  const times = useTimes();
  const spanMs = readSpan(span);
  const named = matchers.filter(({ label }) => label.trim() !== '');
  const canMake = spanMs !== undefined && named.length > 0 && !silence.isPending;
  const make = (): void => {
    if (!canMake) return;
    if (author.trim() !== '') storeValue('silence.author', author.trim());
    const by = author.trim() === '' ? {} : { author: author.trim() };
    silence.mutate(
      { matchers: named, for_ms: spanMs, comment: comment.trim(), ...by },
      {
        onSuccess: ({ ends_at: ends }) => {
          toast(`Silenced until ${times.full(Date.parse(ends))}.`);
          onClose();
        },
      },
    );
  };
  const typed = { matchers, setMatchers, span, setSpan, author, setAuthor, comment, setComment };
  return { ...typed, spanMs, named, canMake, make, error: silence.error };
}

function readSpan(text: string): number | undefined {
  const ms = /^[\d.\s]*$/.test(text) ? undefined : parseDurationMs(text);
  return ms === undefined || ms < 1000 ? undefined : Math.round(ms);
}

interface SpanFieldsProps {
  readonly span: string;
  readonly onSpan: (span: string) => void;
  readonly spanMs: number | undefined;
}

function SpanFields({ span, onSpan, spanMs }: SpanFieldsProps) {
  const times = useTimes();
  return (
    <div className={styles.spanRow}>
      <Field
        label="For how long"
        mono
        value={span}
        onChange={onSpan}
        problem={spanMs === undefined ? 'Such as 90m, 2h, 3d. It must end.' : undefined}
      />
      <div className={styles.spans} role="group" aria-label="Usual spans">
        {spans.map((one) => (
          <Button key={one} look="quiet" aria-pressed={span === one} onClick={() => onSpan(one)}>
            {one}
          </Button>
        ))}
      </div>
      <span className={pageStyles.note}>{spanMs === undefined ? '' : `ends ${times.full(serverNowMs() + spanMs)}`}</span>
    </div>
  );
}

/** Open incidents that it would hide, as the matchers are typed. */
function SilencePreview({ matchers }: { readonly matchers: readonly Matcher[] }) {
  const question = useSettled(JSON.stringify(matchers), 300);
  const preview = useQuery({
    queryKey: ['silences', 'preview', question],
    enabled: question !== '[]',
    retry: false,
    queryFn: ({ signal }) => call('silencePreview', { body: { matchers: JSON.parse(question) as Matcher[] } }, signal),
  });
  const shown = preview.data?.incidents.slice(0, 8) ?? [];
  return (
    <div className={pageStyles.preview} role="status" aria-label="What it would hide">
      {question === '[]' ? 'Nothing yet.' : null}
      {preview.error === null ? null : <span className={pageStyles.problem}>{preview.error.message}</span>}
      {preview.data === undefined ? null : preview.data.total === 0 ? (
        'No open incident matches now; those that come will.'
      ) : (
        <>
          It would hide <b>{counted(preview.data.total, 'open incident')}</b>:
          <ul className={styles.hidden}>
            {shown.map((incident) => (
              <li key={incident.id}>
                <SeverityMark severity={incident.severity} /> {incident.rule_name}{' '}
                <span className={pageStyles.mono}>{groupWords(incident.group)}</span>
              </li>
            ))}
          </ul>
          {preview.data.total > shown.length ? `and ${preview.data.total - shown.length} more` : ''}
        </>
      )}
    </div>
  );
}
