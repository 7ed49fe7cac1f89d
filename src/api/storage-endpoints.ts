/** What is told about the address of storage. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';
import { cost } from './search-schemas.ts';

export const storageParameters = Type.Object(
  { last: Type.Optional(Type.String({ maxLength: 64, description: 'Of which lines the sample is; duration up to now, default `24h`.' })) },
  { additionalProperties: false },
);

const size = {
  lines: Type.Integer({ description: 'Lines of the sample that have it.' }),
  bytes: Type.Integer({ description: 'Bytes of its text in the sample, before compression.' }),
  share: Type.Number({ description: 'Percent of all text of the sample.' }),
};

export const storageEndpoints = {
  storage: {
    method: 'GET',
    path: '/v1/storage',
    operationId: 'storage',
    tag: 'operation',
    summary: 'The room that lines take: by service and field, and on disk by column',
    description:
      'Services and fields are estimated from a sample of at most 100,000 lines of the tenant. Columns are of all tenants together: only for who may act for others.',
    access: 'read',
    queryParameters: storageParameters,
    responses: {
      200: {
        description: 'The largest first.',
        schema: Type.Object({
          sampled_lines: Type.Integer({ description: 'Lines that were looked at.' }),
          services: Type.Array(Type.Object({ service: Type.String(), ...size })),
          fields: Type.Array(Type.Object({ field: Type.String(), ...size })),
          columns: Type.Optional(
            Type.Array(
              Type.Object({
                column: Type.String(),
                disk_bytes: Type.Integer(),
                raw_bytes: Type.Integer({ description: 'Before compression.' }),
              }),
            ),
          ),
          index_bytes: Type.Optional(Type.Integer({ description: 'Text indexes and bloom filters, on disk.' })),
          ...cost,
        }),
      },
    },
  },
} as const satisfies Record<string, ServedEndpoint>;
