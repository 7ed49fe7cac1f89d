/**
 * Who is told of incidents, as people set it: channels, the routing tree with its inhibitions, silences and maintenance
 * windows. Each tenant has its own; kept as documents, and channels and routing in the configuration too.
 *
 * Shapes only; what cannot be said by a shape (a zone that exists, an expression that is linear, a channel that is there) is
 * checked in check-notification-rules.ts. Times are milliseconds since 1970 where kept, RFC 3339 over the API.
 */
import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';

/** The channel that is always there: it writes into the product's own inbox. */
export const inboxChannel = 'inbox';
export const maxRouteDepth = 4;

const waitMs = (description: string, minimum = 0) => Type.Optional(Type.Integer({ minimum, maximum: 31 * 86_400_000, description }));
const channelNames = (description: string) => Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 20, description });

export const matcher = Type.Object(
  {
    label: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "A label of the rule, a field of the incident's group, `severity`, `rule` (its name) or `rule_id`.",
    }),
    operator: Type.Optional(
      Type.Union([Type.Literal('='), Type.Literal('!='), Type.Literal('=~'), Type.Literal('!~')], {
        description: '`=` where absent. An incident without the label has the empty text there; `=~` must match all of it.',
      }),
    ),
    value: Type.String({ maxLength: 2000 }),
  },
  { title: 'Matcher', additionalProperties: false },
);
const matchers = (description: string) => Type.Array(matcher, { maxItems: 50, description });

export const weekday = Type.Union(
  [
    Type.Literal('mon'),
    Type.Literal('tue'),
    Type.Literal('wed'),
    Type.Literal('thu'),
    Type.Literal('fri'),
    Type.Literal('sat'),
    Type.Literal('sun'),
  ],
  { title: 'Weekday' },
);
const timeOfDay = (description: string) => Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', description });

/** Hours of some days, on the clocks of a place. */
export const weeklyWindow = Type.Object(
  {
    days: Type.Optional(Type.Array(weekday, { minItems: 1, maxItems: 7, description: 'Every day where absent.' })),
    from: Type.Optional(timeOfDay('`09:00`; the beginning of the day where absent.')),
    to: Type.Optional(timeOfDay('`17:30`, exclusive; not after `from`: on the next day. The end of the day where absent.')),
    zone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA zone such as `Europe/Berlin`, or `+02:00`; UTC where absent.' })),
  },
  { title: 'WeeklyWindow', additionalProperties: false },
);

export const escalationStep = Type.Object(
  {
    after_ms: Type.Integer({ minimum: 1000, maximum: 31 * 86_400_000, description: 'After the first message, while nobody acknowledged.' }),
    channels: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 20 }),
  },
  { title: 'EscalationStep', additionalProperties: false },
);

const routeMembers = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'For people, in previews and logs.' })),
  match: Type.Optional(matchers('All must match; absent: everything.')),
  active: Type.Optional(
    Type.Array(weeklyWindow, {
      minItems: 1,
      maxItems: 20,
      description: 'Taken only within one of these, for on-call hours; absent: always.',
    }),
  ),
  continue: Type.Optional(Type.Boolean({ description: 'Routes behind it are tried too.' })),
  channels: Type.Optional(channelNames("Who is told; the parent's where absent.")),
  group_by: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 20,
      description: "Labels: incidents with the same values are told together; `...` for each apart. The parent's where absent.",
    }),
  ),
  group_wait_ms: waitMs('From the first incident of a group to its message, to gather others.'),
  group_interval_ms: waitMs('At least this between messages of a group about changes.'),
  repeat_interval_ms: waitMs('Told again after so long while it is firing; 0 never.'),
  escalation: Type.Optional(Type.Array(escalationStep, { maxItems: 10, description: "In order of time. The parent's where absent." })),
};

const routeOptions = { title: 'Route', additionalProperties: false } as const;
const lastRoute = Type.Object(routeMembers, routeOptions);

