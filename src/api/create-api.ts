/**
 * The main thread's HTTP side: searches, aggregations, status and live tail, behind the gateway's proxy on a private unix
 * socket. Built and started by the composition root.
 *
 * Every route knows its caller before it runs; what it reads ends when the client goes; every error, 404 and 405 too, has
 * the one shape of `error-replies.ts`.
 */
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Access, Credentials, Principal, Priority } from '#access/access.ts';
import { AppError } from '#base/errors.ts';
import { quoted } from '#base/quoted.ts';
import type { ServiceMetricsReads } from '#consumers/service-figures.ts';
import type { LineJourneys } from '#consumers/line-journeys.ts';
import type { Quarantine } from '#consumers/quarantined-records.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import { sendParts } from '#platform/send-parts.ts';
import type { ExportJobs } from '#search/export-jobs.ts';
import type { SavedViews } from '#search/saved-views.ts';
import type { SearchService } from '#search/search-service.ts';
import type { SourceReads } from '#store/source-reads.ts';
import type { StorageReads } from '#store/storage-reads.ts';
import type { ApiConfig } from './config.ts';
import { contextRoutes } from './context-routes.ts';
import { explainRoutes } from './explain-routes.ts';
import { exportJobRoutes } from './export-job-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { fieldsRoutes } from './fields-routes.ts';
import { allEndpoints } from './endpoints.ts';
import { sendError } from './error-replies.ts';
import { alertRoutes } from './alert-routes.ts';
import type { AlertRouteOptions } from './alert-routes.ts';
import { alertTrialRoutes } from './alert-trial-routes.ts';
import type { AlertTrialOptions } from './alert-trial-routes.ts';
import { incidentRoutes } from './incident-routes.ts';
import type { IncidentRouteOptions } from './incident-routes.ts';
import { notificationRoutes } from './notification-routes.ts';
import type { NotificationRouteOptions } from './notification-routes.ts';
import { journeyRoutes } from './journey-routes.ts';
import { parseJsonBody } from './json-body.ts';
import type { PatternParts } from '#search/patterns.ts';
import { lokiRoutes, sendLokiError, takeForms } from './loki-routes.ts';
import { registerLokiTail } from './loki-tail.ts';
import type { LokiParts } from '#loki/loki-parts.ts';
import { patternsRoutes } from './patterns-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { quarantineRoutes } from './quarantine-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import type { Operations } from './operation-routes.ts';
import type { WebInterface } from './interface-files.ts';
import { isForPerson, registerInterface, sendPage } from './interface-routes.ts';
import { OpenRequests } from './open-requests.ts';
import type { ApiRequest, ApiRoute, Caller, ServedEndpoint } from './route.ts';
import { ruleRoutes } from './rule-routes.ts';
import type { RuleRouteOptions } from './rule-routes.ts';
import { viewRoutes } from './view-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { sourceRoutes } from './source-routes.ts';
import { storageRoutes } from './storage-routes.ts';
import { serviceMetricsRoutes } from './service-metrics-routes.ts';
import { registerTailRoutes } from './tail-routes.ts';
import type { TailRouteOptions } from './tail-routes.ts';
import type { TailFlusher } from './tail-flusher.ts';

export interface ApiOptions {
  readonly search: SearchService;
  readonly access: Access;
  readonly operations: Operations;
  readonly quarantine: Quarantine;
  readonly serviceMetrics: ServiceMetricsReads;
  readonly rules: RuleRouteOptions;
  readonly views: SavedViews;
  readonly exports: ExportJobs;
  readonly journeys: LineJourneys;
  readonly patterns: Omit<PatternParts, 'runner'>;
  readonly sources: SourceReads;
  readonly storage: StorageReads;
  /** Without it there are no alert rules. */
  readonly alertRules?: AlertRouteOptions & Omit<AlertTrialOptions, 'runner'>;
  /** Without it there are no incidents. */
  readonly incidents?: IncidentRouteOptions;
  /** Without it nobody is told of incidents. */
  readonly notifications?: NotificationRouteOptions;
  /** Loki's API for reading; without it there is none. */
  readonly loki?: LokiParts;
  /** The web interface; without it there are no pages. */
  readonly web?: WebInterface;
  /** Live tail; without it there are no tail routes. */
  readonly tail?: Omit<TailRouteOptions, 'authenticate' | 'clock' | 'logger'>;
  readonly config: ApiConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** The app, ready for `listen({ path })`; `close` lets running requests end, for `api.drain_timeout` at most. */
export function createApi(options: ApiOptions): FastifyInstance {
  const { access, loki, web, tail, config, clock } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: config.max_body_bytes,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => sendError(error, request, reply, options),
  });
  const openRequests = new OpenRequests(clock, config.drain_timeout);
  app.setErrorHandler((error, request, reply) => sendError(openRequests.isClosing ? shuttingDown(error) : error, request, reply, options));
  app.setNotFoundHandler((request, reply) => {
    if (web !== undefined && web.problem === undefined && isForPerson(request)) return sendPage(reply, web, 404);
    throw notFound(request);
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
    refuseWrongMethod(request);
  });
  app.addHook('preClose', async () => openRequests.close());
  app.addHook('onClose', async () => openRequests.closed());
  takeJsonBodies(app);
  for (const route of routesOf(options)) registerRoute(app, route, access, openRequests);
  if (loki !== undefined) registerLoki(app, loki, options, openRequests);
  if (web !== undefined) registerInterface(app, web);
  if (tail !== undefined) registerTails(app, tail, options);
  return app;
}

