/** Requests and answers about alert rules. What a rule says is in alerting/alert-rule.ts; how people may write it, in rule-input.ts. */
import { Type } from 'typebox';
import { alertRuleBody } from '#alerting/alert-rule.ts';
import { timeRangeSchema } from './search-schemas.ts';

const timestamp = Type.String({ format: 'date-time' });
const state = Type.Enum(['ok', 'pending', 'firing', 'no_data', 'late_data', 'failed', 'disabled', 'unknown'], {
  title: 'RuleState',
  description: 'The worst of its groups; `unknown` until the evaluator has looked at it.',
});
const span = (description: string) => Type.Optional(Type.String({ maxLength: 64, description }));

const actionsOfDesigns = Type.Array(
  Type.Object(
    {
      type: Type.Optional(Type.String({ description: 'pagerduty, slack, teams, email, webhook, opsgenie or inbox.' })),
      channel: Type.Optional(
        Type.String({ description: 'With a type: where that goes, `#payments-oncall`. Alone: a kept channel by name.' }),
      ),
      severity: Type.Optional(Type.String({ description: 'info, warning or critical.' })),
      url: Type.Optional(Type.String()),
      to: Type.Optional(Type.String()),
    },
    { title: 'DesignAction' },
  ),
);

/** Members that any shape may have besides its own. */
const furtherMembers = {
  description: alertRuleBody.properties.description,
  enabled: alertRuleBody.properties.enabled,
  severity: alertRuleBody.properties.severity,
  labels: alertRuleBody.properties.labels,
  runbook_url: alertRuleBody.properties.runbook_url,
  summary: alertRuleBody.properties.summary,
  group_by: alertRuleBody.properties.group_by,
  for: span('As `for_ms`: `5m`.'),
  keep_firing: span('As `keep_firing_ms`.'),
  cooldown: span('As `cooldown_ms`.'),
};
const threshold = Type.Number({ description: 'What the value is compared with.' });
const window = Type.String({ maxLength: 64, description: 'How far back lines count: `5m`.' });
const aggregation = Type.Optional(
  Type.String({
    description: '`count` (default), `rate`, `error_rate`, `avg(f)`, `sum(f)`, `min(f)`, `max(f)`, `distinct(f)`, `p99(f)` …',
  }),
);

const shapeA = Type.Object(
  {
    name: alertRuleBody.properties.name,
    query: Type.String({ description: 'Query language: lines that count.' }),
    condition: Type.Object({
      threshold,
      window,
      operator: Type.Optional(Type.String({ description: '> (default), >=, <, <= or =.' })),
      aggregation,
    }),
    actions: Type.Optional(actionsOfDesigns),
    ...furtherMembers,
  },
  { title: 'RuleOfDesignA', description: "Design A's shape." },
);
const shapeB = Type.Object(
  {
    name: alertRuleBody.properties.name,
    condition: Type.Object({
      service: Type.Optional(Type.String()),
      level: Type.Optional(Type.String()),
      threshold,
      window_seconds: Type.Number(),
      aggregation,
    }),
    action: Type.Optional(actionsOfDesigns.items),
    ...furtherMembers,
  },
  { title: 'RuleOfDesignB', description: "Design B's shape. Without `cooldown` it is 10 minutes." },
);
const shapeC = Type.Object(
  {
    name: alertRuleBody.properties.name,
    condition: Type.Object({
      filter: Type.Optional(
        Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.String()], {
          description: 'Fields with values as in a search, or a query.',
        }),
      ),
      threshold,
      window,
      comparison: Type.Optional(Type.String({ description: '`above` (default), `below`, or an operator.' })),
      aggregation,
    }),
    actions: Type.Optional(actionsOfDesigns),
    ...furtherMembers,
  },
  { title: 'RuleOfDesignC', description: "Design C's shape." },
);

/** Time spans may be texts everywhere: `window: 5m` in place of `window_ms: 300000`. */
const anyRule = Type.Union([alertRuleBody, shapeA, shapeB, shapeC], {
  title: 'AnyRule',
  description: 'The model, or the shape of a design. Spans may be written as texts: `window: "5m"` is `window_ms: 300000`.',
});
const version = Type.Optional(Type.Integer({ minimum: 1, description: 'The version that is changed; absent: whatever it is.' }));

export const ruleBody = anyRule;
export const ruleChangeBody = Type.Union([
  anyRule,
  Type.Object({ rule: anyRule, version }, { description: 'With the version that is changed; another one is a conflict.' }),
]);

const problem = Type.Object(
  {
    field: Type.String({ description: 'Member of the model, such as `condition.filter` or `actions.0.channel`; empty: the whole rule.' }),
    message: Type.String(),
    code: Type.String(),
    position: Type.Optional(Type.Integer({ description: 'Where in the query or template, from 0.' })),
    length: Type.Optional(Type.Integer()),
    setting: Type.Optional(Type.String({ description: 'Setting whose bound it is over.' })),
  },
  { title: 'RuleProblem' },
);
const warnings = Type.Array(problem, { description: 'What is allowed and yet probably not meant, such as a field that no line has.' });

