/**
 * How a channel is found that a route or a rule's action names. A route names kept channels; an action may also say a type with
 * what it needs: `webhook` with an address stands by itself, any other type is the tenant's channel of that type, with another
 * place in it where the action names one (`slack` to `#payments-oncall`).
 */
import type { RuleAction } from '../alert-rule.ts';
import { isChannelType } from '../channel-kinds.ts';
import type { ChannelType } from '../channel-settings.ts';
import type { Kept } from '../notification-book.ts';
import type { ChannelBody } from '../notification-rules.ts';

/** A channel as it is used: what a name or an action stands for now. */
export interface Destination {
  readonly type: ChannelType;
  readonly body: ChannelBody;
}

export type Found = { readonly destination: Destination } | { readonly problem: string };

type Channels = readonly Kept<ChannelBody>[];

/** The text by which an action's channel is known in groups, messages and logs: a name, or `slack:#oncall`, `webhook:https://…`. */
export function referenceOf({ channel, type = '', url, to }: RuleAction): string {
  return channel ?? `${type}:${url ?? to ?? ''}`;
}

export function findDestination(channels: Channels, reference: string): Found {
  const colon = reference.indexOf(':');
  if (colon < 0) {
    const named = channels.find(({ name }) => name === reference);
    return named === undefined ? { problem: `there is no channel "${reference}"` } : destinationOf(named.body);
  }
  const [type, place] = [reference.slice(0, colon), reference.slice(colon + 1)];
  if (!isChannelType(type)) return { problem: `there is no type of channel "${type}"` };
  if (type === 'webhook' && place !== '') return { destination: { type, body: { type, settings: { url: place } } } };
  const base = channelOfType(channels, type);
  if (base === undefined) return { problem: `there is no channel of type ${type}` };
  if (place === '') return destinationOf(base.body);
  return destinationOf({ ...base.body, settings: { ...base.body.settings, ...placeSettings(type, place) } });
}

/** Of several the one that is called like its type, else the first by name. */
export function channelOfType(channels: Channels, type: string): Kept<ChannelBody> | undefined {
  const ofType = channels.filter(({ body }) => body.type === type).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ofType.find(({ name }) => name === type) ?? ofType[0];
}

function destinationOf(body: ChannelBody): Found {
  return isChannelType(body.type) ? { destination: { type: body.type, body } } : { problem: `there is no type of channel "${body.type}"` };
}

function placeSettings(type: ChannelType, place: string): Readonly<Record<string, unknown>> {
  if (type === 'slack') return { channel: place };
  return type === 'email' ? { to: [place] } : {};
}
