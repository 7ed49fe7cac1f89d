/** The model → the shapes of designs A, B and C, as far as they can say it; what they cannot is told as the model says it. Read back, they are the same rule. */
import { formatDurationMs } from '#base/units.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import type { AlertRuleBody, Condition, RuleAction, SimpleCondition } from './alert-rule.ts';
import { errorsOnly } from './design-condition.ts';
import type { RuleDesign } from './rule-input.ts';
import { countsDownwards } from './rule-members.ts';
import type { Members } from './rule-members.ts';

/** Conditions that the designs have words for. */
type PlainCondition = Extract<SimpleCondition, { kind: 'count' | 'rate' | 'ratio' | 'metric' }>;

/** Members of an answer in the shape of a design. */
export function shapeOf(body: AlertRuleBody, design: RuleDesign): Members {
  const { condition, filter, actions, for_ms: forMs, keep_firing_ms: keepMs, cooldown_ms: cooldownMs, muted_until_ms: _, ...rest } = body;
  const spans = {
    ...(forMs === undefined ? {} : { for: formatDurationMs(forMs) }),
    ...(keepMs === undefined ? {} : { keep_firing: formatDurationMs(keepMs) }),
    ...(cooldownMs === undefined ? {} : { cooldown: formatDurationMs(cooldownMs) }),
  };
  const shown = { ...rest, ...spans, ...shownActions(actions, design) };
  // a design's own shape would mean no lines too
  const saysMore = countsDownwards(condition) && body.no_data === undefined;
  if (saysMore || !isPlain(condition)) return { ...shown, ...(filter === undefined ? {} : { filter }), condition };
  return { ...shown, ...conditionOf[design](condition, filter) };
}

function isPlain(condition: Condition): condition is PlainCondition {
  if (condition.kind === 'ratio') return condition.part === errorsOnly && condition.filter === undefined;
  return (condition.kind === 'count' || condition.kind === 'rate' || condition.kind === 'metric') && condition.filter === undefined;
}

/** What all designs say alike besides the selection, the window and the comparison. */
function plainMembers(condition: PlainCondition): Members {
  const { threshold, recover_threshold: recover } = condition;
  const minimum = 'minimum_lines' in condition ? condition.minimum_lines : undefined;
  const aggregation = aggregationOf(condition);
  return {
    threshold,
    ...(recover === undefined ? {} : { recover_threshold: recover }),
    ...(minimum === undefined ? {} : { minimum_lines: minimum }),
    ...(aggregation === 'count' ? {} : { aggregation }),
  };
}

function aggregationOf(condition: PlainCondition): string {
  switch (condition.kind) {
    case 'count':
    case 'rate':
      return condition.kind;
    case 'ratio':
      return 'error_rate';
    case 'metric':
      return `${condition.aggregate}(${condition.attribute})`;
    default:
      return condition satisfies never;
  }
}

const conditionOf: Readonly<Record<RuleDesign, (condition: PlainCondition, filter: string | undefined) => Members>> = {
  A: (condition, filter = '') => ({
    query: filter,
    condition: { ...plainMembers(condition), window: formatDurationMs(condition.window_ms), operator: condition.operator },
  }),
  B: (condition, filter) => {
    const { operator, window_ms: windowMs } = condition;
    const fields = fieldsOf(filter);
    const areOwn =
      fields !== undefined && Object.entries(fields).every(([name, value]) => ownFieldsOfB.has(name) && typeof value === 'string');
    return {
      condition: {
        ...(areOwn ? fields : filter === undefined ? {} : { filter }),
        ...plainMembers(condition),
        window_seconds: windowMs / 1000,
        aggregation: aggregationOf(condition),
        ...(operator === '>' ? {} : { operator }),
      },
    };
  },
  C: (condition, filter) => {
    const { operator, window_ms: windowMs } = condition;
    const comparison = operator === '>' ? 'above' : operator === '<' ? 'below' : operator;
    return {
      condition: { filter: fieldsOf(filter) ?? filter ?? {}, ...plainMembers(condition), window: formatDurationMs(windowMs), comparison },
    };
  },
};

const ownFieldsOfB: ReadonlySet<string> = new Set(['service', 'level', 'host', 'environment']);

/** `service:a AND level:ERROR` as fields with values; undefined for a query that says more. */
function fieldsOf(filter: string | undefined): Record<string, string | readonly string[]> | undefined {
  if (filter === undefined) return {};
  const node = parsed(filter);
  if (node === undefined || node.kind === 'all') return node === undefined ? undefined : {};
  const children = node.kind === 'and' ? node.children : [node];
  const fields: Record<string, string | readonly string[]> = {};
  for (const child of children) {
    if (child.kind !== 'field-equals' || Object.hasOwn(fields, child.field)) return undefined;
    fields[child.field] = child.values.length === 1 ? child.values[0] : child.values;
  }
  return fields;
}

/** A rule that was kept by an older version may have a query that is none now: it is shown as it is. */
function parsed(query: string): QueryNode | undefined {
  try {
    return parseQuery(query);
  } catch {
    return undefined;
  }
}

function shownActions(actions: readonly RuleAction[] | undefined, design: RuleDesign): Members {
  if (actions === undefined) return {};
  const shown = actions.map(shownAction);
  return design === 'B' && shown.length === 1 ? { action: shown[0] } : { actions: shown };
}

/** Design C calls the place in Slack `channel`. */
function shownAction(action: RuleAction): Members {
  const { type, to, channel, ...rest } = action;
  if (type === 'slack' && to !== undefined && channel === undefined) return { type, channel: to, ...rest };
  return { ...action };
}
