/** The form of a rule, to be read as sentences: which lines, when, how bad, who hears of it. */
import { severityWords } from '../../../alerts/incident-words.ts';
import type { AlertRule, Severity } from '../../../api/operations.ts';
import { Field, Select } from '../../../design/field.tsx';
import { useFields } from '../../../fields-rail/use-fields.ts';
import { CommaField } from '../../../design/comma-field.tsx';
import { ConditionFields } from './condition-fields.tsx';
import { useOtherProblems, useProblemAt } from './field-problems.ts';
import { LabelFields } from './label-fields.tsx';
import { Part } from './rule-part.tsx';
import type { PartProps } from './rule-part.tsx';
import styles from './rules.module.css';
import { Choice, NumberField, QueryField, Sentence, SpanField } from './sentence-fields.tsx';
import { TellFields } from './tell-fields.tsx';

interface RuleFormProps {
  readonly rule: AlertRule;
  readonly onChange: (rule: AlertRule) => void;
}

const lastHour = { query: '', timeRange: { from: 'now-1h', to: 'now' }, key: 'alert-editor' };

export function RuleForm({ rule, onChange }: RuleFormProps) {
  const fields = useFields(lastHour);
  const names = (fields.data?.fields ?? []).map(({ name }) => name);
  const change = (changes: Partial<AlertRule>): void => {
    const members = Object.entries({ ...rule, ...changes }).filter(([, value]) => value !== undefined && value !== '');
    onChange({ ...Object.fromEntries(members), name: changes.name ?? rule.name } as AlertRule);
  };
  const parts = { rule, change };
  return (
    <div className={styles.form}>
      <OtherProblems />
      <NameFields {...parts} />
      <Part title="Look at">
        <QueryField
          label="Lines of the rule"
          path="filter"
          placeholder="all lines"
          value={rule.filter ?? ''}
          onChange={(filter) => change({ filter })}
        />
        <Sentence path="group_by">
          apart for each
          <CommaField
            className={styles.groups}
            label="Group by"
            hideLabel
            placeholder="nothing: all together"
            values={rule.group_by ?? []}
            onChange={(groupBy) => change({ group_by: groupBy.length === 0 ? undefined : groupBy })}
          />
          (fields, with commas between)
        </Sentence>
      </Part>
      <Part title="Fire when">
        <ConditionFields condition={rule.condition} onChange={(condition) => change({ condition })} names={names} />
        <HoldFields {...parts} />
      </Part>
      <TellFields {...parts} />
      <WordsFields {...parts} />
    </div>
  );
}

/** Members whose fields, or sentences, tell what is said against them. */
const shownMembers = [
  ...['name', 'filter', 'group_by', 'condition', 'for_ms', 'no_data'],
  ...['actions', 'summary', 'description', 'runbook_url', 'labels'],
];

function OtherProblems() {
  return useOtherProblems(shownMembers).map(({ field, message }) => (
    <p key={field + message} className={styles.problem} role="alert">
      {field === '' ? '' : `${field}: `}
      {message}
    </p>
  ));
}

function NameFields({ rule, change }: PartProps) {
  const problem = useProblemAt('name');
  return (
    <div className={styles.naming}>
      <Field
        className={styles.ruleName}
        label="Name"
        placeholder="What is wrong when it fires"
        value={rule.name}
        problem={problem}
        maxLength={200}
        onChange={(name) => change({ name })}
      />
      <Select<Severity>
        label="Severity"
        value={rule.severity ?? 'warning'}
        options={Object.entries(severityWords) as [Severity, string][]}
        onChange={(severity) => change({ severity })}
      />
    </div>
  );
}

function HoldFields({ rule, change }: PartProps) {
  return (
    <>
      <Sentence path="for_ms">
        It must hold for
        <SpanField label="Held for" path="for_ms" value={rule.for_ms} placeholder="no time" onChange={(ms) => change({ for_ms: ms })} />
        before it fires, goes on firing for
        <SpanField
          label="Keeps firing for"
          path="keep_firing_ms"
          value={rule.keep_firing_ms}
          placeholder="no time"
          onChange={(ms) => change({ keep_firing_ms: ms })}
        />
        after it last held, and does not fire again for
        <SpanField
          label="Cooldown"
          path="cooldown_ms"
          value={rule.cooldown_ms}
          placeholder="no time"
          onChange={(ms) => change({ cooldown_ms: ms })}
        />
        after it is over.
      </Sentence>
      <Sentence path="no_data">
        When nothing came at all, it
        <Choice
          label="Without data"
          path="no_data"
          value={rule.no_data ?? 'ok'}
          options={[
            ['ok', 'is taken as fine'],
            ['keep', 'stays as it was'],
            ['fire', 'fires'],
          ]}
          onChange={(noData) => change({ no_data: noData })}
        />
      </Sentence>
    </>
  );
}

function WordsFields({ rule, change }: PartProps) {
  const summary = useProblemAt('summary');
  const runbook = useProblemAt('runbook_url');
  return (
    <Part title="Say">
      <Field
        label="Summary, a template"
        mono
        placeholder="{{group.service}}: {{value}} (threshold {{threshold}})"
        value={rule.summary ?? ''}
        problem={summary}
        onChange={(text) => change({ summary: text })}
      />
      <Field
        label="What to do about it"
        value={rule.description ?? ''}
        problem={useProblemAt('description')}
        onChange={(text) => change({ description: text })}
      />
      <div className={styles.naming}>
        <Field
          className={styles.ruleName}
          label="Runbook"
          type="url"
          placeholder="https://…"
          value={rule.runbook_url ?? ''}
          problem={runbook}
          onChange={(url) => change({ runbook_url: url })}
        />
        <div className={styles.samples}>
          <span aria-hidden="true">Sample lines</span>
          <NumberField
            label="Sample lines"
            path="sample_lines"
            value={rule.sample_lines}
            placeholder="5"
            onChange={(count) => change({ sample_lines: count })}
          />
        </div>
      </div>
      <LabelFields
        labels={rule.labels ?? {}}
        problem={useProblemAt('labels')}
        onChange={(labels) => change({ labels: Object.keys(labels).length === 0 ? undefined : labels })}
      />
    </Part>
  );
}
