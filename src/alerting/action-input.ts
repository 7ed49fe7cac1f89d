/** The actions of rules as people write them. In the designs `channel` beside a type is a place there (`#payments-oncall`); the model calls it `to`. */
import { ruleAction } from './alert-rule.ts';
import type { Severity } from './alert-rule.ts';
import type { Members } from './rule-members.ts';
import { joinPath, problem, unknownMember } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

const severities: readonly Severity[] = ['info', 'warning', 'critical'];
const severitySpellings: ReadonlyMap<string, Severity> = new Map([
  ['warn', 'warning'],
  ['error', 'critical'],
  ['fatal', 'critical'],
]);

interface ReadActions {
  readonly actions: unknown;
  /** The worst that an action names: what the rule is where it says nothing itself. */
  readonly severity: Severity | undefined;
}

export function readActions(given: unknown, problems: RuleProblem[]): ReadActions {
  if (!Array.isArray(given)) {
    problems.push(problem('actions', 'must be a list'));
    return { actions: [], severity: undefined };
  }
  const actions = given.map((one: unknown, index) => readAction(one, joinPath('actions', index), problems));
  const worst = Math.max(-1, ...actions.map(({ severity }) => severities.indexOf(severity as Severity)));
  return { actions, severity: severities[worst] };
}

function readAction(given: unknown, path: string, problems: RuleProblem[]): Members {
  if (typeof given === 'string') return { channel: given };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(problem(path, 'must be an object, or the name of a channel'));
    return {};
  }
  const members: Record<string, unknown> = {};
  const known = Object.keys(ruleAction.properties);
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    if (known.includes(name)) members[name] = value;
    else problems.push(unknownMember(path, name, known));
  }
  const { severity, type, channel } = members;
  if (typeof severity === 'string') members['severity'] = severitySpellings.get(severity.toLowerCase()) ?? severity.toLowerCase();
  if (typeof type === 'string') members['type'] = type.trim().toLowerCase();
  if (type !== undefined && channel !== undefined) {
    if (members['to'] !== undefined) problems.push(problem(joinPath(path, 'channel'), 'give either "channel" or "to"'));
    members['to'] = channel;
    delete members['channel'];
  }
  return members;
}