export interface Route extends Static<typeof lastRoute> {
  readonly routes?: readonly Route[];
}

/** A route with routes below, as far down as `depth`. */
function routeSchema(depth: number): TSchema {
  if (depth === 0) return lastRoute;
  const below = Type.Array(Type.Unsafe<Route>(routeSchema(depth - 1)), { maxItems: 200, description: 'The first that matches is taken.' });
  return Type.Object({ ...routeMembers, routes: Type.Optional(below) }, routeOptions);
}

export const inhibition = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    source: matchers('The cause: an incident that is firing.'),
    target: matchers('Its effects, of which nobody is told meanwhile.'),
    equal: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 20, description: 'Labels that both must have alike.' }),
    ),
  },
  { title: 'Inhibition', additionalProperties: false },
);

export const routing = Type.Object(
  {
    route: Type.Unsafe<Route>(routeSchema(maxRouteDepth)),
    inhibit: Type.Optional(Type.Array(inhibition, { maxItems: 100, description: 'Causes that hide their effects.' })),
  },
  { title: 'Routing', additionalProperties: false },
);

const channelMembers = {
  type: Type.String({ maxLength: 40, description: 'pagerduty, slack, teams, email, webhook, opsgenie or inbox.' }),
  description: Type.Optional(Type.String({ maxLength: 1000 })),
  enabled: Type.Optional(Type.Boolean({ description: 'False: nothing is sent, which the delivery log says; true where absent.' })),
  sample_lines: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 20, description: "Sample lines of a message at most; the rule's where absent." }),
  ),
  title: Type.Optional(
    Type.String({ maxLength: 1000, description: 'A template in place of the usual title: `{{group.service}} {{value}}`.' }),
  ),
  text: Type.Optional(Type.String({ maxLength: 10_000, description: 'A template in place of the usual text.' })),
};

export const channel = Type.Object(
  {
    ...channelMembers,
    settings: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the type needs (docs/alerting.md). A secret is shown as `[secret]`; given back so it stays as it is.',
    }),
  },
  { additionalProperties: false },
);

export const silence = Type.Object(
  {
    matchers: Type.Array(matcher, { minItems: 1, maxItems: 50, description: 'All must match.' }),
    starts_ms: Type.Integer({ minimum: 0 }),
    ends_ms: Type.Integer({ minimum: 0 }),
    author: Type.String({ minLength: 1, maxLength: 200 }),
    comment: Type.String({ maxLength: 2000 }),
  },
  { additionalProperties: false },
);

export const maintenance = Type.Object(
  {
    comment: Type.Optional(Type.String({ maxLength: 2000 })),
    match: Type.Optional(matchers('Incidents of which nobody is told; absent: all.')),
    once: Type.Optional(
      Type.Array(
        Type.Object(
          {
            from: Type.String({ format: 'date-time', maxLength: 40 }),
            to: Type.String({ format: 'date-time', maxLength: 40 }),
          },
          { title: 'SingleWindow', additionalProperties: false },
        ),
        { minItems: 1, maxItems: 100, description: 'Single windows, RFC 3339 with zone.' },
      ),
    ),
    weekly: Type.Optional(Type.Array(weeklyWindow, { minItems: 1, maxItems: 50, description: 'Windows of each week.' })),
  },
  { additionalProperties: false, description: '`once`, `weekly` or both.' },
);

export type Matcher = Static<typeof matcher>;
export type Weekday = Static<typeof weekday>;
export type WeeklyWindow = Static<typeof weeklyWindow>;
export type EscalationStep = Static<typeof escalationStep>;
export type Inhibition = Static<typeof inhibition>;
export type Routing = Static<typeof routing>;
export type ChannelBody = Static<typeof channel>;
export type Silence = Static<typeof silence>;
export type Maintenance = Static<typeof maintenance>;

/** What is matched of an incident. */
export type LabelSet = Readonly<Record<string, string>>;
