/** Endpoints about who is told of incidents: channels, routing, silences, maintenance, deliveries and the inbox. Part of endpoints.ts. */
import type { TSchema } from 'typebox';
import * as schemas from './notification-schemas.ts';
import type { ServedEndpoint } from './route.ts';

type Facts = Pick<ServedEndpoint, 'summary'> &
  Partial<Pick<ServedEndpoint, 'description' | 'body' | 'bodyExample' | 'access' | 'queryParameters' | 'pathParameters'>>;

/** Every key that may read may see and preview; changing needs one that may send lines too. */
function notification(method: ServedEndpoint['method'], path: string, operationId: string, answer: TSchema, facts: Facts): ServedEndpoint {
  const access = method === 'GET' ? 'read' : 'read-and-ingest';
  const address = `/v1/notifications/${path}`;
  return {
    method,
    path: address,
    operationId,
    tag: 'alerts',
    access,
    ...facts,
    responses: { 200: { description: 'As it is now.', schema: answer } },
  };
}

const ofChannel = { pathParameters: { name: 'Name of the channel, unique in the tenant.' } };
const ofSilence = { pathParameters: { id: 'Id of the silence.' } };
const ofMaintenance = { pathParameters: { name: 'Name of the maintenance window, unique in the tenant.' } };
const matchers = [{ label: 'service', value: 'payment-service' }];

export const notificationEndpoints = {
  channels: notification('GET', 'channels', 'channels', schemas.channelsAnswer, {
    summary: 'Channels with what they need, who uses them and whether they deliver',
  }),
  channel: notification('GET', 'channels/{name}', 'channel', schemas.channelAnswer, { summary: 'One channel', ...ofChannel }),
  channelPut: notification('PUT', 'channels/{name}', 'channelPut', schemas.channelAnswer, {
    summary: 'Set a channel',
    body: schemas.channelBody,
    bodyExample: { type: 'webhook', settings: { url: 'https://hooks.example.com/alerts' } },
    ...ofChannel,
  }),
  channelDelete: notification('DELETE', 'channels/{name}', 'channelDelete', schemas.removedAnswer, {
    summary: 'Remove a channel that nothing uses',
    description: 'A channel that routes or rules name is refused with `conflict`; details name them.',
    ...ofChannel,
  }),
  channelTest: notification('POST', 'channels/{name}/test', 'channelTest', schemas.channelTestAnswer, {
    summary: 'Send a test message through a channel, and say what came of it',
    ...ofChannel,
  }),
  routing: notification('GET', 'routing', 'routing', schemas.routingAnswer, { summary: 'The routing tree: who is told of what' }),
  routingPut: notification('PUT', 'routing', 'routingPut', schemas.routingAnswer, {
    summary: 'Set the routing tree',
    body: schemas.routingBody,
    bodyExample: {
      routing: {
        route: {
          channels: ['inbox'],
          group_by: ['service'],
          routes: [{ match: [{ label: 'severity', value: 'critical' }], channels: ['pager'] }],
        },
      },
    },
  }),
  routingPreview: notification('POST', 'routing/preview', 'routingPreview', schemas.routingPreviewAnswer, {
    summary: 'Where an incident would go, and why',
    access: 'read',
    body: schemas.routingPreviewBody,
    bodyExample: { labels: { service: 'payment-service', team: 'payments' }, severity: 'critical' },
  }),
  silences: notification('GET', 'silences', 'silences', schemas.silencesAnswer, {
    summary: 'Silences',
    queryParameters: schemas.silencesParameters,
  }),
  silenceCreate: {
    ...notification('POST', 'silences', 'silenceCreate', schemas.silenceAnswer, {
      summary: 'Tell nobody of some incidents until a time',
      body: schemas.silenceBody,
      bodyExample: { matchers, for_ms: 7_200_000, comment: 'deploying' },
    }),
    responses: { 201: { description: 'The silence.', schema: schemas.silenceAnswer } },
  },
  silence: notification('GET', 'silences/{id}', 'silence', schemas.silenceAnswer, { summary: 'One silence', ...ofSilence }),
  silenceDelete: notification('DELETE', 'silences/{id}', 'silenceDelete', schemas.silenceAnswer, {
    summary: 'End a silence now',
    ...ofSilence,
  }),
  silencePreview: notification('POST', 'silences/preview', 'silencePreview', schemas.silencePreviewAnswer, {
    summary: 'Open incidents that a silence would hide',
    access: 'read',
    body: schemas.silencePreviewBody,
    bodyExample: { matchers },
  }),
  maintenances: notification('GET', 'maintenance', 'maintenances', schemas.maintenancesAnswer, { summary: 'Maintenance windows' }),
  maintenance: notification('GET', 'maintenance/{name}', 'maintenance', schemas.maintenanceAnswer, {
    summary: 'One maintenance window',
    ...ofMaintenance,
  }),
  maintenancePut: notification('PUT', 'maintenance/{name}', 'maintenancePut', schemas.maintenanceAnswer, {
    summary: 'Set a maintenance window, once or each week',
    body: schemas.maintenanceBody,
    bodyExample: { match: matchers, weekly: [{ days: ['sun'], from: '02:00', to: '04:00', zone: 'Europe/Berlin' }] },
    ...ofMaintenance,
  }),
  maintenanceDelete: notification('DELETE', 'maintenance/{name}', 'maintenanceDelete', schemas.removedAnswer, {
    summary: 'Remove a maintenance window',
    ...ofMaintenance,
  }),
  deliveries: notification('GET', 'deliveries', 'deliveries', schemas.deliveriesAnswer, {
    summary: 'The log of messages: to which channel, with what outcome',
    queryParameters: schemas.deliveriesParameters,
  }),
  inbox: notification('GET', 'inbox', 'inbox', schemas.inboxAnswer, {
    summary: 'The inbox of the tenant',
    queryParameters: schemas.inboxParameters,
  }),
  inboxRead: notification('POST', 'inbox/read', 'inboxRead', schemas.inboxReadAnswer, {
    summary: 'Mark messages of the inbox as read',
    access: 'read',
    body: schemas.inboxReadBody,
    bodyExample: { all: true },
  }),
} as const satisfies Record<string, ServedEndpoint>;
