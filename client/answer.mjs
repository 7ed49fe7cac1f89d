/**
 * What an answer of the server means for a batch (docs/reference/ingest.md): taken, to be sent again, to be sent in
 * other pieces, or refused for good.
 */

/** @import { ClientStats, FetchResponse } from './declarations/index.d.ts' */

/**
 * @typedef {object} Taken
 * @property {'taken'} kind
 * @property {number} failed records that the server refused
 * @property {unknown} errors the first of them
 * @property {ClientStats['lagHint']} lagHint
 *
 * @typedef {object} Later
 * @property {'later'} kind
 * @property {string} message
 * @property {string} [code]
 * @property {number} [status]
 * @property {number} [retryAfterMs]
 *
 * @typedef {object} Refused
 * @property {'too_large' | 'malformed' | 'refused'} kind
 * @property {string} message
 * @property {number} status
 * @property {string} [code]
 * @property {unknown} [details]
 *
 * @typedef {Taken | Later | Refused} Answer
 */

const lagHints = new Set(['normal', 'elevated', 'critical']);

/**
 * @param {FetchResponse} response
 * @param {number} nowMs
 * @returns {Promise<Answer>}
 */
export async function readAnswer(response, nowMs) {
  const { status } = response;
  const reply = parseReply(await response.text());
  if (status >= 200 && status < 300) return takenBy(reply, status);
  const { code, message = `the server answered ${status}`, details } = reply.error ?? {};
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'later', message, code, status, retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), nowMs) };
  }
  const kind = status === 413 ? 'too_large' : code === 'malformed_body' ? 'malformed' : 'refused';
  return { kind, message, code, status, details };
}

/**
 * @param {unknown} error
 * @returns {Later}
 */
export function failedRequest(error) {
  const message = error instanceof Error ? error.message : String(error);
  const code = /** @type {NodeJS.ErrnoException} */ (error)?.code;
  return { kind: 'later', message: message === '' ? String(code) : message, code: typeof code === 'string' ? code : undefined };
}

/**
 * A 2xx of something else, such as a proxy's page, acknowledges nothing.
 * @param {Record<string, any>} reply
 * @param {number} status
 * @returns {Taken | Later}
 */
function takenBy({ accepted, failed, errors, lag_hint: lagHint }, status) {
  if (typeof accepted !== 'number') return { kind: 'later', message: 'the answer is not one of Millrace', status };
  return {
    kind: 'taken',
    failed: typeof failed === 'number' ? failed : 0,
    errors,
    lagHint: lagHints.has(lagHint) ? lagHint : 'normal',
  };
}

/**
 * @param {string} text
 * @returns {Record<string, any>}
 */
function parseReply(text) {
  try {
    const reply = JSON.parse(text);
    return typeof reply === 'object' && reply !== null ? reply : {};
  } catch {
    return {};
  }
}

/**
 * `Retry-After` in milliseconds: seconds, or a date (RFC 9110, 10.2.3).
 * @param {string | null} value
 * @param {number} nowMs
 * @returns {number | undefined}
 */
function parseRetryAfter(value, nowMs) {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
