/** Who hears of it: where the routing leads, and the rule's own channels besides. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { call } from '../../../api/client.ts';
import type { AlertRule, RuleAction } from '../../../api/operations.ts';
import { toast } from '../../../app/toasts.tsx';
import { IconButton } from '../../../design/button.tsx';
import { Select } from '../../../design/field.tsx';
import { Link } from '../../../design/link.tsx';
import { useChannels } from '../notifications/use-notifications.ts';
import { Part } from './rule-part.tsx';
import type { PartProps } from './rule-part.tsx';
import { Sentence } from './sentence-fields.tsx';
import styles from './rules.module.css';
import { useSettled } from './use-rules.ts';

export function TellFields({ rule, change }: PartProps) {
  const channels = useChannels();
  const actions = rule.actions ?? [];
  const set = (next: readonly RuleAction[]): void => change({ actions: next.length === 0 ? undefined : next });
  const named = new Set(actions.map(({ channel }) => channel));
  const free = (channels.data?.channels ?? []).filter(({ name }) => !named.has(name));
  return (
    <Part title="Tell">
      <RoutedTo rule={rule} />
      <Sentence path="actions">
        and besides
        {actions.map((action, index) => (
          <ActionChip key={index} action={action} onRemove={() => set(actions.toSpliced(index, 1))} />
        ))}
        <Select
          className={styles.choice}
          label="Another channel"
          hideLabel
          value=""
          options={[['', actions.length === 0 ? 'nobody' : 'add …'], ...free.map(({ name, type }) => [name, `${name} (${type})`] as const)]}
          onChange={(channel) => channel !== '' && set([...actions, { channel }])}
        />
      </Sentence>
    </Part>
  );
}

/** What the routing makes of the rule's labels and severity now. */
function RoutedTo({ rule }: { readonly rule: AlertRule }) {
  const question = useSettled(JSON.stringify({ labels: rule.labels ?? {}, severity: rule.severity ?? 'warning' }), 350);
  const preview = useQuery({
    queryKey: ['routing', 'preview', question],
    retry: false,
    queryFn: ({ signal }) => call('routingPreview', { body: JSON.parse(question) as { severity: 'warning' } }, signal),
  });
  const routes = preview.data?.destinations.map(({ route, path }) => route || path) ?? [];
  return (
    <p className={styles.routed}>
      By the <Link href="/alerts/routing">routing</Link> it goes to{' '}
      {preview.data === undefined ? (
        '…'
      ) : preview.data.channels.length === 0 ? (
        <b>nobody</b>
      ) : (
        preview.data.channels.map((channel) => <ChannelChip key={channel} channel={channel} />)
      )}
      {routes.length === 0 ? '' : ` (${routes.join(', ')})`}
    </p>
  );
}

function ChannelChip({ channel }: { readonly channel: string }) {
  return (
    <span className={styles.chip}>
      {channel}
      <TestIcon channel={channel} />
    </span>
  );
}

/** Whether a message gets there is known before something fires. */
function TestIcon({ channel }: { readonly channel: string }) {
  const test = useTestChannel();
  return <IconButton icon="send" label={`Send a test through ${channel}`} disabled={test.isPending} onClick={() => test.mutate(channel)} />;
}

function ActionChip({
  action: { channel, type, severity, to, url },
  onRemove,
}: {
  readonly action: RuleAction;
  readonly onRemove: () => void;
}) {
  const text = [channel, type, to ?? url, severity].filter(Boolean).join(' ');
  return (
    <span className={styles.chip}>
      {text}
      {channel === undefined ? null : <TestIcon channel={channel} />}
      <IconButton icon="close" label={`Do not tell ${text}`} onClick={onRemove} />
    </span>
  );
}

export function useTestChannel() {
  return useMutation({
    mutationFn: (name: string) => call('channelTest', { path: { name } }),
    onSuccess: ({ delivered, detail }, name) =>
      delivered
        ? toast(`${name} took the test message${detail === '' ? '.' : `: ${detail}`}`)
        : toast({ kind: 'error', text: `${name} did not take the test message: ${detail}` }),
    onError: (error, name) => toast({ kind: 'error', text: `${name}: ${error.message}` }),
  });
}
