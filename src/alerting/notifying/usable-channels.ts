/** The channels by what routes and rules call them, ready to deliver. */
import { toAppError } from '#base/errors.ts';
import type { AlertRule } from '../alert-rule.ts';
import type { ChannelType } from '../channel-settings.ts';
import type { Channel } from '../notification.ts';
import type { NotificationBook } from '../notification-book.ts';
import { findDestination, referenceOf } from './channel-directory.ts';

/** How a channel is used now; `off`: somebody switched it off. */
export type UsableChannel =
  | { readonly kind: 'channel'; readonly channel: Channel }
  | { readonly kind: 'off' | 'missing'; readonly detail: string };

export interface UsableChannelsOptions {
  readonly book: NotificationBook;
  /** Rules of all tenants as they are now. */
  readonly rules: { readonly live: readonly AlertRule[] };
  readonly createChannel: (tenant: string, type: ChannelType, settings: unknown) => Channel;
}

export class UsableChannels {
  readonly #options: UsableChannelsOptions;
  /** They remember what they sent, such as whom a mail has reached already, until their settings change. */
  readonly #made = new Map<string, { readonly facts: string; readonly channel: Channel }>();

  constructor(options: UsableChannelsOptions) {
    this.#options = options;
  }

  of(tenant: string, reference: string): UsableChannel {
    const found = findDestination(this.#options.book.of(tenant).channels, reference);
    if ('problem' in found) return { kind: 'missing', detail: found.problem };
    const { type, body } = found.destination;
    if (body.enabled === false) return { kind: 'off', detail: 'the channel is switched off' };
    const [key, facts] = [`${tenant}\0${reference}`, JSON.stringify([type, body.settings])];
    const known = this.#made.get(key);
    if (known?.facts === facts) return { kind: 'channel', channel: known.channel };
    try {
      const channel = this.#options.createChannel(tenant, type, body.settings);
      this.#made.set(key, { facts, channel });
      return { kind: 'channel', channel };
    } catch (thrown) {
      return { kind: 'missing', detail: toAppError(thrown).message };
    }
  }

  /** A route or a rule names it still. */
  isNamed(tenant: string, reference: string): boolean {
    const { book, rules } = this.#options;
    if (book.usersOfChannel(tenant, reference).length > 0) return true;
    return rules.live.some(
      (rule) => rule.tenant === tenant && (rule.body.actions ?? []).some((action) => referenceOf(action) === reference),
    );
  }
}
