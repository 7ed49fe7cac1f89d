/** Who is told of incidents: routing, silences and maintenance; with channels (channel-routes.ts) and what was told (delivery-routes.ts). */
import { AppError } from '#base/errors.ts';
import { isMaintenanceActive, isSilenceActive, maintenanceChangeMs } from '#alerting/notification-times.ts';
import type { Kept, NotificationBook } from '#alerting/notification-book.ts';
import type { Maintenance, Routing, Silence } from '#alerting/notification-rules.ts';
import { previewRouting, previewSilence } from '#alerting/notification-previews.ts';
import type { Notifier } from '#alerting/notifier.ts';
import type { AlertRecords } from '#metadata/alert-records.ts';
import type { NotificationRecords } from '#metadata/notification-records.ts';
import type { Clock } from '#platform/clock.ts';
import { changeOf, channelRoutes, keptMembers } from './channel-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { endpoints } from './endpoints.ts';
import { shownIncident } from './incident-routes.ts';
import { instantMs } from './instant-parameter.ts';
import * as schemas from './notification-schemas.ts';
import { oneOf, parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiRequest, ApiRoute } from './route.ts';

export interface NotificationRouteOptions {
  readonly book: NotificationBook;
  readonly notifier: Notifier;
  readonly alerts: AlertRecords;
  readonly records: NotificationRecords;
  readonly clock: Clock;
}

const readRouting = createRequestReader(schemas.routingBody, 'the body');
const readRoutingPreview = createRequestReader(schemas.routingPreviewBody, 'the body');
const readSilence = createRequestReader(schemas.silenceBody, 'the body');
const readSilencePreview = createRequestReader(schemas.silencePreviewBody, 'the body');
const readSilencesParameters = createRequestReader(schemas.silencesParameters, 'the query string');
const readMaintenance = createRequestReader(schemas.maintenanceBody, 'the body');

/** Incidents that a preview of a silence lists; all are counted. */
const maxPreviewed = 200;
const silenceStates = ['active', 'pending', 'expired'] as const;

export function notificationRoutes(options: NotificationRouteOptions): ApiRoute[] {
  return [
    ...channelRoutes(options),
    ...routingRoutes(options),
    ...silenceRoutes(options),
    ...maintenanceRoutes(options),
    ...deliveryRoutes(options.records),
  ];
}

function routingRoutes({ book, notifier, alerts, clock }: NotificationRouteOptions): ApiRoute[] {
  return [
    {
      endpoint: endpoints.routing,
      handle: (request) => {
        const { routing } = book.of(tenantOf(request));
        return reply({ routing: routing.body, source: routing.source, ...keptMembers(routing) });
      },
    },
    {
      endpoint: endpoints.routingPut,
      handle: async (request) => {
        const { routing, version } = readRouting(request.body);
        const kept = await book.putRouting(changeOf(request, version), routing as Routing);
        return reply({ routing: kept.body, source: 'kept', ...keptMembers(kept) });
      },
    },
    {
      endpoint: endpoints.routingPreview,
      handle: async (request) => {
        const { labels = {}, severity, rule: ruleId, at, routing } = readRoutingPreview(request.body);
        const tenant = tenantOf(request);
        if (ruleId !== undefined && notifier.tenants.ruleOf(tenant, ruleId) === undefined)
          throw new AppError('not_found', `there is no alert rule "${ruleId.slice(0, 80)}"`);
        if (routing !== undefined) book.checkRouting(tenant, routing as Routing);
        const atMs = at === undefined ? clock.nowMs() : instantMs('at', at);
        const question = { tenant, labels, severity, ruleId, atMs, routing: routing as Routing | undefined };
        const { steps, plans, channels, suppressedBy } = previewRouting(notifier, question, await alerts.open());
        return reply({
          steps: steps.map(({ path, name, isMatched, isTaken, reason }) => ({ path, name, matched: isMatched, taken: isTaken, reason })),
          destinations: plans.map(({ plan, group }) => ({
            path: plan.path,
            route: plan.name,
            channels: plan.channels,
            group_by: plan.groupBy,
            group,
            group_wait_ms: plan.groupWaitMs,
            group_interval_ms: plan.groupIntervalMs,
            repeat_interval_ms: plan.repeatIntervalMs,
            escalation: plan.escalation,
          })),
          channels,
          suppressed_by: suppressedBy,
        });
      },
    },
  ];
}