/** All routes with bodies and errors in JSON. */
function routesOf(options: ApiOptions): ApiRoute[] {
  const { search, access, operations, quarantine, serviceMetrics, rules, views, exports, journeys, patterns, web, version } = options;
  return [
    ...searchRoutes(search, patterns.catalogue),
    ...contextRoutes(search.runner),
    ...fieldsRoutes(search.runner),
    ...patternsRoutes({ runner: search.runner, ...patterns }),
    ...exportRoutes(search.runner),
    ...sourceRoutes({ runner: search.runner, store: options.sources }),
    ...storageRoutes({ runner: search.runner, store: options.storage }),
    ...queryRoutes({ runner: search.runner, cache: search.cache, catalogue: patterns.catalogue }),
    ...explainRoutes({ runner: search.runner, cache: search.cache, catalogue: patterns.catalogue }),
    ...serviceMetricsRoutes(serviceMetrics),
    ...operationRoutes({ operations, isOpen: access.isOpen, version, interfaceProblem: web?.problem }),
    ...quarantineRoutes(quarantine),
    ...ruleRoutes(rules),
    ...viewRoutes(views),
    ...exportJobRoutes(exports),
    ...journeyRoutes({ journeys, runner: search.runner }),
    ...(options.alertRules === undefined ? [] : alertRoutes(options.alertRules)),
    ...(options.alertRules === undefined ? [] : alertTrialRoutes({ ...options.alertRules, runner: search.runner })),
    ...(options.incidents === undefined ? [] : incidentRoutes(options.incidents)),
    ...(options.notifications === undefined ? [] : notificationRoutes(options.notifications)),
  ];
}

/** Loki's endpoints have forms for bodies and texts for errors. */
function registerLoki(app: FastifyInstance, parts: LokiParts, options: ApiOptions, openRequests: OpenRequests): void {
  const { access, patterns, version } = options;
  void app.register(async (scope) => {
    takeForms(scope);
    scope.setErrorHandler((error, request, reply) => sendLokiError(error, request, reply, options));
    for (const route of lokiRoutes({ parts, patterns, version })) registerRoute(scope, route, access, openRequests);
  });
}

function registerTails(app: FastifyInstance, tail: NonNullable<ApiOptions['tail']>, { access, loki, clock, logger }: ApiOptions): void {
  const authenticate = (headers: IncomingHttpHeaders): string => access.authenticate(credentialsOf(headers), 'read').tenant;
  const authorize = (headers: IncomingHttpHeaders): Caller => readerOf(access, lokiCredentialsOf(headers), headers);
  const also = (scope: FastifyInstance, flusher: TailFlusher): void => {
    if (loki !== undefined) registerLokiTail(scope, flusher, { parts: loki, ...tail, authorize });
  };
  void app.register((scope) => registerTailRoutes(scope, { ...tail, authenticate, also, clock, logger }));
}

function registerRoute(app: FastifyInstance, { endpoint, handle }: ApiRoute, access: Access, openRequests: OpenRequests): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // before the body is read: who may not ask is not listened to
    onRequest: async (request) => void callers.set(request, authorize(access, request.headers, endpoint)),
    handler: async (request, reply) => {
      const signal = openRequests.begin(reply);
      const { status = 200, contentType, headers = {}, body, isLarge = false } = await handle(apiRequestOf(request, signal));
      reply.code(status).headers(headers).header('content-type', contentType);
      if (!isLarge || typeof body === 'string')
        return reply.send(typeof body === 'string' ? body : Readable.from(request.method === 'HEAD' ? [] : body));
      reply.hijack();
      reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders);
      await sendParts(reply.raw, body);
    },
  });
}

