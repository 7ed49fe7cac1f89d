/** Requests and answers about who is told of incidents. What channels, routes and silences say is in alerting/notification-rules.ts. */
import { Type } from 'typebox';
import { channel, maintenance, matcher, routing } from '#alerting/notification-rules.ts';
import { incident } from './incident-endpoints.ts';

const instant = (description: string) => Type.String({ format: 'date-time', description });
const orNull = (description: string) => Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });
const severity = Type.Enum(['info', 'warning', 'critical'], { title: 'Severity' });
const messageKind = Type.Enum(['fired', 'repeated', 'escalated', 'acknowledged', 'resolved', 'test'], { title: 'MessageKind' });
const expectedVersion = Type.Optional(Type.Integer({ minimum: 0, description: 'The version that is changed; 0: it must be new.' }));
const matchers = Type.Array(matcher, { minItems: 1, maxItems: 50, description: 'All must match.' });

const kept = {
  version: Type.Integer({ description: '0 where the configuration says it.' }),
  updated_at: orNull('Null where the configuration says it.'),
  updated_by: Type.String(),
};

const channelHealth = Type.Object(
  {
    state: Type.Enum(['unused', 'ok', 'failing', 'dead'], { description: '`dead`: failing longer than notifications.channel_dead_after.' }),
    since: orNull('When it began to fail.'),
    last_delivered_at: orNull('When it last took a message.'),
    last_error: Type.Union([Type.String(), Type.Null()]),
    waiting: Type.Integer({ description: 'Messages that wait for it.' }),
  },
  { title: 'ChannelHealth' },
);

export const channelBody = Type.Object({ ...channel.properties, version: expectedVersion }, { additionalProperties: false });
export const channelAnswer = Type.Object(
  {
    name: Type.String(),
    ...channel.properties,
    configured: Type.Boolean({ description: 'It comes from the configuration, or is the inbox, and is not changed here.' }),
    ...kept,
    used_by: Type.Array(Type.String(), { description: 'Routes and rules that name it.' }),
    health: channelHealth,
  },
  { title: 'KeptChannel' },
);
export const channelsAnswer = Type.Object({
  channels: Type.Array(channelAnswer),
  types: Type.Array(
    Type.Object(
      {
        type: Type.String(),
        title: Type.String(),
        secrets: Type.Array(Type.String(), { description: 'Settings that are never shown.' }),
        settings: Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema of its settings.' }),
      },
      { title: 'ChannelType' },
    ),
    { description: 'The types there are.' },
  ),
});
export const channelTestAnswer = Type.Object({
  delivered: Type.Boolean(),
  outcome: Type.Enum(['delivered', 'retry', 'refused'], { description: '`retry`: it might work later.' }),
  detail: Type.String({ description: 'What the other end said.' }),
  took_ms: Type.Integer(),
});

export const routingBody = Type.Object({ routing, version: expectedVersion }, { additionalProperties: false });
export const routingAnswer = Type.Object(
  {
    routing,
    source: Type.Enum(['default', 'configuration', 'kept'], { description: '`default`: everything goes to the inbox.' }),
    ...kept,
  },
  { title: 'KeptRouting' },
);

export const routingPreviewBody = Type.Object(
  {
    labels: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Labels and fields of the group.' })),
    severity: Type.Optional(severity),
    rule: Type.Optional(Type.String({ description: 'Id of a rule: its name, labels, severity and actions are added.' })),
    at: Type.Optional(Type.String({ description: 'RFC 3339; now where absent.' })),
    routing: Type.Optional(routing),
  },
  { additionalProperties: false },
);
const step = Type.Object(
  {
    path: Type.String({ description: '`/` is the root, `/0/2` the third below its first.' }),
    name: Type.String(),
    matched: Type.Boolean(),
    taken: Type.Boolean({ description: 'It is told by this one itself, not by one below.' }),
    reason: Type.String({ description: 'Why it matched or did not.' }),
  },
  { title: 'RoutingStep' },
);
const destination = Type.Object(
  {
    path: Type.String(),
    route: Type.String(),
    channels: Type.Array(Type.String()),
    group_by: Type.Array(Type.String()),
    group: Type.Record(Type.String(), Type.String()),
    group_wait_ms: Type.Integer(),
    group_interval_ms: Type.Integer(),
    repeat_interval_ms: Type.Integer(),
    escalation: Type.Array(Type.Object({ after_ms: Type.Integer(), channels: Type.Array(Type.String()) })),
  },
  { title: 'Destination' },
);
export const routingPreviewAnswer = Type.Object(
  {
    steps: Type.Array(step, { description: 'Every route that was looked at, in order.' }),
    destinations: Type.Array(destination),
    channels: Type.Array(Type.String(), { description: 'All who are told at once.' }),
    suppressed_by: Type.Array(Type.String(), { description: 'What would keep them from being told.' }),
  },
  { title: 'RoutePreview' },
);

