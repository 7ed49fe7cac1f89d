/** What a shape cannot say about channels, routing, silences and maintenance: everything that is refused, with its place. */
import { Compile } from 'typebox/compile';
import { AppError, toAppError } from '#base/errors.ts';
import { nearestName } from '#base/nearest-name.ts';
import { Secret } from '#base/secret.ts';
import { channelKinds, isChannelType, readChannelSettings } from './channel-kinds.ts';
import { compileMatchers } from './label-matchers.ts';
import { templateProblems } from './message-template.ts';
import { inboxChannel, maxRouteDepth, routing as routingSchema } from './notification-rules.ts';
import type { ChannelBody, Maintenance, Matcher, Route, Routing, Silence, WeeklyWindow } from './notification-rules.ts';
import { notificationSetting } from './notifications-config.ts';
import type { NotificationsConfig } from './notifications-config.ts';
import { isZone } from './notifying/weekly-windows.ts';

export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** @throws AppError bad_request */
export function checkName(name: string): void {
  if (!namePattern.test(name))
    throw new AppError('bad_request', 'a name is 1 to 100 letters, digits, "_", "." or "-", beginning with a letter or digit');
}

/** @throws AppError bad_request with the member in `details.field` */
export function checkChannel({ type, settings, title, text }: ChannelBody): void {
  if (!isChannelType(type)) {
    const known = Object.keys(channelKinds);
    const nearest = nearestName(type, known);
    const advice = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"`;
    throw wrong('type', `there is no type of channel "${type}"; ${advice}`);
  }
  readChannelSettings(type, settings);
  for (const [field, template] of Object.entries({ title, text })) {
    const [first] = template === undefined ? [] : templateProblems(field, template);
    if (first !== undefined) throw new AppError('bad_request', `${field}: ${first.message}`, { details: { ...first } });
  }
}

/** `channels`: names that there are, the inbox among them. @throws AppError bad_request */
export function checkRouting(routing: Routing, channels: ReadonlySet<string>, maxBytes: number): void {
  const size = Buffer.byteLength(JSON.stringify(routing));
  if (size > maxBytes) {
    throw new AppError('limit_exceeded', `the routing has ${size} bytes`, {
      details: { setting: notificationSetting('max_routing_bytes'), limit: maxBytes },
    });
  }
  if (routing.route.match !== undefined || routing.route.active !== undefined)
    throw wrong('route', 'the root takes everything: give "match" and "active" to routes below it');
  checkRoute(routing.route, 'route', channels);
  for (const [index, { source, target }] of (routing.inhibit ?? []).entries()) {
    const at = `inhibit.${index}`;
    if (source.length === 0 || target.length === 0) throw wrong(at, 'needs matchers for "source" and "target"');
    checkMatchers(source, `${at}.source`);
    checkMatchers(target, `${at}.target`);
  }
}

function checkRoute(route: Route, place: string, channels: ReadonlySet<string>): void {
  const { match = [], active = [], escalation = [], routes = [] } = route;
  checkMatchers(match, `${place}.match`);
  checkWindows(active, `${place}.active`);
  const named = [...(route.channels ?? []), ...escalation.flatMap((step) => step.channels)];
  const unknown = named.find((name) => !channels.has(name));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, channels);
    const advice = nearest === undefined ? `there are ${[...channels].join(', ')}` : `did you mean "${nearest}"`;
    throw wrong(place, `there is no channel "${unknown}"; ${advice}`);
  }
  for (const [index, child] of routes.entries()) checkRoute(child, `${place}.routes.${index}`, channels);
}

/** @throws AppError bad_request, limit_exceeded */
export function checkSilence(silence: Silence, nowMs: number, maxSilenceMs: number): void {
  const { matchers, starts_ms: startsMs, ends_ms: endsMs } = silence;
  checkMatchers(matchers, 'matchers');
  if (compileMatchers(matchers).matches({})) throw wrong('matchers', 'the silence would hide everything: one matcher must ask for a value');
  if (endsMs <= startsMs) throw wrong('ends_at', 'the silence must end after it begins');
  if (endsMs <= nowMs) throw wrong('ends_at', 'the silence would be over already');
  if (endsMs - Math.max(startsMs, nowMs) > maxSilenceMs) {
    throw new AppError('limit_exceeded', 'the silence is too long', {
      details: { setting: notificationSetting('max_silence'), limit: maxSilenceMs, field: 'ends_at' },
    });
  }
}

