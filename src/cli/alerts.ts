/**
 * `millrace alerts`: alert rules of a running server as YAML files. A file has a list of rules, `rules:` with one, or one rule;
 * several documents may stand in it. What is wrong is told with the line of the rule in its file.
 */
import { AppError } from '#base/errors.ts';
import { AlertsClient } from './alerts/alerts-client.ts';
import type { AlertsTarget, AppliedChange, ListedRule } from './alerts/alerts-client.ts';
import { readRuleFiles } from './alerts/rule-files.ts';
import type { RuleInFile } from './alerts/rule-files.ts';
import { rulesAsYaml } from './alerts/rules-yaml.ts';

export interface AlertsOptions extends AlertsTarget {
  readonly say: (text: string) => void;
}

export interface ApplyOptions extends AlertsOptions {
  readonly files: readonly string[];
  readonly prune: boolean;
  readonly readInput: () => Promise<string>;
}

/** A table of all rules with what they are doing. */
export async function listAlerts({ say, ...target }: AlertsOptions): Promise<void> {
  const rules = await new AlertsClient(target).list();
  if (rules.length === 0) return say('there are no alert rules');
  for (const line of tableOf(rules)) say(line);
}

/** All rules as YAML, which `apply` takes. */
export async function exportAlerts({ say, ...target }: AlertsOptions): Promise<void> {
  say(rulesAsYaml(await new AlertsClient(target).list()).trimEnd());
}

/** Makes the rules what the files say. */
export async function applyAlerts(options: ApplyOptions): Promise<void> {
  const changes = await sendRules(options, false);
  const counts = (['create', 'update', 'remove', 'keep'] as const).map((action) => changes.filter((one) => one.action === action).length);
  const [made, changed, removed, kept] = counts;
  options.say(`${made} made, ${changed} changed, ${removed} removed, ${kept} as they were`);
}

/** Says what `apply` would change; true where it would change nothing. */
export async function diffAlerts(options: ApplyOptions): Promise<boolean> {
  const changes = await sendRules(options, true);
  const isSame = changes.every(({ action }) => action === 'keep');
  options.say(isSame ? 'nothing would change' : 'nothing was changed; `millrace alerts apply` does it');
  return isSame;
}

export interface MuteOptions extends AlertsOptions {
  /** Id or name. */
  readonly rule: string;
  readonly for?: string | undefined;
  readonly until?: string | undefined;
  readonly off: boolean;
}

/** Mutes a rule, or makes it heard again. */
export async function muteAlert({ say, rule: wanted, for: span, until, off, ...target }: MuteOptions): Promise<void> {
  const given = [span, until, off ? 'off' : undefined].filter((value) => value !== undefined);
  if (given.length !== 1) throw new AppError('bad_request', 'give one of --for, --until and --off');
  const client = new AlertsClient(target);
  const rule = ruleOfName(await client.list(), wanted);
  const { muted_until: end } = off
    ? await client.act(rule.id, 'unmute', undefined)
    : await client.act(rule.id, 'mute', span === undefined ? { until } : { for: span });
  say(end === null ? `"${rule.rule.name}" is heard again` : `"${rule.rule.name}" is mute until ${end}`);
}

function ruleOfName(rules: readonly ListedRule[], wanted: string): ListedRule {
  const found = rules.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const named = rules.filter(({ rule }) => rule.name === wanted);
  if (named.length === 1) return named[0];
  const problem = named.length === 0 ? `there is no alert rule "${wanted}"` : `${named.length} alert rules are called "${wanted}"`;
  const advice = named.length === 0 ? '`millrace alerts list` shows all' : `say which by its id: ${named.map(({ id }) => id).join(', ')}`;
  throw new AppError('not_found', `${problem}; ${advice}`);
}

async function sendRules({ say, files, prune, readInput, ...target }: ApplyOptions, isDryRun: boolean): Promise<readonly AppliedChange[]> {
  const rules = await readRuleFiles(files, readInput);
  if (rules.length === 0 && !prune) throw new AppError('bad_request', `there are no rules in ${files.join(', ')}`);
  const { changes } = await new AlertsClient(target).apply(rules, { isDryRun, prune });
  for (const [index, change] of changes.entries()) for (const line of linesOfChange(change, rules[index])) say(line);
  return changes;
}

const marks: Readonly<Record<AppliedChange['action'], string>> = { create: '+', update: '~', remove: '-', keep: ' ' };

function linesOfChange({ action, name, id, differences, warnings }: AppliedChange, source: RuleInFile | undefined): string[] {
  const place = source === undefined ? '' : `  (${source.place})`;
  const head = action === 'keep' ? [] : [`${marks[action]} ${name}${id === null ? '' : `  ${id}`}${place}`];
  return [
    ...head,
    ...differences.map(({ member, before, after }) => `    ${member}: ${shown(before)} → ${shown(after)}`),
    ...warnings.map(({ field, message }) => `    warning: ${field}: ${message}`),
  ];
}

const shown = (value: unknown): string => (value === null ? 'nothing' : JSON.stringify(value));

function tableOf(rules: readonly ListedRule[]): string[] {
  const rows = [
    ['id', 'state', 'value', 'firing', 'muted until', 'name'],
    ...rules.map(({ id, state, value, groups, muted_until: muted, rule, last_error: error }) => [
      id,
      state,
      value === null ? '-' : String(Math.round(value * 1000) / 1000),
      String(groups.firing),
      muted ?? '-',
      error === null ? rule.name : `${rule.name}  (${error})`,
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
