/** Matchers of routes, silences and inhibitions: compiled once, asked for each incident. An absent label is the empty text. */
import { quoted } from '#base/quoted.ts';
import type { Incident } from '#metadata/alert-records.ts';
import { compileLinearRegex } from '#platform/linear-regex.ts';
import type { LabelSet, Matcher } from './notification-rules.ts';

export interface CompiledMatchers {
  matches(labels: LabelSet): boolean;
  /** The first matcher that does not hold, in words; undefined where all do. */
  mismatch(labels: LabelSet): string | undefined;
}

/** Characters of a value that is told. */
const maxShownValue = 100;

interface Compiled {
  readonly matcher: Matcher;
  test(value: string): boolean;
}

/** @throws AppError bad_request for an expression that is malformed or not linear */
export function compileMatchers(matchers: readonly Matcher[]): CompiledMatchers {
  const compiled = matchers.map(compileMatcher);
  const failing = (labels: LabelSet): Compiled | undefined => compiled.find(({ matcher, test }) => !test(valueOf(labels, matcher.label)));
  return {
    matches: (labels) => failing(labels) === undefined,
    mismatch(labels) {
      const found = failing(labels);
      return found === undefined
        ? undefined
        : `${found.matcher.label} is ${quoted(valueOf(labels, found.matcher.label), maxShownValue)}, not ${printMatcher(found.matcher)}`;
    },
  };
}

function compileMatcher(matcher: Matcher): Compiled {
  const { operator = '=', value } = matcher;
  switch (operator) {
    case '=':
      return { matcher, test: (text) => text === value };
    case '!=':
      return { matcher, test: (text) => text !== value };
    case '=~': {
      const expression = wholly(value);
      return { matcher, test: (text) => expression.test(text) };
    }
    case '!~': {
      const expression = wholly(value);
      return { matcher, test: (text) => !expression.test(text) };
    }
  }
}

/** The user's expression is checked by itself first, so that the error shows it as it was written. */
function wholly(pattern: string): RegExp {
  compileLinearRegex(pattern, 's');
  return compileLinearRegex(`^(?:${pattern})$`, 's');
}

const valueOf = (labels: LabelSet, label: string): string => (Object.hasOwn(labels, label) ? labels[label] : '');

/** `team=~"pay.*"`. */
export const printMatcher = ({ label, operator = '=', value }: Matcher): string => `${label}${operator}${quoted(value, maxShownValue)}`;

/** What of an incident matchers see: its labels and group, and `severity`, `rule` and `rule_id`. */
export function labelsOf({
  group,
  labels,
  severity,
  ruleName,
  ruleId,
}: Pick<Incident, 'group' | 'labels' | 'severity' | 'ruleName' | 'ruleId'>): LabelSet {
  return { ...group, ...labels, severity, rule: ruleName, rule_id: ruleId };
}
