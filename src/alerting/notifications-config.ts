/** Settings of section `notifications`: who is told of incidents, how, and every bound of that. An error caused by one names it by `notificationSetting`. */
import { bytes, decimal, duration, flag, integer, list, section, structure, text } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

const configuredChannel = section('A channel; people cannot change it over the API.', {
  name: text('', 'Name of the channel.'),
  tenant: text('default', 'Tenant whose channel it is.'),
  type: text('webhook', 'What it is.', ['pagerduty', 'slack', 'teams', 'email', 'webhook', 'opsgenie']),
  settings: structure('What the type needs (docs/alerting.md); a secret better as `{env: NAME}` or `{file: path}`.'),
  enabled: flag(true, 'Messages are sent.'),
});

const configuredRouting = section('The routing tree of a tenant that has set none over the API.', {
  tenant: text('default', 'Tenant whose routing it is.'),
  route: structure('The root: channels, group_by, group_wait_ms …, and `routes` below (docs/alerting.md).'),
  inhibit: structure('List of inhibitions: source, target, equal.'),
});

export const notificationsConfig = section('Who is told of incidents, how, and the bounds of it.', {
  public_url: text(
    '',
    'Address of the web interface as people reach it, such as https://logs.example.com; where it is empty, the address that it listens on if that is of this machine alone, else messages have no links.',
  ),
  channels: list('Channels.', configuredChannel),
  routing: list('Routing, one entry a tenant.', configuredRouting),
  group_wait: duration('0s', 'Wait for further incidents before a group is first told; those of one tick are told together anyway.'),
  group_interval: duration('1m', 'Least time between messages about changes of a group.'),
  repeat_interval: duration('4h', 'Told again after so long while nobody acknowledged; 0: never.'),
  max_incidents_per_message: integer(20, 'Incidents that a message describes; the others are counted.', { minimum: 1, maximum: 100 }),
  sample_lines: integer(5, 'Lines of an incident in a message where neither the rule nor the channel says.', { minimum: 0, maximum: 20 }),
  lines_margin: duration('1m', 'How far the linked view of the lines reaches beyond the window, on both sides.'),
  max_channels: integer(100, 'Channels of a tenant.', { minimum: 1 }),
  max_silences: integer(1000, 'Silences of a tenant that have not ended.', { minimum: 1 }),
  max_silence: duration('90d', 'Longest silence.', { minimum: 60_000 }),
  max_maintenance: integer(200, 'Maintenance windows of a tenant.', { minimum: 1 }),
  max_routing_bytes: bytes('256KiB', 'Largest routing tree.', { minimum: 1024 }),
  delivery_timeout: duration('15s', 'Longest attempt of a delivery.', { minimum: 100 }),
  retry_first: duration('2s', 'Wait before the second attempt of a message; doubled with each further one.', { minimum: 10 }),
  retry_max: duration('5m', 'Longest wait between attempts that the other end did not ask for.', { minimum: 10 }),
  retry_spread: decimal(0.2, 'Share of the wait that is left to chance.', { minimum: 0, maximum: 1 }),
  max_retry_after: duration('1h', 'Longest wait that the other end may ask for.', { minimum: 1000 }),
  give_up_after: duration('24h', 'A message that could not be delivered for so long is given up.', { minimum: 1000 }),
  channel_dead_after: duration('5m', 'A channel that fails for so long is an incident of its own.', { minimum: 1000 }),
  max_concurrent: integer(16, 'Deliveries under way at once.', { minimum: 1 }),
  max_concurrent_per_channel: integer(4, 'Deliveries under way at once to a channel.', { minimum: 1 }),
  max_waiting_per_channel: integer(10_000, 'Messages that wait for a channel; with more the oldest are given up.', { minimum: 1 }),
  step_size: integer(250, 'Events that are taken, or groups that are told, in one transaction; everything else has a turn between two.', {
    minimum: 1,
  }),
  max_idle: duration('5s', 'Longest time without a look at what is due; finds out that the clock was set.', { minimum: 10 }),
  retention: duration('30d', 'How long the log of deliveries and the inbox are kept.', { minimum: 60_000 }),
  inbox_entries: integer(1000, 'Entries of the inbox of a tenant; with more the oldest go.', { minimum: 1 }),
  allow_private_addresses: flag(false, 'Channels may reach loopback, private and link-local addresses.'),
  allowed_hosts: text(
    '',
    'Host names and addresses, with commas between, that channels may reach although they are private: `mail.internal,10.0.0.5`.',
  ),
  max_answer: bytes('64KiB', 'What is read of an answer; the rest is left.', { minimum: 1024 }),
});

export type NotificationsConfig = Static<typeof notificationsConfig>;

/** Full path of a setting, as errors give it in `details.setting`. */
export const notificationSetting = (name: keyof NotificationsConfig): string => `notifications.${name}`;
