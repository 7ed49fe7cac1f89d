/** The inbox in the product. What is kept there is shown to the tenant's own people, with its lines as they are. */
import type { Channel, Notification } from '../notification.ts';
import { outcomeOfError } from './http-delivery.ts';

export function createInbox(inbox: { put(notification: Notification): Promise<void> }): Channel {
  return {
    type: 'inbox',
    async deliver(notification) {
      try {
        await inbox.put(notification);
        return { kind: 'delivered', detail: 'kept' };
      } catch (error) {
        return outcomeOfError(error, []);
      }
    },
  };
}
