/** What people were told: the log of deliveries, and the inbox. */
import { shownChannel } from '#alerting/notification-previews.ts';
import type { Notification } from '#alerting/notification.ts';
import { AppError } from '#base/errors.ts';
import type { InboxEntry, MessageState, NotificationRecords, OutboxMessage } from '#metadata/notification-records.ts';
import { endpoints } from './endpoints.ts';
import * as schemas from './notification-schemas.ts';
import { oneOf, parametersObject } from './query-parameters.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiReply, ApiRoute } from './route.ts';

const readDeliveries = createRequestReader(schemas.deliveriesParameters, 'the query string');
const readInbox = createRequestReader(schemas.inboxParameters, 'the query string');
const readInboxRead = createRequestReader(schemas.inboxReadBody, 'the body');

const defaultPage = 50;
const messageStates: readonly MessageState[] = ['waiting', 'delivered', 'refused', 'given_up', 'superseded'];

export function deliveryRoutes(records: NotificationRecords): ApiRoute[] {
  return [
    {
      endpoint: endpoints.deliveries,
      handle: async (request) => {
        const asked = readDeliveries(parametersObject(request.queryParameters, ['limit']));
        const { incident: incidentId, channel, limit = defaultPage } = asked;
        const state = oneOf('state', asked.state, messageStates);
        const before = sequenceOf('before', asked.before);
        const found = await records.messages({ tenant: tenantOf(request), channel, state, incidentId, before, limit: limit + 1 });
        return page('deliveries', found, limit, shownDelivery);
      },
    },
    {
      endpoint: endpoints.inbox,
      handle: async (request) => {
        const asked = readInbox(parametersObject(request.queryParameters, ['limit']));
        const isUnread = oneOf('unread', asked.unread, ['true', 'false']) === 'true';
        const { limit = defaultPage } = asked;
        const tenant = tenantOf(request);
        const found = await records.inbox({ tenant, isUnread, before: sequenceOf('before', asked.before), limit: limit + 1 });
        return page('entries', found, limit, shownEntry, { unread: await records.unreadCount(tenant) });
      },
    },
    {
      endpoint: endpoints.inboxRead,
      handle: async (request) => {
        const { ids, all = false } = readInboxRead(request.body);
        if ((ids === undefined) === !all) throw new AppError('bad_request', 'give either "ids" or "all": true');
        const tenant = tenantOf(request);
        await records.markRead(tenant, all ? undefined : (ids ?? []).map((id) => sequenceOf('ids', id) ?? 0));
        return reply({ unread: await records.unreadCount(tenant) });
      },
    },
  ];
}

/** One more than is shown was asked for: it tells whether there is another page. */
function page<T extends { readonly sequence: number }>(
  name: string,
  found: readonly T[],
  limit: number,
  shown: (one: T) => object,
  also: object = {},
): ApiReply {
  const shownOnes = found.slice(0, limit);
  const next = found.length > limit ? String(shownOnes.at(-1)?.sequence) : null;
  return reply({ [name]: shownOnes.map(shown), ...also, next });
}

function shownDelivery(message: OutboxMessage): object {
  const { sequence, channel, kind, severity, title, incidentIds, state, attempts, createdMs, doneMs, nextAttemptMs, detail, remoteId } =
    message;
  return {
    id: String(sequence),
    channel: shownChannel(channel),
    kind,
    severity,
    title,
    incidents: incidentIds,
    state,
    attempts,
    created_at: instant(createdMs),
    done_at: doneMs === undefined ? null : instant(doneMs),
    next_attempt_at: state === 'waiting' ? instant(nextAttemptMs) : null,
    detail,
    remote_id: remoteId ?? null,
  };
}

function shownEntry({ sequence, atMs, isRead, notification }: InboxEntry): object {
  const { kind, severity, title, text, incidents, moreIncidents } = notification as Notification;
  return {
    id: String(sequence),
    at: instant(atMs),
    kind,
    severity,
    title,
    text,
    read: isRead,
    incidents: incidents.map(({ incident, title: name, linesUrl, incidentUrl, runbookUrl }) => ({
      id: incident.id,
      title: name,
      lines_url: linesUrl,
      incident_url: incidentUrl,
      ...(runbookUrl === undefined ? {} : { runbook_url: runbookUrl }),
    })),
    more_incidents: moreIncidents,
  };
}

function sequenceOf(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError('bad_request', `"${field}" must be as an earlier answer gave it`, { details: { field } });
}

const instant = (ms: number): string => new Date(ms).toISOString();
