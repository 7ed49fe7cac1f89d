/**
 * What a message about a group says: what, since when, how bad, with some lines and the addresses of the rest. Made once for a
 * group, then fitted to each channel: its number of sample lines and its templates. Masking of secrets, the layout and
 * escaping are the channels' (channels/). Pure.
 */
import { shownInstant, shownSpan } from '#base/shown-times.ts';
import { formatDurationMs } from '#base/units.ts';
import { ownRulePrefix } from '#metadata/alert-records.ts';
import type { Incident } from '#metadata/alert-records.ts';
import type { AlertRuleBody, Condition, Severity } from '../alert-rule.ts';
import { parseTemplate, renderTemplate } from '../message-template.ts';
import type { Notification, NotifiedIncident } from '../notification.ts';
import type { ChannelBody } from '../notification-rules.ts';
import { incidentUrlOf, linesUrlOf, windowMsOf } from './explorer-links.ts';
import type { LinkOptions } from './explorer-links.ts';

export interface MessageFacts {
  readonly kind: Exclude<Notification['kind'], 'test'>;
  readonly groupKey: string;
  readonly id: string;
  readonly atMs: number;
  /** What is described, the most important first; the others are in the counts. */
  readonly incidents: readonly Incident[];
  readonly firingCount: number;
  readonly resolvedCount: number;
  readonly ruleOf: (ruleId: string) => AlertRuleBody | undefined;
}

export interface MessageOptions extends LinkOptions {
  /** Where neither rule nor channel says. */
  readonly sampleLines: number;
}

const severities: readonly Severity[] = ['info', 'warning', 'critical'];

/** As for a channel without templates and without a bound of lines of its own. */
export function composeNotification(facts: MessageFacts, options: MessageOptions): Notification {
  const { kind, groupKey, id, atMs, incidents, firingCount, resolvedCount, ruleOf } = facts;
  const notified = incidents.map((incident) => notifiedIncident(incident, ruleOf(incident.ruleId), atMs, options));
  const worst = Math.max(0, ...incidents.map(({ severity }) => severities.indexOf(severity)));
  return {
    groupKey,
    id,
    kind,
    severity: severities[worst],
    atMs,
    title: titleOf(facts, notified),
    text: textOf(facts),
    incidents: notified,
    moreIncidents: firingCount + resolvedCount - incidents.length,
  };
}

/** The same as one channel wants it. */
export function fitToChannel(notification: Notification, body: ChannelBody, ruleOf: MessageFacts['ruleOf']): Notification {
  const { sample_lines: maxSamples = Number.POSITIVE_INFINITY, title, text } = body;
  const incidents = notification.incidents.map((notified) => {
    const { incident } = notified;
    return { ...notified, incident: { ...incident, samples: incident.samples.slice(0, maxSamples) } };
  });
  const [first] = incidents;
  const filled = (template: string | undefined, usual: string): string =>
    template === undefined || first === undefined ? usual : fillTemplate(template, first.incident, ruleOf(first.incident.ruleId));
  return { ...notification, incidents, title: filled(title, notification.title), text: filled(text, notification.text) };
}

function notifiedIncident(incident: Incident, rule: AlertRuleBody | undefined, atMs: number, options: MessageOptions): NotifiedIncident {
  const samples = incident.samples.slice(0, rule?.sample_lines ?? options.sampleLines);
  return {
    incident: { ...incident, samples },
    title: titleOfIncident(incident, rule),
    ...(rule?.runbook_url === undefined ? {} : { runbookUrl: rule.runbook_url }),
    // no lines stand behind an incident about a channel
    linesUrl: incident.ruleId.startsWith(ownRulePrefix) ? '' : linesUrlOf(incident, rule, atMs, options),
    incidentUrl: incidentUrlOf(incident, options),
  };
}

/** The rule's summary with its values, else `Payment errors: payment-service, eu-1`. */
function titleOfIncident(incident: Incident, rule: AlertRuleBody | undefined): string {
  const summary = rule?.summary === undefined ? '' : fillTemplate(rule.summary, incident, rule).trim();
  if (summary !== '') return summary;
  const { ruleName, group } = incident;
  const values = Object.values(group).filter((value) => value !== '');
  return values.length === 0 ? ruleName : `${ruleName}: ${values.join(', ')}`;
}

