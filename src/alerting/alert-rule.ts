/**
 * What an alert rule says: one model behind the rule interfaces of all designs, the rule files and the page. A rule has a
 * condition over lines, and says when it becomes an incident and who hears of it. Queries are texts of the query language.
 *
 * Times are milliseconds; a reader of people's input also takes `window: 5m` in place of `window_ms: 300000` (rule-input.ts).
 */
import { Type } from 'typebox';
import type { Static } from 'typebox';

export const maxNameLength = 200;

const spanMs = (description: string, minimum = 1000) => Type.Integer({ minimum, description });
const query = (description: string) => Type.String({ description });

export const comparison = Type.Union([Type.Literal('>'), Type.Literal('>='), Type.Literal('<'), Type.Literal('<='), Type.Literal('=')], {
  title: 'Comparison',
  description: 'How the value is compared with the threshold.',
});

/** What every condition has. */
const condition = {
  filter: Type.Optional(query("Lines that it looks at, besides the rule's own filter.")),
};
const window = { window_ms: spanMs('How far back lines count, in event time.') };
const threshold = {
  operator: comparison,
  threshold: Type.Number(),
  recover_threshold: Type.Optional(
    Type.Number({ description: 'Hysteresis: once firing, it stays so until the value passes this one. Absent: the threshold itself.' }),
  ),
};
const minimum = {
  minimum_lines: Type.Optional(
    Type.Number({ minimum: 0, description: 'With fewer lines in the window it is not met, whatever its value.' }),
  ),
};

export const countCondition = Type.Object(
  { kind: Type.Literal('count'), ...condition, ...window, ...threshold },
  {
    title: 'CountCondition',
    additionalProperties: false,
    description: 'Number of lines in the window; sampled lines count by their rate.',
  },
);
export const rateCondition = Type.Object(
  { kind: Type.Literal('rate'), ...condition, ...window, ...threshold },
  { title: 'RateCondition', additionalProperties: false, description: 'Lines a second over the window.' },
);
export const ratioCondition = Type.Object(
  {
    kind: Type.Literal('ratio'),
    ...condition,
    part: query('Lines that are counted against all of the filter.'),
    ...window,
    ...threshold,
    ...minimum,
  },
  {
    title: 'RatioCondition',
    additionalProperties: false,
    description: 'Share, 0 to 1, of lines that match `part`: `level:>=ERROR` above 0.01.',
  },
);
export const changeCondition = Type.Object(
  {
    kind: Type.Literal('change'),
    ...condition,
    ...window,
    against: Type.Union([Type.Literal('window_before'), Type.Literal('day_before'), Type.Literal('week_before')]),
    measure: Type.Union([Type.Literal('percent'), Type.Literal('difference')]),
    ...threshold,
    ...minimum,
  },
  {
    title: 'ChangeCondition',
    additionalProperties: false,
    description: 'Count of the window against an earlier one; percent: +100 is twice as many.',
  },
);
export const metricCondition = Type.Object(
  {
    kind: Type.Literal('metric'),
    ...condition,
    attribute: Type.String({ minLength: 1, description: 'Attribute with numbers (with any values for `distinct`).' }),
    aggregate: Type.String({
      pattern: '^(avg|sum|min|max|distinct|p(50|75|90|95|99|99\\.9))$',
      description: 'avg, sum, min, max, distinct, p50, p75, p90, p95, p99 or p99.9.',
    }),
    ...window,
    ...threshold,
    ...minimum,
  },
  { title: 'MetricCondition', additionalProperties: false, description: 'A figure of an attribute over the window.' },
);
export const absenceCondition = Type.Object(
  { kind: Type.Literal('absence'), ...condition, ...window },
  {
    title: 'AbsenceCondition',
    additionalProperties: false,
    description: 'No line in the window, where there was one before (or never was, for a rule without groups).',
  },
);
export const silentSourceCondition = Type.Object(
  {
    kind: Type.Literal('silent_source'),
    ...condition,
    source: Type.Union([Type.Literal('host'), Type.Literal('service')]),
    factor: Type.Optional(Type.Number({ minimum: 1, default: 5, description: 'Silent after so many of its own longest usual pauses.' })),
    minimum_silence_ms: Type.Optional(spanMs('Never called silent before.')),
    forget_after_ms: Type.Optional(spanMs('Silent so long it counts as taken out of service, and resolves.')),
    learn_ms: Type.Optional(
      spanMs('One that sent for less than this is not missed when it stops; `alerts.learn_sources` where absent.', 0),
    ),
  },
  {
    title: 'SilentSourceCondition',
    additionalProperties: false,
    description: 'A host or service that used to send and stopped; its cadence is learned.',
  },
);
export const sequenceCondition = Type.Object(
  {
    kind: Type.Literal('sequence'),
    ...condition,
    first: query('A line that begins it.'),
    then: query('The line that must follow.'),
    key: Type.String({ minLength: 1, description: 'Field that both lines share, such as `trace_id`.' }),
    within_ms: spanMs('Longest time between the two.', 1),
    expect: Type.Union([Type.Literal('both'), Type.Literal('missing')], { description: '`both`: A, then B. `missing`: A without B.' }),
    ...window,
    ...threshold,
  },
  {
    title: 'SequenceCondition',
    additionalProperties: false,
    description: 'Number of keys in the window on which A was followed by B, or was not.',
  },
);
export const newPatternCondition = Type.Object(
  {
    kind: Type.Literal('new_pattern'),
    ...condition,
    learn_ms: Type.Optional(
      spanMs(
        'After a service is first seen, its patterns are learned for so long without a word; `alerts.learn_patterns` where absent.',
        0,
      ),
    ),
    ...window,
  },
  {
    title: 'NewPatternCondition',
    additionalProperties: false,
    description: 'A pattern of messages never seen before in its service; filter by `level:>=ERROR`.',
  },
);
export const budgetCondition = Type.Object(
  {
    kind: Type.Literal('budget'),
    ...condition,
    unit: Type.Union([Type.Literal('lines'), Type.Literal('bytes')]),
    period: Type.Union([Type.Literal('hour'), Type.Literal('day')], { description: 'Full hours or days of UTC.' }),
    threshold: Type.Number({ exclusiveMinimum: 0 }),
    warn_at: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Met at this share of the budget; 1 where absent.' }),
    ),
  },
  { title: 'BudgetCondition', additionalProperties: false, description: 'Volume of a full hour or day; usually grouped by service.' },
);
export const anomalyCondition = Type.Object(
  {
    kind: Type.Literal('anomaly'),
    ...condition,
    signal: Type.Union([Type.Literal('volume'), Type.Literal('warn'), Type.Literal('forest')], {
      description:
        '`volume`: drop or spike against its season. `warn`: rise of WARN. `forest`: isolation forest over features of the window.',
    }),
    direction: Type.Optional(Type.Union([Type.Literal('both'), Type.Literal('drop'), Type.Literal('spike')], { default: 'both' })),
    sensitivity: Type.Optional(Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high')], { default: 'medium' })),
  },
  {
    title: 'AnomalyCondition',
    additionalProperties: false,
    description: 'Windows of five minutes of a service that do not look like its own past.',
  },
);

export const simpleCondition = Type.Union(
  [
    countCondition,
    rateCondition,
    ratioCondition,
    changeCondition,
    metricCondition,
    absenceCondition,
    silentSourceCondition,
    sequenceCondition,
    newPatternCondition,
    budgetCondition,
    anomalyCondition,
  ],
  { title: 'SimpleCondition' },
);

/** Several together; with groups, each group is judged by all of them. */
export const combinedCondition = Type.Object(
  {
    kind: Type.Union([Type.Literal('all'), Type.Literal('any')]),
    conditions: Type.Array(simpleCondition, { minItems: 2, maxItems: 10 }),
  },
  { title: 'CombinedCondition', additionalProperties: false, description: 'AND or OR of conditions, over one or several services.' },
);

export const severity = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], { title: 'Severity' });

