/** All rules with what each finds now; switched on and off, and muted, where they stand. */
import { SeverityMark, StateBadge } from '../../../alerts/alert-marks.tsx';
import { ruleHref } from '../../../alerts/alert-links.ts';
import { conditionWords, groupWords, valueWords } from '../../../alerts/condition-words.ts';
import { stateWords } from '../../../alerts/incident-words.ts';
import type { KeptRule } from '../../../api/operations.ts';
import { navigate } from '../../../app/location.ts';
import { useUrlState } from '../../../app/url-state.ts';
import { Button } from '../../../design/button.tsx';
import { Field, Select } from '../../../design/field.tsx';
import { counted, showCount } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { rulesView } from '../alerts-view.ts';
import { useRowFocus } from '../use-row-focus.ts';
import { MuteMenu, isMuted, mutedText } from './mute-menu.tsx';
import { RecipeList } from './recipe-list.tsx';
import { useChangeRule, useRules } from './use-rules.ts';
import type { RuleChange } from './use-rules.ts';

const stateOptions = [
  ['all', 'all'],
  ['firing', 'firing'],
  ['pending', 'pending'],
  ['trouble', 'no data, late, failed'],
  ['muted', 'muted'],
  ['off', 'off'],
] as const;
type Shown = (typeof stateOptions)[number][0];

function isShown(rule: KeptRule, shown: Shown): boolean {
  switch (shown) {
    case 'all':
      return true;
    case 'firing':
    case 'pending':
      return rule.state === shown;
    case 'trouble':
      return rule.state === 'no_data' || rule.state === 'late_data' || rule.state === 'failed';
    case 'muted':
      return isMuted(rule);
    case 'off':
      return rule.rule.enabled === false;
  }
}

