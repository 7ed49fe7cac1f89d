/**
 * Slack: an incoming webhook, which only posts, or a bot, whose first message of a group is updated and threaded under.
 *
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (answers 200 `ok`; 400, 403, 404, 410 with a word),
 * https://docs.slack.dev/reference/methods/chat.postMessage and chat.update (answer 200 with `ok` and `error`),
 * https://docs.slack.dev/apis/web-api/rate-limits (429 with Retry-After; one message a second for each channel).
 */
import type { Clock } from '#platform/clock.ts';
import { AppError, invariant } from '#base/errors.ts';
import type { SettingsOf } from '../channel-settings.ts';
import type { Channel, DeliveryOutcome, Notification, OutgoingHttp } from '../notification.ts';
import { fitted } from './content.ts';
import { excerpt, postJson } from './http-delivery.ts';
import type { HttpReply } from './http-delivery.ts';
import { fitsSlack, slackMessage, slackReply } from './slack-blocks.ts';
import type { SlackMessage } from './slack-blocks.ts';

interface Parts {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
}

/** A webhook, or a token and a channel: one of the two. Throws AppError `bad_request` otherwise. */
export function checkSlack({ webhook_url: webhookUrl, token, channel }: SettingsOf<'slack'>): void {
  if (webhookUrl === undefined ? token !== undefined && channel !== undefined : token === undefined && channel === undefined) return;
  throw new AppError('bad_request', 'Slack needs either "webhook_url", or "token" and "channel"', { details: { field: 'webhook_url' } });
}

export function createSlack(settings: SettingsOf<'slack'>, parts: Parts): Channel {
  const { webhook_url: webhookUrl, token, channel } = settings;
  if (webhookUrl !== undefined) return webhookChannel(settings, webhookUrl, parts);
  invariant(token !== undefined && channel !== undefined, 'settings of Slack were not checked');
  return botChannel(settings, token, channel, parts);
}

function webhookChannel(settings: SettingsOf<'slack'>, url: string, { http, clock }: Parts): Channel {
  return {
    type: 'slack',
    deliver(notification, signal) {
      const body = JSON.stringify(messageOf(notification, settings));
      return postJson(http, clock, { url, body, secrets: [url] }, signal);
    },
  };
}

/** Errors of the Web API that pass; 429 has a status of its own. */
const passingErrors: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'ratelimited',
  'rate_limited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** What chat.update says of a first message that is there no more, or may not be changed; the news is told all the same. */
const goneErrors: ReadonlySet<string> = new Set(['message_not_found', 'channel_not_found']);
const fixedErrors: ReadonlySet<string> = new Set(['cant_update_message', 'edit_window_closed', 'msg_too_long', 'update_failed']);

function botChannel(settings: SettingsOf<'slack'>, token: string, channel: string, { http, clock }: Parts): Channel {
  const base = (settings.api_url ?? 'https://slack.com/api').replace(/\/+$/, '');
  const call = async (method: string, body: object, signal: AbortSignal): Promise<ApiOutcome> => {
    let error: string | undefined;
    const request = {
      url: `${base}/${method}`,
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
      body: JSON.stringify({ unfurl_links: false, unfurl_media: false, ...body }),
      secrets: [token],
    };
    const outcome = await postJson(http, clock, request, signal, (reply) => {
      const judged = judgeApi(reply, token);
      error = judged.error;
      return judged.outcome;
    });
    return { outcome, error };
  };
  return {
    type: 'slack',
    async deliver(notification, signal) {
      const first = placeOf(notification.remoteId);
      if (first !== undefined) {
        // updating is the same done twice, so it comes before what is not
        const updated = await call('chat.update', { channel: first.channel, ts: first.ts, ...updateOf(notification, settings) }, signal);
        if (updated.outcome.kind === 'retry') return updated.outcome;
        if (updated.outcome.kind === 'delivered' || fixedErrors.has(updated.error ?? '')) {
          const loud = notification.kind === 'repeated' || notification.kind === 'escalated';
          const reply = { channel: first.channel, thread_ts: first.ts, reply_broadcast: loud, ...replyOf(notification, settings) };
          const { outcome } = await call('chat.postMessage', reply, signal);
          return outcome.kind === 'delivered' ? { ...outcome, remoteId: notification.remoteId } : outcome;
        }
        if (!goneErrors.has(updated.error ?? '')) return updated.outcome;
      }
      return (await call('chat.postMessage', { channel, ...messageOf(notification, settings) }, signal)).outcome;
    },
  };
}

interface ApiOutcome {
  readonly outcome: DeliveryOutcome;
  readonly error: string | undefined;
}

/** Answers of the Web API are 200 whatever happened. */
function judgeApi(reply: HttpReply, token: string): ApiOutcome {
  const answer = parsed(reply.body);
  if (answer === undefined) {
    return {
      outcome: { kind: 'retry', detail: `answered ${reply.status}, which is not the Web API: ${excerpt(reply.body, [token])}` },
      error: undefined,
    };
  }
  if (answer.ok === true) {
    const place = typeof answer.channel === 'string' && typeof answer.ts === 'string' ? `${answer.channel}:${answer.ts}` : undefined;
    return { outcome: { kind: 'delivered', detail: 'posted', remoteId: place }, error: undefined };
  }
  const error = typeof answer.error === 'string' ? answer.error : 'no reason given';
  const kind = passingErrors.has(error) ? 'retry' : 'refused';
  return { outcome: { kind, detail: `Slack says ${excerpt(error, [token])}` }, error };
}

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** `C0123:1700000000.000100`: channel and time stamp, which together name a message. */
function placeOf(remoteId: string | undefined): { readonly channel: string; readonly ts: string } | undefined {
  const [, channel, ts] = /^([A-Z0-9]+):(\d+\.\d+)$/.exec(remoteId ?? '') ?? [];
  return channel === undefined ? undefined : { channel, ts };
}

function messageOf(notification: Notification, settings: SettingsOf<'slack'>): SlackMessage {
  return fitted(
    notification,
    settings.redact ?? 'secrets',
    (content) => slackMessage(content, mentionsOf(notification, settings)),
    fitsSlack,
  );
}

/** The first message with the state as it is now; nobody is called again by an edit. */
function updateOf(notification: Notification, settings: SettingsOf<'slack'>): SlackMessage {
  return fitted(notification, settings.redact ?? 'secrets', (content) => slackMessage(content, []), fitsSlack);
}

function replyOf(notification: Notification, settings: SettingsOf<'slack'>): SlackMessage {
  return fitted(
    notification,
    settings.redact ?? 'secrets',
    (content) => slackReply(content, mentionsOf(notification, settings)),
    fitsSlack,
  );
}

function mentionsOf({ kind, severity }: Notification, { mention = [] }: SettingsOf<'slack'>): readonly string[] {
  return severity === 'critical' && (kind === 'fired' || kind === 'escalated') ? mention : [];
}
