/**
 * What people set about notifications: channels, routing, silences and maintenance windows, each tenant its own. Kept as
 * documents, every version with who made it; checked before they are kept; the notifier is told of every change at once.
 *
 * Channels and routing of the configuration stand beside: a configured channel cannot be changed here, configured routing holds
 * until the tenant sets its own.
 */
import { AppError } from '#base/errors.ts';
import type { Documents, StoredDocument } from '#metadata/documents.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { AlertRule, RuleAction } from './alert-rule.ts';
import { isChannelType, restoreSecrets } from './channel-kinds.ts';
import {
  checkChannel,
  checkMaintenance,
  checkName,
  checkRouting,
  checkSilence,
  configuredChannels,
  configuredRouting,
} from './check-notification-rules.ts';
import { inboxChannel } from './notification-rules.ts';
import type { ChannelBody, Maintenance, Route, Routing, Silence } from './notification-rules.ts';
import { notificationSetting } from './notifications-config.ts';
import type { NotificationsConfig } from './notifications-config.ts';
import { channelOfType } from './notifying/channel-directory.ts';
import { defaultRouting } from './notifying/routing.ts';

export interface NotificationBookOptions {
  readonly documents: Documents;
  readonly config: NotificationsConfig;
  readonly randomId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rules of a tenant, whose actions tell channels. */
  readonly rulesOf?: (tenant: string) => readonly Pick<AlertRule, 'body'>[];
}

/** Something that is kept, with who changed it when; of the configuration where `version` is 0. */
export interface Kept<T> {
  readonly name: string;
  readonly body: T;
  readonly version: number;
  readonly updatedMs: number | undefined;
  readonly updatedBy: string;
}

/** Everything of one tenant. */
export interface TenantNotifications {
  readonly channels: readonly Kept<ChannelBody>[];
  readonly routing: Kept<Routing> & { readonly source: 'default' | 'configuration' | 'kept' };
  readonly silences: readonly Kept<Silence>[];
  readonly maintenance: readonly Kept<Maintenance>[];
}

export interface BookChange {
  readonly tenant: string;
  readonly updatedBy: string;
  /** 0: it must be new; else the version that is changed. */
  readonly expectedVersion?: number | undefined;
}

type Kind = 'alert_channel' | 'alert_routing' | 'alert_silence' | 'alert_maintenance';
const kinds: readonly Kind[] = ['alert_channel', 'alert_routing', 'alert_silence', 'alert_maintenance'];
const routingName = 'routing';
const configured = { version: 0, updatedMs: undefined, updatedBy: '' };
const inbox: Kept<ChannelBody> = { name: inboxChannel, body: { type: inboxChannel, settings: {} }, ...configured };

