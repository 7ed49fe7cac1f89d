/**
 * Opsgenie, Alert API v2: one alert per group by its alias, acknowledged and closed by it.
 *
 * https://docs.opsgenie.com/docs/alert-api (members, their limits, 202 as the answer) and
 * https://docs.opsgenie.com/docs/response (statuses); rate limits: https://docs.opsgenie.com/docs/api-rate-limiting.
 * Jira Service Management takes the same requests at an address of its own, given as `url`.
 */
import type { Clock } from '#platform/clock.ts';
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, DeliveryOutcome, Notification, OutgoingHttp } from '../notification.ts';
import { fitted } from './content.ts';
import type { Content } from './content.ts';
import { keyOf } from './group-keys.ts';
import { postJson } from './http-delivery.ts';
import type { HttpReply } from './http-delivery.ts';
import { plainText } from './plain-text.ts';
import { shortened } from './shown-text.ts';

const addresses = { us: 'https://api.opsgenie.com/v2/alerts', eu: 'https://api.eu.opsgenie.com/v2/alerts' } as const;

/** Characters, as the Alert API counts them. */
const limits = { message: 130, description: 15_000, details: 8000, entity: 512, tag: 50, tags: 20, note: 25_000 } as const;

const priorities = { critical: 'P1', warning: 'P3', info: 'P5' } as const;

export function createOpsgenie(settings: SettingsOf<'opsgenie'>, parts: { readonly http: OutgoingHttp; readonly clock: Clock }): Channel {
  const base = (settings.url ?? addresses[settings.region ?? 'us']).replace(/\/+$/, '');
  const post = (url: string, body: object, signal: AbortSignal): Promise<DeliveryOutcome> => {
    const headers = { authorization: `GenieKey ${settings.api_key}` };
    return postJson(parts.http, parts.clock, { url, headers, body: JSON.stringify(body), secrets: [settings.api_key] }, signal, accepted);
  };
  const change = (notification: Notification, verb: 'acknowledge' | 'close', signal: AbortSignal): Promise<DeliveryOutcome> =>
    post(`${base}/${aliasOf(notification)}/${verb}?identifierType=alias`, noteOf(notification, settings), signal);
  return {
    type: 'opsgenie',
    async deliver(notification, signal) {
      if (notification.kind === 'acknowledged') return change(notification, 'acknowledge', signal);
      if (notification.kind === 'resolved') return change(notification, 'close', signal);
      const outcome = await post(base, alertOf(notification, settings), signal);
      if (notification.kind !== 'test' || outcome.kind !== 'delivered') return outcome;
      // a test leaves nobody with an open alert
      return change(notification, 'close', signal);
    },
  };
}

const aliasOf = (notification: Notification): string =>
  `millrace-${keyOf(notification.kind === 'test' ? notification.id : notification.groupKey)}`;

/** Requests are taken first and done later; the id finds them in the logs of the integration. */
function accepted({ status, body }: HttpReply): DeliveryOutcome {
  const [, requestId] = /"requestId"\s*:\s*"([0-9a-f-]{8,64})"/.exec(body) ?? [];
  return { kind: 'delivered', detail: `answered ${status}`, remoteId: requestId };
}

function alertOf(notification: Notification, settings: SettingsOf<'opsgenie'>): object {
  return fitted(
    notification,
    settings.redact ?? 'secrets',
    (content) => ({
      message: shortened(content.title, limits.message),
      alias: aliasOf(notification),
      description: plainText(content),
      priority: priorities[content.severity],
      source: 'Millrace',
      tags: [...(settings.tags ?? []), content.severity].slice(0, limits.tags).map((tag) => shortened(tag, limits.tag)),
      details: detailsOf(content),
      ...(content.incidents.length === 0 ? {} : { entity: shortened(content.incidents[0].title, limits.entity) }),
      ...(settings.responders === undefined ? {} : { responders: settings.responders.map(responderOf) }),
    }),
    ({ description, details }) => description.length <= limits.description && lengthOf(details) <= limits.details,
  );
}

/** Users are known by their mail address, all else by name. */
function responderOf({ type, name }: NonNullable<SettingsOf<'opsgenie'>['responders']>[number]): object {
  return type === 'user' ? { type, username: name } : { type, name };
}

function detailsOf(content: Content): Record<string, string> {
  const [first] = content.incidents;
  if (first === undefined) return {};
  const links = { incident: first.incidentUrl, lines: first.linesUrl, runbook: first.runbookUrl };
  const given = Object.entries(links).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([...first.facts, ...given]);
}

const lengthOf = (details: Readonly<Record<string, string>>): number =>
  Object.entries(details).reduce((total, [name, text]) => total + name.length + text.length, 0);

function noteOf(notification: Notification, settings: SettingsOf<'opsgenie'>): object {
  return fitted(
    notification,
    settings.redact ?? 'secrets',
    (content) => ({ source: 'Millrace', note: plainText({ ...content, incidents: [] }) }),
    ({ note }) => note.length <= limits.note,
  );
}
