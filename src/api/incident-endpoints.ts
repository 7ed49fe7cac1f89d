/** What is told about the addresses of incidents: one group of one alert rule, from its first pending or firing until it is over. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';

export const defaultIncidents = 50;
export const maxIncidents = 500;

/** `ok` of an incident means that it is over, and is told as `resolved`. */
export const incidentStates = ['pending', 'firing', 'no_data', 'late_data', 'failed', 'resolved'] as const;

const instant = (description: string) => Type.String({ format: 'date-time', description });
const text = (description: string) => Type.String({ description });

const sample = Type.Object(
  {
    id: text('Id of the line.'),
    timestamp: instant('Event time.'),
    level: Type.String(),
    service: Type.String(),
    host: Type.String(),
    message: Type.String(),
    trace_id: Type.String(),
    pattern_id: text('Hexadecimal; empty where it has none.'),
  },
  { title: 'IncidentSample' },
);

export const incident = Type.Object(
  {
    id: Type.String(),
    rule_id: Type.String(),
    rule_version: Type.Integer(),
    rule_name: Type.String(),
    severity: Type.Enum(['info', 'warning', 'critical'], { title: 'Severity' }),
    group: Type.Record(Type.String(), Type.String(), { description: "The group's fields and their values." }),
    labels: Type.Record(Type.String(), Type.String()),
    state: Type.Enum([...incidentStates], { title: 'IncidentState' }),
    began_at: instant('The condition was first met.'),
    fired_at: Type.Optional(instant('It fired; absent while pending, and where it went away before.')),
    resolved_at: Type.Optional(instant('It was over.')),
    acknowledged_at: Type.Optional(instant('Somebody took it.')),
    acknowledged_by: Type.Optional(Type.String()),
    value: Type.Optional(Type.Number({ description: 'What was compared with the threshold, at its last change.' })),
    detail: Type.Optional(text('Beyond the value: the new pattern, what stood out, why it failed.')),
    late_ms: Type.Integer({ description: 'The evaluator was behind by so much when it fired; 0 where it was not.' }),
    samples: Type.Array(sample, { description: 'Some of its lines.' }),
    suppressed_by: Type.Array(Type.String(), {
      description: 'What keeps people from being told: `silence:<id>`, `mute`, `maintenance:<name>`, `inhibited:<incident>`.',
    }),
  },
  { title: 'Incident' },
);

export const incidentEvent = Type.Object(
  {
    sequence: Type.Integer({ description: 'Rises with every event.' }),
    kind: Type.Enum([
      'pending',
      'fired',
      'resolved',
      'cancelled',
      'no_data',
      'late_data',
      'failed',
      'acknowledged',
      'suppressed',
      'notified',
    ]),
    at: instant('When it happened.'),
    detail: Type.Optional(text('Who acknowledged, which channel was told, why it is suppressed.')),
    value: Type.Optional(Type.Number()),
  },
  { title: 'IncidentEvent' },
);

export const incidentsParameters = Type.Object(
  {
    state: Type.Optional(text(`Any of, separated by commas: ${incidentStates.join(', ')}; \`open\` is all but resolved.`)),
    rule: Type.Optional(text('Id of a rule.')),
    from: Type.Optional(text('RFC 3339; incidents that were not over before it.')),
    to: Type.Optional(text('RFC 3339; incidents that began before it.')),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxIncidents, description: `${defaultIncidents} where absent, at most ${maxIncidents}.` }),
    ),
    before: Type.Optional(text('`next` of the page before.')),
  },
  { additionalProperties: false },
);

export const acknowledgeBody = Type.Object(
  { comment: Type.Optional(Type.String({ maxLength: 2000, description: 'Kept with the event.' })) },
  { additionalProperties: false },
);

const withEvents = Type.Object(
  { ...incident.properties, events: Type.Array(incidentEvent, { description: 'In their order.' }) },
  { title: 'IncidentWithEvents' },
);
const pathParameters = { id: 'Id of the incident.' };

export const incidentEndpoints = {
  incidents: {
    method: 'GET',
    path: '/v1/incidents',
    operationId: 'incidents',
    tag: 'alerts',
    summary: 'Incidents of alert rules, newest first',
    access: 'read',
    queryParameters: incidentsParameters,
    responses: {
      200: {
        description: 'A page of incidents.',
        schema: Type.Object({
          incidents: Type.Array(incident),
          next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page; null where this is the last.' }),
        }),
      },
    },
  },
  incident: {
    method: 'GET',
    path: '/v1/incidents/{id}',
    operationId: 'incident',
    tag: 'alerts',
    summary: 'One incident with everything that happened to it',
    access: 'read',
    pathParameters,
    responses: { 200: { description: 'The incident.', schema: withEvents } },
  },
  incidentAcknowledge: {
    method: 'POST',
    path: '/v1/incidents/{id}/acknowledge',
    operationId: 'incidentAcknowledge',
    tag: 'alerts',
    summary: 'Take an incident: it is escalated to nobody else',
    description: 'A second acknowledgement changes nothing. A resolved incident cannot be acknowledged.',
    access: 'read',
    body: acknowledgeBody,
    pathParameters,
    responses: { 200: { description: 'The incident.', schema: withEvents } },
  },
} as const satisfies Record<string, ServedEndpoint>;