function titleOf({ incidents, firingCount, resolvedCount }: MessageFacts, notified: readonly NotifiedIncident[]): string {
  const count = firingCount + resolvedCount;
  if (count === 1 && notified.length === 1) return notified[0].title;
  const counts = [...(firingCount > 0 ? [`${firingCount} firing`] : []), ...(resolvedCount > 0 ? [`${resolvedCount} resolved`] : [])].join(
    ', ',
  );
  const names = [...new Set(incidents.map(({ ruleName }) => ruleName))];
  if (names.length === 0) return counts;
  return names.length === 1 ? `${names[0]}: ${counts}` : `${names[0]} and others: ${counts}`;
}

/** The first incident in words, then how many there are, then why it is told now. */
function textOf({ kind, incidents, firingCount, resolvedCount, ruleOf, atMs }: MessageFacts): string {
  const [first] = incidents;
  const lines: string[] = [];
  if (first !== undefined) {
    lines.push(whatOf(first, ruleOf(first.ruleId)));
    lines.push(sinceOf(first, atMs));
    if (first.lateMs > 0) lines.push(`Told late: the evaluation was ${shownSpan(first.lateMs)} behind.`);
  }
  if (firingCount + resolvedCount > 1) lines.push(`${firingCount} firing, ${resolvedCount} resolved.`);
  if (kind === 'escalated') lines.push('Nobody has acknowledged it.');
  if (kind === 'repeated' && resolvedCount === 0) lines.push('Still firing, and nobody has acknowledged it.');
  if (kind === 'acknowledged' && first?.acknowledgedBy !== undefined) lines.push(`Acknowledged by ${first.acknowledgedBy}.`);
  return lines.filter((line) => line !== '').join('\n');
}

function whatOf(incident: Incident, rule: AlertRuleBody | undefined): string {
  const { value, detail } = incident;
  const threshold = rule === undefined ? undefined : thresholdText(rule.condition);
  const measured = value === undefined ? '' : `Value ${number(value)}${threshold === undefined ? '' : `, ${threshold}`}.`;
  return [measured, detail ?? ''].filter((part) => part !== '').join(' ');
}

function sinceOf({ state, firedMs, beganMs, resolvedMs, severity }: Incident, atMs: number): string {
  const sinceMs = firedMs ?? beganMs;
  if (resolvedMs !== undefined)
    return `Resolved ${shownInstant(resolvedMs)} after ${shownSpan(resolvedMs - sinceMs)}; it fired ${shownInstant(sinceMs)}.`;
  const forText = atMs - sinceMs >= 1000 ? ` (${shownSpan(atMs - sinceMs)})` : '';
  return `${stateWords[state]} since ${shownInstant(sinceMs)}${forText}, severity ${severity}.`;
}

const stateWords: Readonly<Record<Incident['state'], string>> = {
  ok: 'Fired',
  pending: 'Pending',
  firing: 'Firing',
  no_data: 'No data',
  late_data: 'Firing on late data',
  failed: 'The rule cannot be evaluated',
};

/** A template with the incident's values; what has none is empty. */
export function fillTemplate(template: string, incident: Incident, rule: AlertRuleBody | undefined): string {
  return renderTemplate(parseTemplate(template), (name) => templateValue(name, incident, rule));
}

function templateValue(name: string, incident: Incident, rule: AlertRuleBody | undefined): string | undefined {
  const { group, labels, severity, state, value, detail, firedMs, beganMs, ruleName } = incident;
  if (name.startsWith('group.')) return own(group, name.slice('group.'.length));
  if (name.startsWith('labels.')) return own(labels, name.slice('labels.'.length));
  switch (name) {
    case 'rule':
      return ruleName;
    case 'severity':
      return severity;
    case 'state':
      return state === 'ok' ? 'resolved' : state;
    case 'value':
      return value === undefined ? undefined : number(value);
    case 'detail':
      return detail;
    case 'since':
      return shownInstant(firedMs ?? beganMs);
    case 'window':
      return rule === undefined ? undefined : formatDurationMs(windowMsOf(rule.condition));
    case 'threshold':
      return rule !== undefined && 'threshold' in rule.condition ? number(rule.condition.threshold) : undefined;
    default:
      return undefined;
  }
}

const own = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** `> 100 over 5m`. */
function thresholdText(condition: Condition): string | undefined {
  if (!('threshold' in condition)) return undefined;
  const over = 'window_ms' in condition ? ` over ${formatDurationMs(condition.window_ms)}` : '';
  return `${'operator' in condition ? condition.operator : '>'} ${number(condition.threshold)}${over}`;
}

const number = (value: number): string => String(Number(value.toPrecision(6)));