const facts = {
  state,
  value: Type.Union([Type.Number(), Type.Null()], { description: 'Newest value of the group that is worst off.' }),
  evaluated_at: Type.Union([timestamp, Type.Null()], { description: 'Tick that the state is of.' }),
  groups: Type.Object(
    {
      total: Type.Integer(),
      pending: Type.Integer(),
      firing: Type.Integer(),
      left_out: Type.Integer({ description: 'Over `alerts.max_groups`.' }),
    },
    { title: 'GroupCounts', description: 'Groups that are looked at.' },
  ),
  firing: Type.Array(
    Type.Object(
      {
        incident: Type.String(),
        group: Type.Record(Type.String(), Type.String()),
        state: Type.String(),
        since: timestamp,
        value: Type.Union([Type.Number(), Type.Null()]),
        acknowledged_by: Type.Union([Type.String(), Type.Null()]),
      },
      { title: 'OpenIncident' },
    ),
    { description: 'Open incidents, the first ten.' },
  ),
  muted_until: Type.Union([timestamp, Type.Null()]),
  last_error: Type.Union([Type.String(), Type.Null()]),
};

const kept = {
  id: Type.String(),
  version: Type.Integer(),
  updated_at: timestamp,
  updated_by: Type.String(),
  rule: alertRuleBody,
};

export const ruleAnswer = Type.Object(
  { ...kept, ...facts, name: Type.String(), warnings },
  { title: 'RuleAnswer', description: "Besides these, the rule's members in the address's own shape." },
);
export const ruleAnswerB = Type.Object({ rule_id: Type.String(), ...kept, name: Type.String(), warnings });
export const rulesAnswer = Type.Object({
  rules: Type.Array(Type.Object({ ...kept, ...facts }, { title: 'KeptRule' })),
  total: Type.Integer(),
});
export const removedAnswer = Type.Object({ removed: Type.Literal(true) });
export const versionsAnswer = Type.Object({
  versions: Type.Array(Type.Object(kept, { title: 'RuleVersion' }), { description: 'Newest first.' }),
});

export const muteBody = Type.Object(
  {
    for: Type.Optional(Type.String({ maxLength: 64, description: 'Such as `2h`.' })),
    until: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339.' })),
  },
  { additionalProperties: false, description: 'One of the two: nobody is told of its incidents until then.' },
);

export const ruleCheckBody = Type.Object({ rule: anyRule }, { additionalProperties: false });
export const ruleCheckAnswer = Type.Object({
  valid: Type.Boolean(),
  problems: Type.Array(problem),
  warnings,
  rule: Type.Union([alertRuleBody, Type.Null()], { description: 'As the model has it; null where it cannot be read.' }),
});

const group = Type.Record(Type.String(), Type.String());
const series = Type.Array(
  Type.Object(
    {
      group,
      points: Type.Array(Type.Object({ time: timestamp, value: Type.Union([Type.Number(), Type.Null()]), state: Type.String() })),
    },
    { title: 'TrialSeries' },
  ),
  { description: 'By group, those with incidents first; at most `alerts.backtest_max_series`.' },
);
const incidents = Type.Array(
  Type.Object(
    {
      group,
      pending_at: Type.Union([timestamp, Type.Null()]),
      fired_at: timestamp,
      resolved_at: Type.Union([timestamp, Type.Null()], { description: 'null: it was firing at the end.' }),
      peak: Type.Union([Type.Number(), Type.Null()], { description: 'The value furthest beyond the threshold.' }),
      detail: Type.Union([Type.String(), Type.Null()]),
    },
    { title: 'TrialIncident' },
  ),
);
const run = {
  incidents,
  total_incidents: Type.Integer(),
  series,
  total_groups: Type.Integer(),
  from: timestamp,
  to: timestamp,
  step_ms: Type.Integer({ description: 'Time between points.' }),
  took_ms: Type.Integer(),
  warnings,
};

export const ruleTestBody = Type.Object(
  {
    rule: anyRule,
    logs: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      minItems: 1,
      maxItems: 10_000,
      description: "Records in design A's names; those without a time come now.",
    }),
    after: Type.Optional(
      Type.String({ maxLength: 64, description: 'How long to go on without lines after the last one; the window where absent.' }),
    ),
  },
  { additionalProperties: false },
);
export const ruleTestAnswer = Type.Object({
  ...run,
  lines: Type.Array(
    Type.Object({
      index: Type.Integer(),
      matches: Type.Boolean({ description: "Whether it is one of the rule's lines." }),
      error: Type.Union([Type.String(), Type.Null()], { description: 'Why it could not be read.' }),
    }),
  ),
});

export const ruleBacktestBody = Type.Object(
  { rule: anyRule, time_range: Type.Optional(timeRangeSchema) },
  { additionalProperties: false, description: 'Without a time range: the last day.' },
);
export const ruleBacktestAnswer = Type.Object({
  ...run,
  lines: Type.Integer({ description: 'Lines that were looked at.' }),
  complete: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'Why it ends before the range does.' })),
});

export const rulesApplyBody = Type.Object(
  {
    rules: Type.Array(anyRule, { description: 'With `id`, or told by their names.' }),
    dry_run: Type.Optional(Type.Boolean({ description: 'Only says what would change.' })),
    prune: Type.Optional(Type.Boolean({ description: 'Removes rules that are not among them.' })),
  },
  { additionalProperties: false },
);
export const rulesApplyAnswer = Type.Object({
  changes: Type.Array(
    Type.Object({
      action: Type.Enum(['create', 'update', 'keep', 'remove']),
      id: Type.Union([Type.String(), Type.Null()], { description: 'null: not made yet.' }),
      name: Type.String(),
      differences: Type.Array(Type.Object({ member: Type.String(), before: Type.Unknown(), after: Type.Unknown() })),
      warnings,
    }),
  ),
  applied: Type.Boolean(),
});
