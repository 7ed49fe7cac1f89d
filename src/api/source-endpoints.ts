/** What is told about the address of sources. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';
import { cost } from './search-schemas.ts';

const instant = (description: string) => Type.String({ format: 'date-time', description });

const activity = {
  state: Type.Enum(['reporting', 'silent', 'replaced', 'rare'], {
    description:
      '`silent`: not heard of for much longer than is usual for it; `replaced`: a host that ended when another of its service began; `rare`: too few lines for a rhythm.',
  }),
  lines: Type.Integer({ description: 'Lines in the range, each weighted by 1 / sample_rate.' }),
  first_seen: instant('Minute of its first line in the range.'),
  last_seen: instant('Minute of its last line in the range.'),
  usual_gap_seconds: Type.Number({ description: 'Time between minutes with lines that 95 of 100 such gaps do not exceed.' }),
  expected_within_seconds: Type.Union([Type.Number(), Type.Null()], { description: 'Silence beyond this counts; null without a rhythm.' }),
};

export const sourcesParameters = Type.Object(
  {
    last: Type.Optional(Type.String({ maxLength: 64, description: 'Duration up to now; default `24h`.' })),
    state: Type.Optional(Type.String({ maxLength: 64, description: 'Only sources in this state; repeated: any of.' })),
  },
  { additionalProperties: false },
);

export const sourceEndpoints = {
  sources: {
    method: 'GET',
    path: '/v1/sources',
    operationId: 'sources',
    tag: 'operation',
    summary: 'Services and hosts with their last line, and which have gone silent against their own rhythm',
    description:
      'Services come from the roll-up by minute. Hosts are told from lines, over the newest part of the range that has no more than `search.max_scanned_rows`: see `hosts_range`.',
    access: 'read',
    queryParameters: sourcesParameters,
    responses: {
      200: {
        description: 'The sources, by name.',
        schema: Type.Object({
          services: Type.Array(Type.Object({ service: Type.String(), ...activity })),
          hosts: Type.Array(Type.Object({ service: Type.String(), host: Type.String(), ...activity })),
          hosts_range: Type.Object({ from: instant('Begin.'), to: instant('End.') }),
          truncated: Type.Boolean({ description: 'Only the 5000 busiest services or hosts are listed.' }),
          ...cost,
        }),
      },
    },
  },
} as const satisfies Record<string, ServedEndpoint>;
