/**
 * Policies on the way of a record (I13, I15-I17): what a rule may say. The same shape in the configuration, in the API and
 * on the way to the gateway workers.
 */
import { Type } from 'typebox';
import type { Static } from 'typebox';

const names = (description: string) => Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description }));

/** Which lines a rule is about; what is left out is not asked. */
const selection = {
  name: Type.String({ minLength: 1, maxLength: 100, description: 'Name of the rule, unique in its tenant; counters carry it.' }),
  tenant: Type.Optional(Type.String({ description: 'Tenant that it is about; all where left out (in the configuration only).' })),
  services: names('Any of these services.'),
  receivers: names('Any of these receivers.'),
  levels: names('Any of these levels: TRACE, DEBUG, INFO, WARN, ERROR, FATAL.'),
  match: Type.Optional(Type.String({ description: 'A query; the line must match it.' })),
};

const rate = Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Share of lines that is kept.' });

export const policyRule = Type.Union([
  Type.Object(
    { ...selection, action: Type.Literal('keep') },
    { additionalProperties: false, description: 'Later rules do not decide about these lines.' },
  ),
  Type.Object({ ...selection, action: Type.Literal('drop') }, { additionalProperties: false, description: 'Leave these lines out.' }),
  Type.Object(
    {
      ...selection,
      action: Type.Literal('sample'),
      rate,
      keep_traces_with_error_for_ms: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 300_000,
          description: 'Lines left out are held this long; when their trace has an ERROR meanwhile, they are kept after all.',
        }),
      ),
    },
    { additionalProperties: false, description: 'Keep a share: by trace where there is one, so that a trace is whole.' },
  ),
  Type.Object(
    {
      ...selection,
      action: Type.Literal('throttle'),
      lines_per_second: Type.Number({ exclusiveMinimum: 0, description: 'Of each service.' }),
    },
    { additionalProperties: false, description: 'At most so many lines a second of each service; ERROR and FATAL always pass.' },
  ),
  Type.Object(
    {
      ...selection,
      action: Type.Literal('deduplicate'),
      window_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000, default: 5000 })),
    },
    {
      additionalProperties: false,
      description: 'Leave out lines of the same time, host and message as one before, where the sender gave the time.',
    },
  ),
  Type.Object(
    {
      ...selection,
      action: Type.Literal('enrich'),
      environment: Type.Optional(Type.String({ description: 'For lines that have none.' })),
      host: Type.Optional(Type.String({ description: 'For lines that have none.' })),
      tags: names('Added to each line.'),
      attributes: Type.Optional(
        Type.Record(Type.String({ minLength: 1 }), Type.String(), { description: 'For lines that have not got the name.' }),
      ),
      resource: Type.Optional(
        Type.Record(Type.String({ minLength: 1 }), Type.String(), { description: 'Such as region; for lines that have not got the name.' }),
      ),
      geoip: Type.Optional(Type.String({ description: 'Attribute with an IP address; adds <name>.geo.* from ingest.geoip_database.' })),
    },
    { additionalProperties: false, description: 'Add what the source does not say itself. `match` and `levels` are not asked here.' },
  ),
  Type.Object(
    {
      ...selection,
      action: Type.Literal('limit_fields'),
      max_names: Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'Attribute names of a service; further ones go into `overflow`.',
      }),
      known: names('Strict: only these names; all others go into `overflow`.'),
    },
    { additionalProperties: false, description: 'Bound the attribute names of a service. `match` and `levels` are not asked here.' },
  ),
]);

export type PolicyRule = Static<typeof policyRule>;
export type RuleOf<A extends PolicyRule['action']> = Extract<PolicyRule, { action: A }>;
