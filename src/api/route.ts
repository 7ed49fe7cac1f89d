/**
 * What an endpoint and a route are: an endpoint says what is told about an address and who may call it (`endpoints.ts`),
 * a route adds what the server does there. `create-api.ts` registers routes, `openapi.ts` prints endpoints.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { TObject, TSchema } from 'typebox';
import type { Principal, Priority } from '#access/access.ts';
import { invariant } from '#base/errors.ts';

/** Who may call: anyone; who may read a tenant's lines; who may write them too; who may act for all tenants (everyone, where access is open). */
export type RouteAccess = 'public' | 'read' | 'read-and-ingest' | 'act-for-others';

/** Who calls, and how much it matters. */
export interface Caller extends Principal {
  readonly priority: Priority;
}

export interface ApiRequest {
  /** The caller; undefined on public routes. */
  readonly principal: Caller | undefined;
  /** Decoded parameters of the path. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Parameters of the query string in their order; a name may come several times. */
  readonly queryParameters: readonly (readonly [string, string])[];
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON body; undefined where the route takes none. */
  readonly body: unknown;
  /** Aborted when the client goes. */
  readonly signal: AbortSignal;
}

export interface ApiReply {
  readonly status?: number;
  readonly contentType: string;
  /** A text, or the parts of a stream: each is made when the client has room for it, and none after the client went. */
  readonly body: string | AsyncIterable<string | Uint8Array>;
  /** Each part is made when the one before has gone out, so that it may lie where that one lay. */
  readonly isLarge?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteResponse {
  readonly description: string;
  readonly schema?: TSchema;
  readonly contentType?: string;
}

/** What is told about an endpoint. */
export interface EndpointDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As in OpenAPI: `/v1/logs/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: 'ingest' | 'search' | 'aggregate' | 'tail' | 'loki' | 'rules' | 'saved' | 'alerts' | 'operation';
  readonly summary: string;
  readonly description?: string;
  readonly access: RouteAccess | 'ingest';
  readonly body?: TSchema;
  readonly bodyExample?: unknown;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly queryParameters?: TObject;
  readonly headers?: Readonly<Record<string, string>>;
  /** Successful answers; errors are the same everywhere. */
  readonly responses: Readonly<Record<string, RouteResponse>>;
}

/** An endpoint that the main thread answers. */
export interface ServedEndpoint extends EndpointDescription {
  readonly access: RouteAccess;
}

/** An endpoint with what it does. */
export interface ApiRoute {
  readonly endpoint: ServedEndpoint;
  handle(request: ApiRequest): Promise<ApiReply> | ApiReply;
}

export function jsonReply(body: string, status = 200): ApiReply {
  return { status, contentType: 'application/json; charset=utf-8', body };
}

/** An answer as JSON. */
export const reply = (answer: object, status = 200): ApiReply => jsonReply(JSON.stringify(answer), status);

/** Of routes that are not public: they have a caller. */
export function mustHaveCaller(principal: Caller | undefined): asserts principal is Caller {
  invariant(principal !== undefined, 'a route that is not public has a caller');
}

/** The caller's tenant, of a route that is not public. */
export function tenantOf({ principal }: ApiRequest): string {
  mustHaveCaller(principal);
  return principal.tenant;
}
