/** Like `call`, with the digits of numbers kept: for answers that hold lines. */
import { send } from '../api/client.ts';
import type { AnswerOf, OperationName, RequestOf } from '../api/client.ts';
import { parseExactly } from './exact-json.ts';

export async function callExactly<K extends OperationName>(
  operation: K,
  request: RequestOf<K>,
  signal?: AbortSignal,
): Promise<AnswerOf<K>> {
  const response = await send(operation, request, signal);
  return parseExactly(await response.text()) as AnswerOf<K>;
}