export class NotificationBook {
  readonly #options: NotificationBookOptions;
  readonly #configuredChannels: ReturnType<typeof configuredChannels>;
  readonly #configuredRouting: ReadonlyMap<string, Routing>;
  #documents: Readonly<Record<Kind, readonly StoredDocument[]>> = {
    alert_channel: [],
    alert_routing: [],
    alert_silence: [],
    alert_maintenance: [],
  };
  #tenants = new Map<string, TenantNotifications>();
  #listeners: (() => void)[] = [];
  /** Changes run one behind the other, so that what is told is what is kept. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(options: NotificationBookOptions) {
    this.#options = options;
    this.#configuredChannels = configuredChannels(options.config);
    this.#configuredRouting = new Map(configuredRouting(options.config).map(({ tenant, routing }) => [tenant, routing]));
  }

  static async open(options: NotificationBookOptions): Promise<NotificationBook> {
    const book = new NotificationBook(options);
    await book.#load();
    return book;
  }

  /** Tells of every change from now on. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The same object until something of the tenants is changed. */
  of(tenant: string): TenantNotifications {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const made = this.#read(tenant);
    this.#tenants.set(tenant, made);
    return made;
  }

  findChannel(tenant: string, name: string): Kept<ChannelBody> | undefined {
    return this.of(tenant).channels.find((channel) => channel.name === name);
  }

  /** Name → type, for those who check rules. */
  channelTypes(tenant: string): ReadonlyMap<string, string> {
    return new Map(this.of(tenant).channels.map(({ name, body }) => [name, body.type]));
  }

  /** Routes and rules that name the channel, in words. */
  usersOfChannel(tenant: string, name: string): readonly string[] {
    const routes = routesNaming(this.of(tenant).routing.body.route, name, '/');
    const { channels } = this.of(tenant);
    const rules = (this.#options.rulesOf?.(tenant) ?? []).filter(({ body }) =>
      body.actions?.some((action) => isToldBy(action, name, channels)),
    );
    return [...routes.map((path) => `route ${path}`), ...rules.map(({ body }) => `rule ${body.name}`)];
  }

  /** @throws AppError bad_request, conflict, limit_exceeded */
  putChannel(change: BookChange, name: string, body: ChannelBody): Promise<Kept<ChannelBody>> {
    return this.#inTurn(async () => {
      checkName(name);
      this.#refuseConfigured(change.tenant, name);
      const { channels } = this.of(change.tenant);
      const before = channels.find((channel) => channel.name === name)?.body;
      const kept = before?.type === body.type ? before.settings : undefined;
      const settings = isChannelType(body.type) ? { ...restoreSecrets(body.type, body.settings, kept) } : body.settings;
      const whole = { ...body, settings };
      checkChannel(whole);
      const others = channels.filter((channel) => channel.version > 0 && channel.name !== name);
      this.#mustHaveRoom(others.length, 'max_channels', 'channels');
      return this.#put('alert_channel', change, name, whole);
    });
  }

  /** @throws AppError not_found; conflict naming the users where there are any */
  removeChannel(change: BookChange, name: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#refuseConfigured(change.tenant, name);
      const users = this.usersOfChannel(change.tenant, name);
      if (this.findChannel(change.tenant, name) !== undefined && users.length > 0)
        throw new AppError('conflict', `channel "${name}" is used by ${users.join(', ')}`, { details: { used_by: users } });
      await this.#remove('alert_channel', change, name);
    });
  }

  /** @throws AppError bad_request, conflict, limit_exceeded */
  putRouting(change: BookChange, routing: Routing): Promise<Kept<Routing>> {
    return this.#inTurn(async () => {
      this.checkRouting(change.tenant, routing);
      return this.#put('alert_routing', change, routingName, routing);
    });
  }

  /** @throws AppError bad_request, limit_exceeded */
  checkRouting(tenant: string, routing: Routing): void {
    checkRouting(routing, new Set(this.channelTypes(tenant).keys()), this.#options.config.max_routing_bytes);
  }

  /** @throws AppError bad_request, limit_exceeded */
  addSilence(change: BookChange, silence: Silence): Promise<Kept<Silence>> {
    return this.#inTurn(async () => {
      const nowMs = this.#options.clock.nowMs();
      checkSilence(silence, nowMs, this.#options.config.max_silence);
      const open = this.of(change.tenant).silences.filter(({ body }) => body.ends_ms > nowMs);
      this.#mustHaveRoom(open.length, 'max_silences', 'silences');
      return this.#put('alert_silence', { ...change, expectedVersion: 0 }, this.#options.randomId(), silence);
    });
  }

  /** Ends it now; one that has ended stays as it is. @throws AppError not_found */
  endSilence(change: BookChange, id: string): Promise<Kept<Silence>> {
    return this.#inTurn(async () => {
      const found = this.of(change.tenant).silences.find(({ name }) => name === id);
      if (found === undefined) throw missing('alert_silence', id);
      const nowMs = this.#options.clock.nowMs();
      if (found.body.ends_ms <= nowMs) return found;
      const ended = { ...found.body, starts_ms: Math.min(found.body.starts_ms, nowMs), ends_ms: nowMs };
      return this.#put('alert_silence', { ...change, expectedVersion: undefined }, id, ended);
    });
  }

  /** @throws AppError bad_request, conflict, limit_exceeded */
  putMaintenance(change: BookChange, name: string, body: Maintenance): Promise<Kept<Maintenance>> {
    return this.#inTurn(async () => {
      checkName(name);
      checkMaintenance(body);
      const others = this.of(change.tenant).maintenance.filter((window) => window.name !== name);
      this.#mustHaveRoom(others.length, 'max_maintenance', 'maintenance windows');
      return this.#put('alert_maintenance', change, name, body);
    });
  }

  /** @throws AppError not_found */
  removeMaintenance(change: BookChange, name: string): Promise<void> {
    return this.#inTurn(() => this.#remove('alert_maintenance', change, name));
  }

  /** Silences that ended before that are removed for good; returns how many. */
  forgetSilences(beforeMs: number): Promise<number> {
    return this.#inTurn(async () => {
      const old = this.#documents.alert_silence.filter(({ body }) => (body as Silence).ends_ms < beforeMs);
      for (const { tenant, name } of old) await this.#options.documents.remove('alert_silence', tenant, name);
      if (old.length > 0) await this.#load();
      return old.length;
    });
  }

  #read(tenant: string): TenantNotifications {
    const kept = <T>(kind: Kind): Kept<T>[] => this.#documents[kind].filter((document) => document.tenant === tenant).map(keptOf<T>);
    const fixed = this.#configuredChannels
      .filter((channel) => channel.tenant === tenant)
      .map(({ name, body }) => ({ name, body, ...configured }));
    const names = new Set([inboxChannel, ...fixed.map(({ name }) => name)]);
    const [routing] = kept<Routing>('alert_routing');
    const configuredTree = this.#configuredRouting.get(tenant);
    return {
      channels: [inbox, ...fixed, ...kept<ChannelBody>('alert_channel').filter(({ name }) => !names.has(name))],
      routing:
        routing !== undefined
          ? { ...routing, source: 'kept' }
          : {
              name: routingName,
              body: configuredTree ?? defaultRouting,
              ...configured,
              source: configuredTree === undefined ? 'default' : 'configuration',
            },
      silences: kept('alert_silence'),
      maintenance: kept('alert_maintenance'),
    };
  }

  #refuseConfigured(tenant: string, name: string): void {
    const isFixed = name === inboxChannel || this.#configuredChannels.some((channel) => channel.tenant === tenant && channel.name === name);
    if (isFixed) {
      const why = name === inboxChannel ? 'the inbox is always there' : `channel "${name}" comes from the configuration`;
      throw new AppError('conflict', `${why} and cannot be changed here`, { details: { setting: notificationSetting('channels') } });
    }
  }

  #mustHaveRoom(count: number, setting: 'max_channels' | 'max_silences' | 'max_maintenance', what: string): void {
    const limit = this.#options.config[setting];
    if (count < limit) return;
    throw new AppError('limit_exceeded', `a tenant has at most ${limit} ${what}`, {
      details: { setting: notificationSetting(setting), limit },
    });
  }

  async #put<T>(kind: Kind, { tenant, updatedBy, expectedVersion }: BookChange, name: string, body: T): Promise<Kept<T>> {
    const { documents, clock, logger } = this.#options;
    const document = await documents.put({ kind, tenant, name, body, updatedMs: clock.nowMs(), updatedBy }, expectedVersion);
    logger.info({ kind, tenant, name, version: document.version, by: updatedBy }, 'a setting of notifications was written');
    await this.#load();
    return keptOf<T>(document);
  }

  async #remove(kind: Kind, { tenant, updatedBy }: BookChange, name: string): Promise<void> {
    const { documents, logger } = this.#options;
    if (!(await documents.remove(kind, tenant, name))) throw missing(kind, name);
    logger.info({ kind, tenant, name, by: updatedBy }, 'a setting of notifications was removed');
    await this.#load();
  }

  async #load(): Promise<void> {
    const lists = await Promise.all(kinds.map(async (kind) => [kind, await this.#options.documents.list(kind)] as const));
    this.#documents = Object.fromEntries(lists) as Record<Kind, readonly StoredDocument[]>;
    this.#tenants = new Map();
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => undefined);
    return done;
  }
}