function silenceRoutes({ book, alerts, clock }: NotificationRouteOptions): ApiRoute[] {
  const shown = (kept: Kept<Silence>): ReturnType<typeof shownSilence> => shownSilence(kept, clock.nowMs());
  return [
    {
      endpoint: endpoints.silences,
      handle: (request) => {
        const { state } = readSilencesParameters(parametersObject(request.queryParameters));
        const wanted = oneOf('state', state, silenceStates);
        const all = book
          .of(tenantOf(request))
          .silences.map(shown)
          .filter((one) => wanted === undefined || one.state === wanted);
        return reply({
          silences: all.toSorted(
            (a, b) => silenceStates.indexOf(a.state) - silenceStates.indexOf(b.state) || (a.ends_at < b.ends_at ? 1 : -1),
          ),
        });
      },
    },
    {
      endpoint: endpoints.silenceCreate,
      handle: async (request) => {
        const silence = silenceOf(request, clock.nowMs());
        return reply(shown(await book.addSilence(changeOf(request, undefined), silence)), 201);
      },
    },
    {
      endpoint: endpoints.silence,
      handle: (request) => {
        const id = request.pathParameters['id'];
        const found = book.of(tenantOf(request)).silences.find(({ name }) => name === id);
        if (found === undefined) throw new AppError('not_found', `there is no silence "${id.slice(0, 80)}"`);
        return reply(shown(found));
      },
    },
    {
      endpoint: endpoints.silenceDelete,
      handle: async (request) => reply(shown(await book.endSilence(changeOf(request, undefined), request.pathParameters['id']))),
    },
    {
      endpoint: endpoints.silencePreview,
      handle: async (request) => {
        const { matchers } = readSilencePreview(request.body);
        const incidents = await previewSilence(alerts, tenantOf(request), matchers);
        return reply({ incidents: incidents.slice(0, maxPreviewed).map(shownIncident), total: incidents.length });
      },
    },
  ];
}

function silenceOf(request: ApiRequest, nowMs: number): Silence {
  const { matchers, starts_at, ends_at, for_ms, author, comment = '' } = readSilence(request.body);
  const startsMs = starts_at === undefined ? nowMs : instantMs('starts_at', starts_at);
  if ((ends_at === undefined) === (for_ms === undefined))
    throw new AppError('bad_request', 'a silence always ends: give either "ends_at" or "for_ms"', { details: { field: 'ends_at' } });
  const endsMs = ends_at === undefined ? Math.max(startsMs, nowMs) + (for_ms ?? 0) : instantMs('ends_at', ends_at);
  return { matchers, starts_ms: startsMs, ends_ms: endsMs, author: author ?? request.principal?.keyName ?? '', comment };
}

function shownSilence({ name, body }: Kept<Silence>, nowMs: number) {
  const { matchers, starts_ms: startsMs, ends_ms: endsMs, author, comment } = body;
  const state = isSilenceActive(body, nowMs) ? 'active' : startsMs > nowMs && endsMs > startsMs ? 'pending' : 'expired';
  return { id: name, matchers, starts_at: instant(startsMs), ends_at: instant(endsMs), author, comment, state } as const;
}

function maintenanceRoutes({ book, clock }: NotificationRouteOptions): ApiRoute[] {
  const shown = (kept: Kept<Maintenance>): object => shownMaintenance(kept, clock.nowMs());
  const nameOf = ({ pathParameters }: ApiRequest): string => pathParameters['name'];
  return [
    {
      endpoint: endpoints.maintenances,
      handle: (request) => reply({ maintenance: book.of(tenantOf(request)).maintenance.map(shown) }),
    },
    {
      endpoint: endpoints.maintenance,
      handle: (request) => {
        const found = book.of(tenantOf(request)).maintenance.find(({ name }) => name === nameOf(request));
        if (found === undefined) throw new AppError('not_found', `there is no maintenance window "${nameOf(request).slice(0, 80)}"`);
        return reply(shown(found));
      },
    },
    {
      endpoint: endpoints.maintenancePut,
      handle: async (request) => {
        const { version, ...body } = readMaintenance(request.body);
        return reply(shown(await book.putMaintenance(changeOf(request, version), nameOf(request), body)));
      },
    },
    {
      endpoint: endpoints.maintenanceDelete,
      handle: async (request) => {
        await book.removeMaintenance(changeOf(request, undefined), nameOf(request));
        return reply({ removed: true });
      },
    },
  ];
}

function shownMaintenance(kept: Kept<Maintenance>, nowMs: number): object {
  const changesMs = maintenanceChangeMs(kept.body, nowMs);
  const changesAt = changesMs === undefined ? null : instant(changesMs);
  return { name: kept.name, ...kept.body, active: isMaintenanceActive(kept.body, nowMs), changes_at: changesAt, ...keptMembers(kept) };
}

const instant = (ms: number): string => new Date(ms).toISOString();
