/**
 * A channel that remembers, as long as the process lives, where the first message of each group went, and gives it to those that
 * follow until the group is resolved. What a notification says of it itself goes first. After a restart the next message of a
 * group begins a new thread where nobody says.
 */
import type { Channel } from '../notification.ts';

/** Groups that are remembered; beyond it the longest known is forgotten. A place takes some 200 bytes. */
const maxGroups = 10_000;

export function rememberingPlaces(channel: Channel): Channel {
  const places = new Map<string, string>();
  return {
    type: channel.type,
    async deliver(notification, signal) {
      const { groupKey, kind } = notification;
      const known = notification.remoteId ?? places.get(groupKey);
      const outcome = await channel.deliver(
        kind === 'test' || known === undefined ? notification : { ...notification, remoteId: known },
        signal,
      );
      if (outcome.kind !== 'delivered' || kind === 'test') return outcome;
      places.delete(groupKey);
      if (kind !== 'resolved' && outcome.remoteId !== undefined) places.set(groupKey, outcome.remoteId);
      if (places.size > maxGroups) places.delete([...places.keys()][0]);
      return outcome;
    },
  };
}
