/** What is told about the addresses of fields and values. */
import { compareAnswer, compareBody, fieldsAnswer, fieldsBody, valuesAnswer, valuesParameters } from './fields-schemas.ts';
import type { ServedEndpoint } from './route.ts';

export const fieldsEndpoints = {
  fields: {
    method: 'POST',
    path: '/v1/logs/fields',
    operationId: 'fields',
    tag: 'aggregate',
    summary: 'Which fields the lines have: coverage, types, top values, quantiles',
    description: 'Over more than `search.field_sample_lines` lines attributes and resource entries are estimated from a sample.',
    access: 'read',
    body: fieldsBody,
    bodyExample: { query: 'level:ERROR', time_range: { last: '1h' }, limit_fields: 50, limit_values: 5 },
    responses: { 200: { description: 'The fields.', schema: fieldsAnswer } },
  },
  compareFields: {
    method: 'POST',
    path: '/v1/logs/fields/compare',
    operationId: 'compareFields',
    tag: 'aggregate',
    summary: 'What is different: fields and values over-represented in a selection',
    access: 'read',
    body: compareBody,
    bodyExample: { selection: { query: 'level:ERROR', time_range: { last: '15m' } } },
    responses: { 200: { description: 'What chance does not explain.', schema: compareAnswer } },
  },
  fieldValues: {
    method: 'GET',
    path: '/v1/fields/values',
    operationId: 'fieldValues',
    tag: 'aggregate',
    summary: 'Completion: names of fields, or values of one, by how frequent they are in a selection',
    access: 'read',
    queryParameters: valuesParameters,
    responses: { 200: { description: 'The most frequent first.', schema: valuesAnswer } },
  },
} as const satisfies Record<string, ServedEndpoint>;
