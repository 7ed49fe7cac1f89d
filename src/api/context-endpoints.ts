/** What is told about the addresses of context and traces. */
import { contextAnswer, contextParameters, traceAnswer, traceParameters } from './context-schemas.ts';
import type { ServedEndpoint } from './route.ts';

export const contextEndpoints = {
  context: {
    method: 'GET',
    path: '/v1/logs/{id}/context',
    operationId: 'context',
    tag: 'search',
    summary: 'The lines around a line',
    description: 'By time and, where times are equal, by place in the log. A query is not carried over.',
    access: 'read',
    pathParameters: { id: 'Id of the line.' },
    queryParameters: contextParameters,
    responses: {
      200: { description: 'Lines in order of time, with a cursor for each direction.', schema: contextAnswer },
    },
  },
  trace: {
    method: 'GET',
    path: '/v1/traces/{trace_id}',
    operationId: 'trace',
    tag: 'search',
    summary: 'All lines of a trace, its gaps and services',
    access: 'read',
    pathParameters: { trace_id: 'As the senders gave it.' },
    queryParameters: traceParameters,
    responses: { 200: { description: 'A page of lines, and the services of the whole trace.', schema: traceAnswer } },
  },
  traceLink: {
    method: 'GET',
    path: '/trace/{id}',
    operationId: 'traceLink',
    tag: 'search',
    summary: 'For links of other tools to a trace',
    access: 'public',
    pathParameters: { id: 'Trace id.' },
    responses: { 307: { description: 'To `/v1/traces/{id}`.', contentType: 'text/plain' } },
  },
} as const satisfies Record<string, ServedEndpoint>;
