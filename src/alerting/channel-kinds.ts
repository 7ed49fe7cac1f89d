/**
 * The types of channels: what each is told, which of it is secret, and how one is made. The API, the configuration and the
 * notifier know channels only through this table.
 */
import type { TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import type { Clock } from '#platform/clock.ts';
import { channelSettings } from './channel-settings.ts';
import type { ChannelType, SettingsOf } from './channel-settings.ts';
import { checkEmail, createEmail } from './channels/email.ts';
import { createInbox } from './channels/inbox.ts';
import { createOpsgenie } from './channels/opsgenie.ts';
import { createPagerDuty } from './channels/pagerduty.ts';
import { checkSlack, createSlack } from './channels/slack.ts';
import { createTeams } from './channels/teams.ts';
import { checkWebhook, createWebhook } from './channels/webhook.ts';
import type { Channel, Notification, OutgoingHttp } from './notification.ts';

/** What channels reach the world by. */
export interface ChannelParts {
  readonly http: OutgoingHttp;
  readonly hosts: OutgoingHosts;
  readonly inbox: Inbox;
  readonly clock: Clock;
}

/** The rule about private addresses for what is not HTTP. */
export interface OutgoingHosts {
  /**
   * An address of a host to connect to. Throws AppError `forbidden` or `bad_request` where it may not be reached, which no
   * further try changes; anything else it throws is worth another try.
   */
  addressOf(host: string, signal: AbortSignal): Promise<string>;
}

/** The inbox of the channel's tenant. Putting a notification in again, by its id, does nothing. */
export interface Inbox {
  put(notification: Notification): Promise<void>;
}

export interface ChannelKind<T extends ChannelType = ChannelType> {
  readonly type: T;
  readonly title: string;
  readonly settings: TObject;
  /** Members whose value is never shown again; of one that is an object, each value. */
  readonly secrets: readonly string[];
  /** What the schema cannot say. Throws AppError `bad_request` where members do not go together. */
  readonly check?: ((settings: SettingsOf<T>) => void) | undefined;
  /** Of settings as `readChannelSettings` gives them. */
  readonly create: (settings: SettingsOf<T>, parts: ChannelParts) => Channel;
}

function kind<T extends ChannelType>(
  type: T,
  title: string,
  secrets: readonly (keyof SettingsOf<T> & string)[],
  create: ChannelKind<T>['create'],
  check?: ChannelKind<T>['check'],
): ChannelKind<T> {
  return { type, title, settings: channelSettings[type], secrets, create, check };
}

export const channelKinds: { readonly [T in ChannelType]: ChannelKind<T> } = {
  pagerduty: kind('pagerduty', 'PagerDuty', ['routing_key'], createPagerDuty),
  slack: kind('slack', 'Slack', ['webhook_url', 'token'], createSlack, checkSlack),
  teams: kind('teams', 'Microsoft Teams', ['webhook_url'], createTeams),
  email: kind('email', 'Email', ['password'], createEmail, checkEmail),
  webhook: kind('webhook', 'Webhook', ['headers', 'signing_key', 'previous_signing_key'], createWebhook, checkWebhook),
  opsgenie: kind('opsgenie', 'Opsgenie', ['api_key'], createOpsgenie),
  inbox: kind('inbox', 'Inbox', [], (_settings, { inbox }) => createInbox(inbox)),
};

/** A channel of settings as they are kept. Throws AppError `bad_request` as `readChannelSettings` does. */
export function createChannel(type: ChannelType, settings: unknown, parts: ChannelParts): Channel {
  return make(type, settings, parts);
}

function make<T extends ChannelType>(type: T, settings: unknown, parts: ChannelParts): Channel {
  return channelKinds[type].create(readChannelSettings(type, settings), parts);
}

export const isChannelType = (type: string): type is ChannelType => Object.hasOwn(channelKinds, type);

/** What a secret is shown as; given back unchanged it means the secret that is kept. */
export const hiddenSecret = '[secret]';

type Members = Readonly<Record<string, unknown>>;

/** Settings as people may see them. */
export function hideSecrets(type: ChannelType, settings: Members): Members {
  return mapSecrets(type, settings, () => hiddenSecret);
}

/** Settings as given, with what was given as `[secret]` taken from those kept before. Throws `bad_request` where there is none. */
export function restoreSecrets(type: ChannelType, given: Members, kept: Members | undefined): Members {
  return mapSecrets(type, given, (value, path) => {
    if (value !== hiddenSecret) return value;
    const before = path.reduce<unknown>((found, name) => (isMembers(found) && Object.hasOwn(found, name) ? found[name] : undefined), kept);
    if (typeof before === 'string') return before;
    throw new AppError('bad_request', `${path.join('.')} is "${hiddenSecret}", but no such secret is kept`, {
      details: { field: path.join('.') },
    });
  });
}

function mapSecrets(type: ChannelType, settings: Members, change: (value: unknown, path: readonly string[]) => unknown): Members {
  const { secrets } = channelKinds[type];
  const changed = (name: string, value: unknown): unknown => {
    if (!secrets.includes(name)) return value;
    if (!isMembers(value)) return change(value, [name]);
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, change(inner, [name, member])]));
  };
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, changed(name, value)]));
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

const compiled = new Map<ChannelType, ReturnType<typeof Compile>>();

/** Checks the settings of a channel; throws AppError `bad_request` with the member in `details.field`. */
export function readChannelSettings<T extends ChannelType>(type: T, given: unknown): SettingsOf<T> {
  const { settings, title } = channelKinds[type];
  if (!isMembers(given)) throw new AppError('bad_request', `settings of ${title} must be an object`);
  const known = Object.keys(settings.properties);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, known);
    const advice = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"`;
    throw new AppError('bad_request', `${title} has no setting "${unknown.slice(0, 80)}"; ${advice}`, { details: { field: unknown } });
  }
  const missing = (settings.required ?? []).find((name) => given[name] === undefined);
  if (missing !== undefined) throw new AppError('bad_request', `${title} needs "${missing}"`, { details: { field: missing } });
  const schema = compiled.get(type) ?? Compile(settings);
  compiled.set(type, schema);
  if (!schema.Check(given)) {
    const { instancePath, message } = schema.Errors(given)[0];
    const field = instancePath.slice(1).replaceAll('/', '.');
    const description = (settings.properties[field.split('.')[0]] as { description?: string } | undefined)?.description;
    const hint = description === undefined ? '' : ` (${description})`;
    throw new AppError('bad_request', `"${field}" of ${title} ${message}${hint}`, { details: { field } });
  }
  channelKinds[type].check?.(given as SettingsOf<T>);
  return given as SettingsOf<T>;
}
