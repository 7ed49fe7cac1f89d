/** What is told about the address of patterns. */
import { patternsAnswer, patternsBody } from './patterns-schemas.ts';
import type { ServedEndpoint } from './route.ts';

export const patternsEndpoints = {
  patterns: {
    method: 'POST',
    path: '/v1/patterns',
    operationId: 'patterns',
    tag: 'aggregate',
    summary: 'Which kinds of lines there are: patterns with exact counts, new ones, and what changed',
    description: 'Lines of a pattern are found with `pattern:<id>` in any query.',
    access: 'read',
    body: patternsBody,
    bodyExample: { query: 'level:ERROR', time_range: { last: '1d' }, compare: { time_range: { from: 'now-2d', to: 'now-1d' } } },
    responses: { 200: { description: 'The patterns.', schema: patternsAnswer } },
  },
} as const satisfies Record<string, ServedEndpoint>;