/** Who hears of it besides what the routing says. `channel` names a kept channel; else `type` with what it needs. */
export const ruleAction = Type.Object(
  {
    channel: Type.Optional(Type.String({ minLength: 1, description: 'Name of a channel.' })),
    type: Type.Optional(Type.String({ description: 'pagerduty, slack, teams, email, webhook, opsgenie or inbox.' })),
    url: Type.Optional(Type.String({ description: 'Where a webhook goes.' })),
    to: Type.Optional(Type.String({ description: 'A channel of Slack, an address of email.' })),
    severity: Type.Optional(severity),
  },
  { title: 'RuleAction', additionalProperties: false },
);

export const alertRuleBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: maxNameLength }),
    description: Type.Optional(Type.String({ maxLength: 10_000 })),
    enabled: Type.Optional(Type.Boolean({ default: true })),
    severity: Type.Optional(severity),
    labels: Type.Optional(Type.Record(Type.String({ minLength: 1 }), Type.String(), { description: 'For routing, silences and people.' })),
    runbook_url: Type.Optional(Type.String()),
    summary: Type.Optional(
      Type.String({ maxLength: 1000, description: 'A template: {{group.service}}, {{value}}, {{threshold}}, {{labels.team}}.' }),
    ),
    filter: Type.Optional(query('Lines that the rule looks at; all where empty.')),
    group_by: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { maxItems: 10, description: 'Fields; each combination of values is judged apart.' }),
    ),
    condition: Type.Union([simpleCondition, combinedCondition], { title: 'Condition' }),
    for_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'The condition holds so long before it fires.' })),
    keep_firing_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'Goes on firing so long after the condition last held.' })),
    cooldown_ms: Type.Optional(
      Type.Integer({ minimum: 0, description: 'After it resolved, the same group does not fire again for so long.' }),
    ),
    no_data: Type.Optional(
      Type.Union([Type.Literal('ok'), Type.Literal('keep'), Type.Literal('fire')], {
        description: 'When nothing came at all: counts as ok, keeps the state, or fires. `ok` where absent.',
      }),
    ),
    actions: Type.Optional(Type.Array(ruleAction, { maxItems: 20 })),
    sample_lines: Type.Optional(Type.Integer({ minimum: 0, maximum: 20, description: 'Lines shown in a notification; 5 where absent.' })),
    muted_until_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'Incidents are made but nobody is told until then.' })),
  },
  { title: 'AlertRule', additionalProperties: false },
);

export type Comparison = Static<typeof comparison>;
export type SimpleCondition = Static<typeof simpleCondition>;
export type CombinedCondition = Static<typeof combinedCondition>;
export type Condition = SimpleCondition | CombinedCondition;
export type ConditionKind = SimpleCondition['kind'];
export type ConditionOf<K extends ConditionKind> = Extract<SimpleCondition, { kind: K }>;
export type Severity = Static<typeof severity>;
export type RuleAction = Static<typeof ruleAction>;
export type AlertRuleBody = Static<typeof alertRuleBody>;

/** A rule that is kept. */
export interface AlertRule {
  /** Random, for ever. */
  readonly id: string;
  readonly tenant: string;
  /** Rises with every change. */
  readonly version: number;
  readonly updatedMs: number;
  readonly updatedBy: string;
  readonly body: AlertRuleBody;
}