export const silenceBody = Type.Object(
  {
    matchers,
    starts_at: Type.Optional(Type.String({ description: 'RFC 3339; now where absent.' })),
    ends_at: Type.Optional(Type.String({ description: 'RFC 3339. Either this or `for_ms`: a silence always ends.' })),
    for_ms: Type.Optional(Type.Integer({ minimum: 1000 })),
    author: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "The key's name where absent." })),
    comment: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  { additionalProperties: false },
);
export const silenceAnswer = Type.Object(
  {
    id: Type.String(),
    matchers: Type.Array(matcher),
    starts_at: instant('It begins.'),
    ends_at: instant('It ends.'),
    author: Type.String(),
    comment: Type.String(),
    state: Type.Enum(['pending', 'active', 'expired']),
  },
  { title: 'Silence' },
);
export const silencesParameters = Type.Object(
  { state: Type.Optional(Type.String({ description: '`pending`, `active`, `expired`; all where absent.' })) },
  { additionalProperties: false },
);
export const silencesAnswer = Type.Object({ silences: Type.Array(silenceAnswer, { description: 'Active ones first.' }) });
export const silencePreviewBody = Type.Object({ matchers }, { additionalProperties: false });
export const silencePreviewAnswer = Type.Object({
  incidents: Type.Array(incident, { description: 'Open incidents that it would hide, newest first.' }),
  total: Type.Integer(),
});

export const maintenanceBody = Type.Object({ ...maintenance.properties, version: expectedVersion }, { additionalProperties: false });
export const maintenanceAnswer = Type.Object(
  {
    name: Type.String(),
    ...maintenance.properties,
    active: Type.Boolean({ description: 'Now.' }),
    changes_at: orNull('When it next begins or ends; null: never again.'),
    ...kept,
  },
  { title: 'KeptMaintenance' },
);
export const maintenancesAnswer = Type.Object({ maintenance: Type.Array(maintenanceAnswer) });

export const deliveriesParameters = Type.Object(
  {
    incident: Type.Optional(Type.String({ description: 'Id of an incident.' })),
    channel: Type.Optional(Type.String({ description: 'Name of a channel.' })),
    state: Type.Optional(Type.String({ description: '`waiting`, `delivered`, `refused`, `given_up` or `superseded`.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '50 where absent.' })),
    before: Type.Optional(Type.String({ description: '`next` of the page before.' })),
  },
  { additionalProperties: false },
);
const delivery = Type.Object(
  {
    id: Type.String(),
    channel: Type.String(),
    kind: messageKind,
    severity,
    title: Type.String(),
    incidents: Type.Array(Type.String(), { description: 'Ids.' }),
    state: Type.Enum(['waiting', 'delivered', 'refused', 'given_up', 'superseded'], {
      description: '`superseded`: a newer message about the same group took its place before it could be sent.',
    }),
    attempts: Type.Integer(),
    created_at: instant('When the message was made.'),
    done_at: orNull('When it was delivered or given up.'),
    next_attempt_at: orNull('When it is tried again; null where it is not.'),
    detail: Type.String({ description: 'What the other end said last.' }),
    remote_id: Type.Union([Type.String(), Type.Null()], { description: 'Id at the other end.' }),
  },
  { title: 'Delivery' },
);
export const deliveriesAnswer = Type.Object({
  deliveries: Type.Array(delivery, { description: 'Newest first.' }),
  next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page.' }),
});

export const inboxParameters = Type.Object(
  {
    unread: Type.Optional(Type.String({ description: '`true`: only what was not read.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '50 where absent.' })),
    before: Type.Optional(Type.String({ description: '`next` of the page before.' })),
  },
  { additionalProperties: false },
);
const entry = Type.Object(
  {
    id: Type.String(),
    at: instant('When it was put in.'),
    kind: messageKind,
    severity,
    title: Type.String(),
    text: Type.String(),
    read: Type.Boolean(),
    incidents: Type.Array(
      Type.Object({
        id: Type.String(),
        title: Type.String(),
        lines_url: Type.String({ description: 'The frozen view of its lines.' }),
        incident_url: Type.String(),
        runbook_url: Type.Optional(Type.String()),
      }),
    ),
    more_incidents: Type.Integer(),
  },
  { title: 'InboxEntry' },
);
export const inboxAnswer = Type.Object({
  entries: Type.Array(entry, { description: 'Newest first.' }),
  unread: Type.Integer({ description: 'Over the whole inbox.' }),
  next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page.' }),
});
export const inboxReadBody = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String(), { maxItems: 500 })),
    all: Type.Optional(Type.Boolean({ description: 'Everything that is there now.' })),
  },
  { additionalProperties: false },
);
export const inboxReadAnswer = Type.Object({ unread: Type.Integer() });
export const removedAnswer = Type.Object({ removed: Type.Literal(true) });