/** The caller of each request, found before its body is read. */
const callers = new WeakMap<FastifyRequest, Caller | undefined>();

function authorize(access: Access, headers: IncomingHttpHeaders, { access: need, tag }: ServedEndpoint): Caller | undefined {
  if (need === 'public') return undefined;
  if (tag === 'loki') return readerOf(access, lokiCredentialsOf(headers), headers);
  const principal = readerOf(access, credentialsOf(headers), headers);
  if (need === 'read-and-ingest') access.authenticate(credentialsOf(headers), 'ingest');
  if (need === 'act-for-others' && !principal.mayActForOthers) {
    throw new AppError(
      'forbidden',
      `key "${principal.keyName}" may not do this: it concerns all tenants, and the key may not act for others`,
    );
  }
  return principal;
}

function readerOf(access: Access, credentials: Credentials, headers: IncomingHttpHeaders): Caller {
  const principal = access.authenticate(credentials, 'read');
  return { ...principal, priority: priorityOf(headers, principal) };
}

/** `X-Priority: p0` needs a right; `p2` is anyone's. */
function priorityOf(headers: IncomingHttpHeaders, { keyName, mayPrioritise }: Principal): Priority {
  const asked = headers['x-priority']?.toString().trim().toLowerCase() ?? 'p1';
  if (asked !== 'p0' && asked !== 'p1' && asked !== 'p2')
    throw new AppError('bad_request', `X-Priority must be p0, p1 or p2`, { details: { header: 'x-priority' } });
  if (asked === 'p0' && !mayPrioritise) throw new AppError('forbidden', `key "${keyName}" may not ask with priority p0`);
  return asked;
}

function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
  return { authorization: headers.authorization, apiKey: text(headers['x-api-key']), tenant: text(headers['x-tenant-id']) };
}

/** Loki's clients name the tenant in a header of its own. */
function lokiCredentialsOf(headers: IncomingHttpHeaders): Credentials {
  const asked = headers['x-scope-orgid'];
  const credentials = credentialsOf(headers);
  return asked === undefined ? credentials : { ...credentials, tenant: String(asked) };
}

function apiRequestOf(request: FastifyRequest, signal: AbortSignal): ApiRequest {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return {
    principal: callers.get(request),
    pathParameters: request.params as Readonly<Record<string, string>>,
    queryParameters: mark < 0 ? [] : [...new URLSearchParams(url.slice(mark + 1))],
    headers: request.headers,
    body: request.body,
    signal,
  };
}

/** Only JSON: other types are refused, which also keeps web pages elsewhere from posting without being asked. */
function takeJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (encoding !== 'identity' && encoding !== '')
      throw new AppError('unsupported_encoding', 'requests to this endpoint are not compressed');
    return body.length === 0 ? undefined : parseJsonBody(utf8Text(body));
  });
}

function utf8Text(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new AppError('malformed_body', 'the body is not valid UTF-8');
  }
}

/** Methods of each address; fixed ones first, for `/v1/logs/{id}` would else take `GET /v1/logs/search` for a line. */
const methodsByPath = new Map<string, string[]>();
for (const { path, method } of allEndpoints)
  methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
const methodsByPattern = [...methodsByPath]
  .filter(([path]) => path.includes('{'))
  .map(([path, methods]) => ({ pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`), methods }));

function methodsOf(path: string): readonly string[] | undefined {
  return methodsByPath.get(path) ?? methodsByPattern.find(({ pattern }) => pattern.test(path))?.methods;
}

function refuseWrongMethod({ method, raw }: FastifyRequest): void {
  const path = (raw.url ?? '').split('?', 1)[0].replace(/(?<=.)\/$/, '');
  const allowed = methodsOf(path);
  if (allowed === undefined || allowed.includes(method)) return;
  throw new AppError('method_not_allowed', `${path} takes ${allowed.join(' and ')}, not ${method}`, { details: { allowed } });
}

function notFound({ raw }: FastifyRequest): AppError {
  const path = (raw.url ?? '').split('?', 1)[0];
  const shown = quoted(path, 120);
  return new AppError('not_found', `there is nothing at ${shown}; GET /openapi.json lists all endpoints`);
}

/** What a request that was ended by the stopping server says. */
function shuttingDown(error: unknown): unknown {
  const isCancelled = error instanceof AppError && error.code === 'cancelled';
  return isCancelled ? new AppError('shutting_down', 'the server is stopping', { retryAfterMs: 1000, cause: error }) : error;
}
