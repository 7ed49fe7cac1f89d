/** Channels: what they need, whether they deliver, and a test of one. Secrets are never shown again. */
import { AppError } from '#base/errors.ts';
import { channelKinds, hideSecrets, isChannelType } from '#alerting/channel-kinds.ts';
import { inboxChannel } from '#alerting/notification-rules.ts';
import type { ChannelBody } from '#alerting/notification-rules.ts';
import type { BookChange, Kept, NotificationBook } from '#alerting/notification-book.ts';
import type { Notifier } from '#alerting/notifier.ts';
import { endpoints } from './endpoints.ts';
import { channelBody } from './notification-schemas.ts';
import { createRequestReader } from './request-reader.ts';
import { reply, tenantOf } from './route.ts';
import type { ApiRequest, ApiRoute } from './route.ts';

export interface ChannelRouteOptions {
  readonly book: NotificationBook;
  readonly notifier: Notifier;
}

const readChannel = createRequestReader(channelBody, 'the body');

export function channelRoutes({ book, notifier }: ChannelRouteOptions): ApiRoute[] {
  const shown = (tenant: string, kept: Kept<ChannelBody>): object => shownChannelBody(tenant, kept, book, notifier);
  const found = (request: ApiRequest): Kept<ChannelBody> => {
    const name = nameOf(request);
    const channel = book.findChannel(tenantOf(request), name);
    if (channel === undefined) throw new AppError('not_found', `there is no channel "${name.slice(0, 80)}"`);
    return channel;
  };
  return [
    {
      endpoint: endpoints.channels,
      handle: (request) => {
        const tenant = tenantOf(request);
        const types = Object.values(channelKinds)
          .filter(({ type }) => type !== inboxChannel)
          .map(({ type, title, secrets, settings }) => ({ type, title, secrets, settings }));
        return reply({ channels: book.of(tenant).channels.map((channel) => shown(tenant, channel)), types });
      },
    },
    { endpoint: endpoints.channel, handle: (request) => reply(shown(tenantOf(request), found(request))) },
    {
      endpoint: endpoints.channelPut,
      handle: async (request) => {
        const { version, ...body } = readChannel(request.body);
        return reply(shown(tenantOf(request), await book.putChannel(changeOf(request, version), nameOf(request), body)));
      },
    },
    {
      endpoint: endpoints.channelDelete,
      handle: async (request) => {
        await book.removeChannel(changeOf(request, undefined), nameOf(request));
        return reply({ removed: true });
      },
    },
    {
      endpoint: endpoints.channelTest,
      handle: async (request) => {
        found(request);
        const { kind, detail, tookMs } = await notifier.test(tenantOf(request), nameOf(request));
        return reply({ delivered: kind === 'delivered', outcome: kind, detail, took_ms: tookMs });
      },
    },
  ];
}

function shownChannelBody(tenant: string, kept: Kept<ChannelBody>, book: NotificationBook, notifier: Notifier): object {
  const { name, body } = kept;
  const settings = isChannelType(body.type) ? hideSecrets(body.type, body.settings) : {};
  return {
    name,
    ...body,
    settings,
    configured: kept.version === 0,
    ...keptMembers(kept),
    used_by: book.usersOfChannel(tenant, name),
    health: shownHealth(notifier.healthOf(tenant, name)),
  };
}

function shownHealth(health: ReturnType<Notifier['healthOf']>): object {
  const { failingSinceMs, lastDeliveredMs, lastError, incidentId, waiting = 0 } = health ?? {};
  const isUsed = failingSinceMs !== undefined || lastDeliveredMs !== undefined;
  return {
    state: incidentId !== undefined ? 'dead' : failingSinceMs !== undefined ? 'failing' : isUsed ? 'ok' : 'unused',
    since: instantOrNull(failingSinceMs),
    last_delivered_at: instantOrNull(lastDeliveredMs),
    last_error: lastError ?? null,
    waiting,
  };
}

const nameOf = ({ pathParameters }: ApiRequest): string => pathParameters['name'];

export function changeOf(request: ApiRequest, expectedVersion: number | undefined): BookChange {
  return { tenant: tenantOf(request), updatedBy: request.principal?.keyName ?? '', expectedVersion };
}

/** Version and author of what is kept, as all answers show them. */
export function keptMembers({ version, updatedMs, updatedBy }: Kept<unknown>): object {
  return { version, updated_at: instantOrNull(updatedMs), updated_by: updatedBy };
}

const instantOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
