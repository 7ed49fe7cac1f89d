/** All receivers of a gateway worker: a new one is one line here. */
import type { ReceiversConfig } from '#receivers/config.ts';
import { createNativeReceiver } from '#receivers/native/routes.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';

type Create = (context: ReceiverContext, config: ReceiversConfig) => Receiver | undefined;

const creators: readonly Create[] = [(context) => createNativeReceiver(context)];

/** The receivers that are switched on. */
export function createReceivers(context: ReceiverContext, config: ReceiversConfig): readonly Receiver[] {
  return creators.map((create) => create(context, config)).filter((receiver) => receiver !== undefined);
}
