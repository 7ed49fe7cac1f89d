/** Endpoints about what people keep: parser rules, policies, saved queries, dashboards and links. Part of endpoints.ts. */
import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import type { ServedEndpoint } from './route.ts';
import * as schemasOfRules from './rule-schemas.ts';
import * as schemasOfViews from './view-schemas.ts';

/** Rules of the caller's tenant; changing them needs a key that may send lines. */
function rule(method: ServedEndpoint['method'], path: string, operationId: string, summary: string, schema: TSchema): ServedEndpoint {
  const access = method === 'GET' || path.endsWith('/test') ? 'read' : 'read-and-ingest';
  return { method, path, operationId, tag: 'rules', summary, access, responses: { 200: { description: 'As it is now.', schema } } };
}

function namedRule(...facts: Parameters<typeof rule>): ServedEndpoint {
  return { ...rule(...facts), pathParameters: { name: 'Name of the rule, unique in the tenant.' } };
}

/** What people keep of their searches; every key that may read may keep. */
function saved(method: ServedEndpoint['method'], path: string, operationId: string, summary: string, schema: TSchema): ServedEndpoint {
  return { method, path, operationId, tag: 'saved', summary, access: 'read', responses: { 200: { description: 'As it is now.', schema } } };
}

function savedParameters(...facts: Parameters<typeof saved>): ServedEndpoint {
  const isRead = facts[0] === 'GET';
  const version = Type.Optional(Type.Integer({ minimum: 1, description: 'An older version.' }));
  return {
    ...saved(...facts),
    pathParameters: { name: 'Name, unique in the tenant.' },
    ...(isRead ? { queryParameters: Type.Object({ version }) } : {}),
  };
}

const removedAnswer = Type.Object({ removed: Type.Literal(true) });

export const keptEndpoints = {
  parsers: rule('GET', '/v1/parsers', 'parsers', 'Parser rules, recognised formats and counts', schemasOfRules.parsersAnswer),
  parserTest: {
    ...rule('POST', '/v1/parsers/test', 'parserTest', 'What a parser makes of lines, without taking them', schemasOfRules.parserTestAnswer),
    body: schemasOfRules.parserTestBody,
  },
  parser: namedRule('GET', '/v1/parsers/{name}', 'parser', 'One parser rule', schemasOfRules.keptRuleAnswer),
  parserPut: {
    ...namedRule(
      'PUT',
      '/v1/parsers/{name}',
      'parserPut',
      'Set a parser rule: new lines follow it within a second',
      schemasOfRules.keptRuleAnswer,
    ),
    body: schemasOfRules.parserRuleBody,
  },
  parserDelete: namedRule('DELETE', '/v1/parsers/{name}', 'parserDelete', 'Remove a parser rule', removedAnswer),
  policies: rule(
    'GET',
    '/v1/policies',
    'policies',
    'Policies, what they took out, and the services with the most fields',
    schemasOfRules.policiesAnswer,
  ),
  policy: namedRule('GET', '/v1/policies/{name}', 'policy', 'One policy', schemasOfRules.keptRuleAnswer),
  policyPut: {
    ...namedRule(
      'PUT',
      '/v1/policies/{name}',
      'policyPut',
      'Set a policy: new lines follow it within a second',
      schemasOfRules.keptRuleAnswer,
    ),
    body: schemasOfRules.policyRuleBody,
  },
  queries: saved('GET', '/v1/queries', 'queries', 'Saved queries', schemasOfViews.savedViewsAnswer),
  query: savedParameters('GET', '/v1/queries/{name}', 'query', 'A saved query, also an older version', schemasOfViews.savedViewAnswer),
  queryPut: {
    ...savedParameters('PUT', '/v1/queries/{name}', 'queryPut', 'Save a query; every version is kept', schemasOfViews.savedViewAnswer),
    body: schemasOfViews.savedViewBody,
  },
  queryDelete: savedParameters('DELETE', '/v1/queries/{name}', 'queryDelete', 'Remove a saved query', removedAnswer),
  dashboards: saved('GET', '/v1/dashboards', 'dashboards', 'Dashboards', schemasOfViews.savedViewsAnswer),
  dashboard: savedParameters(
    'GET',
    '/v1/dashboards/{name}',
    'dashboard',
    'A dashboard, also an older version',
    schemasOfViews.savedViewAnswer,
  ),
  dashboardPut: {
    ...savedParameters(
      'PUT',
      '/v1/dashboards/{name}',
      'dashboardPut',
      'Save a dashboard; every version is kept',
      schemasOfViews.savedViewAnswer,
    ),
    body: schemasOfViews.savedViewBody,
  },
  dashboardDelete: savedParameters('DELETE', '/v1/dashboards/{name}', 'dashboardDelete', 'Remove a dashboard', removedAnswer),
  linkCreate: {
    ...saved('POST', '/v1/links', 'linkCreate', 'A short link to a view, whose range is frozen', schemasOfViews.linkAnswer),
    body: schemasOfViews.linkBody,
    responses: { 201: { description: 'The link.', schema: schemasOfViews.linkAnswer } },
  },
  link: {
    ...saved('GET', '/v1/links/{id}', 'link', 'The view behind a link', schemasOfViews.linkAnswer),
    pathParameters: { id: 'Id of the link.' },
  },
  policyDelete: namedRule('DELETE', '/v1/policies/{name}', 'policyDelete', 'Remove a policy', removedAnswer),
} as const satisfies Record<string, ServedEndpoint>;
