/** One try to deliver a batch. */
import { failedRequest, readAnswer } from './answer.mjs';

/** @import { Answer } from './answer.mjs' */
/** @import { Batch } from './batch.mjs' */
/** @import { Settings } from './settings.mjs' */

/**
 * Never rejects: a request that fails is an answer of the kind `later`.
 * @param {Batch} batch
 * @param {Settings} settings
 * @returns {Promise<Answer>}
 */
export async function postBatch(batch, { ingestUrl, headers, source, compression, fetch, clock, requestTimeoutMs }) {
  const request = (batch.request = new AbortController());
  const timer = clock.setTimeout(() => request.abort(new Error(`no answer in ${requestTimeoutMs} ms`)), requestTimeoutMs);
  timer.unref?.();
  try {
    const { body, encoding } = await batch.encode(source, compression);
    const response = await fetch(ingestUrl, {
      method: 'POST',
      headers: { ...headers, 'x-batch-id': batch.id, ...(encoding !== undefined && { 'content-encoding': encoding }) },
      body,
      signal: request.signal,
    });
    return await readAnswer(response, clock.now());
  } catch (error) {
    return failedRequest(request.signal.aborted ? request.signal.reason : error);
  } finally {
    clock.clearTimeout(timer);
  }
}