/** Whether an action tells the channel, by its name or as the tenant's channel of a type. */
function isToldBy({ channel, type = '', url }: RuleAction, name: string, channels: readonly Kept<ChannelBody>[]): boolean {
  if (channel !== undefined) return channel === name;
  return url === undefined && channelOfType(channels, type)?.name === name;
}

/** Paths of routes that name the channel. */
function routesNaming(route: Route, channel: string, path: string): string[] {
  const names = [...(route.channels ?? []), ...(route.escalation ?? []).flatMap((step) => step.channels)];
  const below = path === '/' ? '' : path;
  return [
    ...(names.includes(channel) ? [path] : []),
    ...(route.routes ?? []).flatMap((child, index) => routesNaming(child, channel, `${below}/${index}`)),
  ];
}

function keptOf<T>({ name, body, version, updatedMs, updatedBy }: StoredDocument): Kept<T> {
  return { name, body: body as T, version, updatedMs, updatedBy };
}

const titles: Readonly<Record<Kind, string>> = {
  alert_channel: 'channel',
  alert_routing: 'routing',
  alert_silence: 'silence',
  alert_maintenance: 'maintenance window',
};

export function missing(kind: Kind, name: string): AppError {
  return new AppError('not_found', `there is no ${titles[kind]} "${name.slice(0, 80)}"`);
}
