/** What is told about the figures of services. */
import { Type } from 'typebox';
import type { ServedEndpoint } from './route.ts';

const milliseconds = Type.Union([Type.Number(), Type.Null()], {
  description: 'Milliseconds, right to 1 %; null where no line has a duration.',
});
const figures = {
  lines: Type.Number({ description: 'Lines, each weighted by 1 / sample_rate.' }),
  lines_per_second: Type.Number(),
  error_rate: Type.Number({ description: 'Share of lines of level ERROR and above.' }),
  measured: Type.Number({ description: 'Lines with a duration (`metrics_cache.duration_attribute`).' }),
  p50_ms: milliseconds,
  p95_ms: milliseconds,
  p99_ms: milliseconds,
};

export const serviceMetricsParameters = Type.Object(
  {
    service: Type.Optional(Type.String({ maxLength: 1024, description: 'One service, with its minutes; absent: all of them.' })),
    last: Type.Optional(
      Type.String({ maxLength: 64, description: 'Duration up to now, such as `5m` (the default), at most `metrics_cache.retention`.' }),
    ),
  },
  { additionalProperties: false },
);

export const serviceMetricsEndpoints = {
  serviceMetrics: {
    method: 'GET',
    path: '/v1/services/metrics',
    operationId: 'serviceMetrics',
    tag: 'aggregate',
    summary: 'Error rate, throughput and durations of services by the minute, from memory',
    access: 'read',
    queryParameters: serviceMetricsParameters,
    responses: {
      200: {
        description: 'Services by their lines, most first; of one service its minutes too, oldest first.',
        schema: Type.Object({
          services: Type.Array(
            Type.Object({
              service: Type.String(),
              ...figures,
              minutes: Type.Optional(Type.Array(Type.Object({ time: Type.String({ format: 'date-time' }), ...figures }))),
            }),
          ),
          from: Type.String({ format: 'date-time' }),
          to: Type.String({ format: 'date-time' }),
          whole_since: Type.String({ format: 'date-time', description: 'Figures of earlier minutes may lack lines.' }),
          complete: Type.Boolean({ description: 'Whether the whole time that was asked for lies behind `whole_since`.' }),
        }),
      },
    },
  },
} as const satisfies Record<string, ServedEndpoint>;
