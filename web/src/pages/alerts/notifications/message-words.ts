/** Kinds of messages in words. */
import type { Delivery } from '../../../api/operations.ts';

export const messageWords: Readonly<Record<Delivery['kind'], string>> = {
  fired: 'fired',
  repeated: 'still firing',
  escalated: 'escalated',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  test: 'test',
};
