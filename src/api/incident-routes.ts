/** Incidents of alert rules: listing them, looking at one, taking one. Each tenant sees its own. */
import { AppError } from '#base/errors.ts';
import type { AlertRecords, AlertState, Incident, IncidentEvent, IncidentSelection } from '#metadata/alert-records.ts';
import type { Clock } from '#platform/clock.ts';
import { endpoints } from './endpoints.ts';
import { acknowledgeBody, defaultIncidents, incidentStates, incidentsParameters } from './incident-endpoints.ts';
import { instantMs } from './instant-parameter.ts';
import { parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiReply, ApiRequest, ApiRoute } from './route.ts';

export interface IncidentRouteOptions {
  readonly records: AlertRecords;
  readonly clock: Clock;
  /** Told after an acknowledgement: somebody may wait for it. */
  readonly onAcknowledged: () => void;
}

const readParameters = createRequestReader(incidentsParameters, 'the query string');
const readAcknowledgement = createRequestReader(acknowledgeBody, 'the body');

export function incidentRoutes(options: IncidentRouteOptions): ApiRoute[] {
  const { records } = options;
  return [
    { endpoint: endpoints.incidents, handle: (request) => list(records, request) },
    {
      endpoint: endpoints.incident,
      handle: async (request) => withEvents(records, await found(records, tenantOf(request), request.pathParameters['id'])),
    },
    { endpoint: endpoints.incidentAcknowledge, handle: (request) => acknowledge(options, request) },
  ];
}

async function list(records: AlertRecords, request: ApiRequest): Promise<ApiReply> {
  const { state, rule, from, to, before, limit = defaultIncidents } = readParameters(parametersObject(request.queryParameters, ['limit']));
  const tenant = tenantOf(request);
  if (before !== undefined) await found(records, tenant, before);
  const selection: IncidentSelection = {
    tenant,
    ruleId: rule,
    states: state === undefined ? undefined : statesOf(state),
    fromMs: from === undefined ? undefined : instantMs('from', from),
    toMs: to === undefined ? undefined : instantMs('to', to),
    before,
    // One more than is shown tells whether there is another page.
    limit: limit + 1,
  };
  const incidents = await records.list(selection);
  const page = incidents.slice(0, limit);
  return reply({ incidents: page.map(shownIncident), next: incidents.length > limit ? (page.at(-1)?.id ?? null) : null });
}

async function acknowledge({ records, clock, onAcknowledged }: IncidentRouteOptions, request: ApiRequest): Promise<ApiReply> {
  const { comment } = readAcknowledgement(request.body ?? {});
  const tenant = tenantOf(request);
  const by = request.principal?.keyName ?? '';
  const note = comment === undefined || comment.trim() === '' ? by : `${by}: ${comment.trim()}`;
  const incident = await records.acknowledge(tenant, request.pathParameters['id'], note, clock.nowMs());
  onAcknowledged();
  return withEvents(records, incident);
}

/** @throws AppError bad_request for a state that does not exist */
function statesOf(text: string): AlertState[] {
  const open = incidentStates.filter((state) => state !== 'resolved');
  const states = text.split(',').flatMap((part) => {
    const name = part.trim();
    if (name === 'open') return open;
    const state = incidentStates.find((known) => known === name);
    if (state !== undefined) return [state];
    const known = ['open', ...incidentStates];
    throw new AppError('bad_request', `there is no state ${JSON.stringify(name.slice(0, 80))}; known are ${known.join(', ')}`, {
      details: { field: 'state', known },
    });
  });
  return [...new Set(states)].map((state) => (state === 'resolved' ? 'ok' : state));
}

async function found(records: AlertRecords, tenant: string, id: string): Promise<Incident> {
  const incident = await records.find(tenant, id);
  if (incident !== undefined) return incident;
  throw new AppError('not_found', `there is no incident ${JSON.stringify(id.slice(0, 80))}`);
}

async function withEvents(records: AlertRecords, incident: Incident): Promise<ApiReply> {
  const events = await records.eventsOf(incident.tenant, incident.id);
  return reply({ ...shownIncident(incident), events: events.map(shownEvent) });
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** Members that are undefined are left out by JSON. */
export function shownIncident(incident: Incident): object {
  const { firedMs, resolvedMs, acknowledgedMs } = incident;
  return {
    id: incident.id,
    rule_id: incident.ruleId,
    rule_version: incident.ruleVersion,
    rule_name: incident.ruleName,
    severity: incident.severity,
    group: incident.group,
    labels: incident.labels,
    state: incident.state === 'ok' ? 'resolved' : incident.state,
    began_at: instant(incident.beganMs),
    fired_at: firedMs === undefined ? undefined : instant(firedMs),
    resolved_at: resolvedMs === undefined ? undefined : instant(resolvedMs),
    acknowledged_at: acknowledgedMs === undefined ? undefined : instant(acknowledgedMs),
    acknowledged_by: incident.acknowledgedBy,
    value: incident.value,
    detail: incident.detail,
    late_ms: incident.lateMs,
    samples: incident.samples.map(({ traceId, patternId, ...sample }) => ({ ...sample, trace_id: traceId, pattern_id: patternId })),
    suppressed_by: incident.suppressedBy,
  };
}

function shownEvent({ sequence, kind, atMs, detail, value }: IncidentEvent): object {
  return { sequence, kind, at: instant(atMs), detail, value };
}
