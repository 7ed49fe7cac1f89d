/** Incidents and their events as they are recorded, made of what the evaluator knows of a group. */
import { createHash } from 'node:crypto';
import type { AlertState, Incident, IncidentEvent, IncidentSample, NewTransition } from '#metadata/alert-records.ts';
import type { AlertRule } from './alert-rule.ts';

const idDigits = 32;

export interface IncidentFacts {
  readonly rule: AlertRule;
  readonly fields: readonly string[];
  /** Values of the fields. */
  readonly values: readonly string[];
  readonly state: AlertState;
  readonly beganMs: number;
  readonly firedMs: number | undefined;
  readonly value: number | undefined;
  readonly detail: string | undefined;
  readonly lateMs: number;
  readonly samples: readonly IncidentSample[];
}

/** The same for the same rule, group and beginning, whoever finds it and how often. */
export function incidentIdOf(ruleId: string, values: readonly string[], beginning: number | string): string {
  return createHash('sha256')
    .update(JSON.stringify([ruleId, values, beginning]))
    .digest('hex')
    .slice(0, idDigits);
}

/** The incident as it stands; `beginning` tells it from others of its group where that is not the time. */
export function incidentOf(facts: IncidentFacts, beginning: number | string = facts.beganMs): Incident {
  const { rule, fields, values } = facts;
  const group = Object.fromEntries(fields.map((field, i) => [field, values[i] ?? '']));
  return {
    id: incidentIdOf(rule.id, values, beginning),
    tenant: rule.tenant,
    ruleId: rule.id,
    ruleVersion: rule.version,
    ruleName: rule.body.name,
    severity: rule.body.severity ?? 'warning',
    group,
    labels: { ...group, ...rule.body.labels },
    state: facts.state,
    beganMs: facts.beganMs,
    firedMs: facts.firedMs,
    value: facts.value,
    detail: facts.detail,
    lateMs: facts.lateMs,
    samples: facts.samples,
    suppressedBy: [],
  };
}

/** `turn`: tells events of one kind apart, where an incident has several. */
export function transitionOf(
  incident: Incident,
  kind: IncidentEvent['kind'],
  atMs: number,
  turn: number,
  detail = incident.detail,
): NewTransition {
  return {
    key: `${incident.id}/${kind}/${turn}`,
    incident,
    event: { incidentId: incident.id, tenant: incident.tenant, kind, atMs, detail, value: incident.value },
  };
}

/** The end of an incident; `kind` where it is known, else resolved, or cancelled where it was only pending. */
export function endOf(
  incident: Incident,
  atMs: number,
  detail: string | undefined,
  kind: 'resolved' | 'cancelled' = incident.state === 'pending' ? 'cancelled' : 'resolved',
): NewTransition {
  return transitionOf({ ...incident, state: 'ok', resolvedMs: atMs, detail: incident.detail ?? detail }, kind, atMs, 0, detail);
}
