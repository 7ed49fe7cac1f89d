/**
 * The part of `fetch` that the client needs, over node:http with connections that stay open.
 *
 * Not the global fetch, for one reason: a request under way must not keep the process alive (the client's `flush` does
 * that, for a bounded time), and only here can its socket be told so. It also costs the application no second HTTP client.
 */
import * as http from 'node:http';
import * as https from 'node:https';

/** @import { FetchLike, FetchRequest, FetchResponse } from './declarations/index.d.ts' */

/** An answer is a few hundred bytes; of a stranger's page no more than this is read. */
const maxAnswerBytes = 2 ** 20;

/**
 * @param {string} url
 * @param {http.Agent | undefined} ownAgent
 * @returns {{ fetch: FetchLike, close: () => void }}
 */
export function createHttpFetch(url, ownAgent) {
  const isTls = url.startsWith('https:');
  const agent = ownAgent ?? new (isTls ? https.Agent : http.Agent)({ keepAlive: true });
  const start = isTls ? https.request : http.request;
  return {
    fetch: (address, request) => exchange(start, agent, address, request),
    // an agent of the application's own may serve others
    close: () => (ownAgent === undefined ? agent.destroy() : undefined),
  };
}

/**
 * @param {typeof http.request} start
 * @param {http.Agent} agent
 * @param {string} url
 * @param {FetchRequest} request
 * @returns {Promise<FetchResponse>}
 */
function exchange(start, agent, url, { method, headers, body, signal }) {
  return new Promise((resolve, reject) => {
    const request = start(url, { method, agent, signal, headers: { ...headers, 'content-length': body.length } });
    request.once('socket', (socket) => socket.unref());
    let isAnswered = false;
    // a server may answer before it has read the whole body, and close: then the answer is what counts
    request.on('error', (error) => (isAnswered ? undefined : reject(error)));
    request.once('response', (answer) => {
      isAnswered = true;
      readText(answer).then((text) => resolve(responseOf(answer, text)), reject);
    });
    request.end(body);
  });
}

/**
 * @param {http.IncomingMessage} answer
 * @returns {Promise<string>}
 */
async function readText(answer) {
  /** @type {Buffer[]} */
  const pieces = [];
  let bytes = 0;
  for await (const piece of answer) {
    bytes += piece.length;
    if (bytes > maxAnswerBytes) {
      answer.destroy();
      break;
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/**
 * @param {http.IncomingMessage} answer
 * @param {string} text
 * @returns {FetchResponse}
 */
function responseOf(answer, text) {
  return {
    status: answer.statusCode ?? 0,
    headers: { get: (name) => /** @type {string | undefined} */ (answer.headers[name]) ?? null },
    text: () => Promise.resolve(text),
  };
}
