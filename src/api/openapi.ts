/** The OpenAPI 3.1 document, made of the same route data and schemas that serve. Pure; checked in as docs/reference/openapi.json. */
import type { TObject } from 'typebox';
import { httpStatusOfKind } from '#base/error-status.ts';
import { errorCodes } from '#base/errors.ts';
import { allEndpoints } from './endpoints.ts';
import { takeOutNamed } from './named-schemas.ts';
import type { EndpointDescription } from './route.ts';

const tagTexts: Readonly<Record<EndpointDescription['tag'], string>> = {
  ingest: 'Sending lines.',
  search: 'Finding lines.',
  aggregate: 'Counting and measuring.',
  tail: 'Watching lines live.',
  loki: "Loki's API for reading: for Grafana and logcli.",
  saved: 'Saved queries, dashboards and links.',
  rules: 'Parsers and policies, set while lines flow.',
  alerts: 'Alert rules, incidents and who is told of them.',
  operation: 'Health, metrics, status.',
};

/** The document's text, as `/openapi.json` answers it and as it is checked in. */
export function openApiText(version: string): string {
  return `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
}

function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const { endpoints, schemas } = takeOutNamed(allEndpoints);
  for (const endpoint of endpoints) {
    paths[endpoint.path] ??= {};
    paths[endpoint.path][endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: 'A centralized log platform. Three published designs of its interface (A, B, C) are served over one service each.',
    },
    servers: [{ url: 'http://127.0.0.1:4880' }],
    tags: Object.entries(tagTexts).map(([name, description]) => ({ name, description })),
    // Without keys in the configuration none is needed; then only loopback is listened on.
    security: [{ apiKey: [] }, { bearer: [] }, {}],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' }, bearer: { type: 'http', scheme: 'bearer' } },
      parameters: {
        tenant: {
          name: 'X-Tenant-ID',
          in: 'header',
          required: false,
          schema: { type: 'string' },
          description: 'Tenant to act for; believed without keys, or from a key that may act for others.',
        },
      },
      schemas: { Error: errorSchema(), ...Object.fromEntries(schemas) },
      responses: {
        Error: {
          description: 'What went wrong; docs/reference/errors.md lists the codes and their status.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function errorSchema(): object {
  const codes = Object.entries(errorCodes).map(([code, { kind }]) => ({ code, status: httpStatusOfKind[kind] }));
  return {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message', 'details'],
        properties: {
          code: { type: 'string', enum: codes.map(({ code }) => code), description: 'Stable.' },
          message: { type: 'string', description: 'For people; may change.' },
          details: {
            type: 'object',
            description: '`setting` names the bound that was reached; `position` and `length` the place in a query.',
          },
        },
      },
    },
  };
}

function operationOf(endpoint: EndpointDescription): Record<string, unknown> {
  const { operationId, tag, summary, description, access, body, bodyExample } = endpoint;
  const parameters = parametersOf(endpoint);
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(access === 'public' ? { security: [{}] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: body, ...(bodyExample === undefined ? {} : { example: bodyExample }) } },
          },
        }),
    responses: {
      ...Object.fromEntries(Object.entries(endpoint.responses).map(([status, response]) => [status, responseOf(response)])),
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function parametersOf({ pathParameters = {}, queryParameters, headers = {}, access }: EndpointDescription): object[] {
  const inPath = Object.entries(pathParameters).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    description,
  }));
  const inQuery = queryParameters === undefined ? [] : queryParametersOf(queryParameters);
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    schema: { type: 'string' },
    description,
  }));
  const tenant = access === 'public' ? [] : [{ $ref: '#/components/parameters/tenant' }];
  return [...inPath, ...inQuery, ...inHeader, ...tenant];
}

/** All are optional; a description belongs to the parameter, not to its schema. */
function queryParametersOf({ properties }: TObject): object[] {
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { readonly description?: string };
    return { name, in: 'query', required: false, description, schema: rest };
  });
}

function responseOf({ description, schema, contentType = 'application/json' }: EndpointDescription['responses'][string]): object {
  if (schema === undefined && contentType === 'application/json') return { description };
  return { description, content: { [contentType]: schema === undefined ? {} : { schema } } };
}