/** @throws AppError bad_request */
export function checkMaintenance({ match = [], once = [], weekly = [] }: Maintenance): void {
  checkMatchers(match, 'match');
  if (once.length === 0 && weekly.length === 0) throw wrong('once', 'needs "once" or "weekly"');
  for (const [index, { from, to }] of once.entries()) {
    for (const [name, text] of Object.entries({ from, to })) {
      const isInstant = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/i.test(text) && !Number.isNaN(Date.parse(text));
      if (!isInstant) throw wrong(`once.${index}.${name}`, 'must be a time like 2026-01-31T12:00:00Z');
    }
    if (Date.parse(from) >= Date.parse(to)) throw wrong(`once.${index}`, 'must end after it begins');
  }
  checkWindows(weekly, 'weekly');
}

function checkMatchers(matchers: readonly Matcher[], place: string): void {
  for (const [index, matcher] of matchers.entries()) {
    try {
      compileMatchers([matcher]);
    } catch (thrown) {
      throw wrong(`${place}.${index}`, toAppError(thrown).message);
    }
  }
}

function checkWindows(windows: readonly WeeklyWindow[], place: string): void {
  for (const [index, { from = '00:00', to = '24:00', zone = 'UTC' }] of windows.entries()) {
    if (!isZone(zone)) throw wrong(`${place}.${index}.zone`, `there is no zone "${zone}"; zones are named as in Europe/Berlin`);
    if (from === to) throw wrong(`${place}.${index}`, '"from" and "to" are the same');
    if (from === '24:00') throw wrong(`${place}.${index}.from`, 'a window begins before 24:00');
  }
}

const wrong = (field: string, message: string): AppError => new AppError('bad_request', `${field}: ${message}`, { details: { field } });

const compiledRouting = Compile(routingSchema);

/** Channels and routing of the configuration, in the model's shape. @throws AppError bad_request for routing of another shape */
export function configuredChannels(config: Pick<NotificationsConfig, 'channels'>): { tenant: string; name: string; body: ChannelBody }[] {
  return config.channels.map(({ name, tenant, type, settings = {}, enabled }) => ({
    tenant,
    name,
    body: { type, enabled, settings: revealed(settings) as Record<string, unknown> },
  }));
}

export function configuredRouting(config: Pick<NotificationsConfig, 'routing'>): { tenant: string; routing: Routing }[] {
  return config.routing.map(({ tenant, route = {}, inhibit }) => {
    const routing: unknown = inhibit === undefined ? { route } : { route, inhibit };
    if (compiledRouting.Check(routing)) return { tenant, routing: routing as Routing };
    const [first] = compiledRouting.Errors(routing);
    const place = first.instancePath.slice(1).replaceAll('/', '.');
    const params = first.params as { readonly additionalProperties?: readonly string[] };
    const named = params.additionalProperties === undefined ? '' : `: ${params.additionalProperties.join(', ')}`;
    throw new AppError('bad_request', `${place} ${first.message}${named} (routes go ${maxRouteDepth} deep)`, { details: { field: place } });
  });
}

/** Secrets as the texts they are: what is kept of a document has them so too. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revealed(inner)]));
}

/** What is wrong with the section `notifications`; for the loader of the configuration. */
export function checkNotifications(config: NotificationsConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const attempt = (path: string, work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      problems.push({ path, message: toAppError(thrown).message });
    }
  };
  const { public_url: publicUrl } = config;
  if (publicUrl !== '' && (!/^https?:\/\//.test(publicUrl) || !URL.canParse(publicUrl)))
    problems.push({ path: notificationSetting('public_url'), message: 'must be an address such as https://logs.example.com' });
  const names = new Map<string, Set<string>>();
  for (const [index, { tenant, name, body }] of configuredChannels(config).entries()) {
    const known = names.get(tenant) ?? new Set([inboxChannel]);
    names.set(tenant, known);
    attempt(`notifications.channels[${index}]`, () => {
      checkName(name);
      if (known.has(name)) throw wrong('name', `the channel "${name}" is there twice`);
      known.add(name);
      checkChannel(body);
    });
  }
  const tenants = new Set<string>();
  for (const [index, entry] of config.routing.entries()) {
    attempt(`notifications.routing[${index}]`, () => {
      if (tenants.has(entry.tenant)) throw wrong('tenant', `the tenant "${entry.tenant}" has routing twice`);
      tenants.add(entry.tenant);
      const [{ routing }] = configuredRouting({ routing: [entry] });
      checkRouting(routing, names.get(entry.tenant) ?? new Set([inboxChannel]), config.max_routing_bytes);
    });
  }
  return problems;
}
