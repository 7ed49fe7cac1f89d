/** Muting a rule for a time: its incidents are made, and nobody is told. */
import { shownSpan } from '#base/shown-times.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { KeptRule } from '../../../api/operations.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { MenuButton } from '../../../design/menu.tsx';
import { spanWords } from '../../../time-range/show-time.ts';
import type { RuleChange } from './use-rules.ts';

type Muted = Pick<KeptRule, 'id' | 'muted_until'> & { readonly rule: Pick<KeptRule['rule'], 'name'> };

export function isMuted({ muted_until: until }: Pick<KeptRule, 'muted_until'>): boolean {
  return until !== null && Date.parse(until) > serverNowMs();
}

export function mutedText(rule: Pick<KeptRule, 'muted_until'>): string {
  return isMuted(rule) ? `for ${shownSpan(Math.ceil((Date.parse(rule.muted_until ?? '') - serverNowMs()) / 60_000) * 60_000)}` : '';
}

const spans = ['30m', '1h', '4h', '24h', '7d'] as const;

export function MuteMenu({ rule, onChange }: { readonly rule: Muted; readonly onChange: (change: RuleChange) => void }) {
  const times = useTimes();
  const { id } = rule;
  const muted = isMuted(rule);
  return (
    <MenuButton
      look="quiet"
      icon={muted ? 'bellOff' : 'bell'}
      label={muted ? `${rule.rule.name}: muted until ${times.full(Date.parse(rule.muted_until ?? ''))}` : `Mute ${rule.rule.name}`}
      align="end"
      entries={() => [
        { heading: 'Tell nobody of its incidents for' },
        ...spans.map((span) => ({ label: spanWords(span), run: () => onChange({ id, what: 'mute', span }) })),
        ...(muted ? (['separator', { label: 'Tell again', icon: 'bell', run: () => onChange({ id, what: 'unmute' }) }] as const) : []),
      ]}
    >
      {muted ? mutedText(rule) : undefined}
    </MenuButton>
  );
}