function has({ rule }: KeptRule, find: string): boolean {
  const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const text = `${rule.name} ${rule.filter ?? ''} ${conditionWords(rule.condition)} ${labels.join(' ')}`.toLowerCase();
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const stateOrder = ['firing', 'failed', 'late_data', 'no_data', 'pending', 'ok', 'unknown', 'disabled'];

export function RulesPart() {
  const [{ state, find }, update] = useUrlState(rulesView);
  const rules = useRules();
  const change = useChangeRule();
  const all = rules.data?.rules ?? [];
  const rows = all
    .filter((rule) => isShown(rule, state) && has(rule, find))
    .toSorted((a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) || (a.rule.name < b.rule.name ? -1 : 1));
  const { list } = useRowFocus('Rules', (current) => {
    const rule = (): KeptRule | undefined => rows.find(({ id }) => id === current());
    return [
      { keys: 'n', does: 'New rule', run: () => navigate('/alerts/rules/new') },
      { keys: 'e', does: 'Switch on or off', run: () => switchRule(rule(), change.mutate) },
      { keys: 'm', does: 'Mute for an hour, or no more', run: () => muteRule(rule(), change.mutate) },
      { keys: '/', does: 'Find', run: () => list.current?.parentElement?.querySelector('input')?.focus() },
    ];
  });
  const firing = all.filter((rule) => rule.state === 'firing').length;
  return (
    <>
      <div className={styles.tools}>
        <Field
          className={styles.find}
          label="Find rules"
          hideLabel
          placeholder="name, filter, label"
          value={find}
          onChange={(text) => update({ find: text }, { replace: true })}
        />
        <Select label="State" hideLabel value={state} options={stateOptions} onChange={(next) => update({ state: next })} />
        <span className={styles.push} />
        <span className={styles.count} role="status">
          {rules.data === undefined ? '' : `${counted(all.length, 'rule')}, ${firing} firing`}
        </span>
        <Button icon="plus" look="primary" title="New rule (n)" onClick={() => navigate('/alerts/rules/new')}>
          Rule
        </Button>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={rules.isPending} label="Rules" />
        {rules.data === undefined && rules.error !== null ? <ErrorState error={rules.error} onRetry={() => void rules.refetch()} /> : null}
        {rules.data !== undefined && all.length === 0 ? <RecipeList title="Make your first rule" /> : null}
        {all.length > 0 && rows.length === 0 ? (
          <EmptyState title="No rule like this">Ask for another state, or for fewer words.</EmptyState>
        ) : null}
        {rows.length === 0 ? null : (
          <Table label="Rules" columns={columns(change.mutate)} rows={rows} rowKey={({ id }) => id} none="" shown={200} />
        )}
      </div>
    </>
  );
}

type Do = (change: RuleChange) => void;

function switchRule(rule: KeptRule | undefined, run: Do): void {
  if (rule !== undefined) run({ id: rule.id, what: rule.rule.enabled === false ? 'enable' : 'disable' });
}

function muteRule(rule: KeptRule | undefined, run: Do): void {
  if (rule !== undefined) run(isMuted(rule) ? { id: rule.id, what: 'unmute' } : { id: rule.id, what: 'mute', span: '1h' });
}

const columns = (run: Do): readonly Column<KeptRule>[] => [
  {
    name: 'State',
    cell: ({ state, last_error: error }) => (
      <span title={error ?? undefined}>
        <StateBadge state={state} />
      </span>
    ),
    value: ({ state }) => stateOrder.indexOf(state),
  },
  {
    name: 'Severity',
    cell: ({ rule }) => <SeverityMark severity={rule.severity ?? 'warning'} />,
    value: ({ rule }) => rule.severity ?? 'warning',
  },
  {
    name: 'Rule',
    wide: true,
    cell: (rule) => <Named rule={rule} />,
    value: ({ rule }) => rule.name.toLowerCase(),
  },
  {
    name: 'Value',
    numeric: true,
    cell: ({ value, rule }) => (value === null ? '–' : valueWords(rule.condition, value)),
    value: ({ value }) => value ?? -Infinity,
  },
  {
    name: 'Firing',
    numeric: true,
    cell: (rule) => <FiringGroups rule={rule} />,
    value: ({ groups }) => groups.firing,
  },
  { name: 'Muted', cell: (rule) => <MuteMenu rule={rule} onChange={run} />, value: (rule) => mutedText(rule) },
  { name: 'On', cell: (rule) => <OnSwitch rule={rule} onSwitch={() => switchRule(rule, run)} /> },
];

function Named({ rule: { id, rule, last_error: error } }: { readonly rule: KeptRule }) {
  return (
    <>
      <Link href={ruleHref(id)} data-row="">
        {rule.name}
      </Link>{' '}
      <span className={styles.sub}>
        {rule.filter === undefined || rule.filter === '' ? '' : `${rule.filter}: `}
        {conditionWords(rule.condition)}
        {(rule.group_by ?? []).length === 0 ? '' : `, by ${rule.group_by?.join(', ')}`}
      </span>
      {error === null ? null : <span className={styles.problem}> {error}</span>}
    </>
  );
}

/** How many of how many groups, and which first. */
function FiringGroups({ rule: { id, groups, firing, state } }: { readonly rule: KeptRule }) {
  if (groups.firing === 0) return <span className={styles.muted}>{groups.total > 1 ? `0 of ${showCount(groups.total)}` : '–'}</span>;
  const names = firing.map(({ group }) => groupWords(group)).filter((name) => name !== '');
  return (
    <Link href={`/alerts/incidents?rule=${encodeURIComponent(id)}`} title={`${stateWords[state].name}: ${names.join('; ')}`}>
      {showCount(groups.firing)}
      {groups.total > 1 ? ` of ${showCount(groups.total)}` : ''}
    </Link>
  );
}

function OnSwitch({ rule: { rule }, onSwitch }: { readonly rule: KeptRule; readonly onSwitch: () => void }) {
  const [isOn, name] = [rule.enabled !== false, rule.name];
  return (
    <input
      type="checkbox"
      role="switch"
      checked={isOn}
      aria-label={`${name}: evaluated`}
      title="Switch on or off (e)"
      onChange={onSwitch}
    />
  );
}
