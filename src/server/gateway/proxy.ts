/**
 * Passing on what the gateway does not answer itself to the main thread's unix socket: requests and answers stream
 * both ways under backpressure, WebSocket upgrades included, and when one side goes the other is closed.
 */
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '#base/errors.ts';
import { requestLarge } from '#platform/large-answer.ts';
import { sendParts } from '#platform/send-parts.ts';
import { endToEndHeaders, forwardedHeaders } from './hop-headers.ts';
import { errorHeaders } from './send-error.ts';

export interface Proxy {
  forward(request: IncomingMessage, response: ServerResponse): void;
  /** The same for an answer that may be of any size; its bytes pass through one buffer. */
  forwardLarge(request: IncomingMessage, response: ServerResponse): void;
  /** For an upgrade that Node's server handed over; `head` is what the client sent behind its headers. */
  forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes idle connections to the main thread and all upgraded ones. */
  close(): void;
}

export interface ProxyOptions {
  readonly apiSocketPath: string;
  /** Sends an error with the gateway's manners. */
  readonly sendError: (request: IncomingMessage, response: ServerResponse, error: AppError) => void;
}

const retryAfterMs = 1000;
/** An answer other than 101 to an upgrade is an error message; more is not passed on. */
const maxUpgradeRefusalBytes = 64 * 1024;

function unavailable(cause: unknown): AppError {
  return new AppError('api_unavailable', 'search, tail and status are not answering now; ingestion goes on', { retryAfterMs, cause });
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

export function createProxy({ apiSocketPath, sendError }: ProxyOptions): Proxy {
  const agent = new http.Agent({ keepAlive: true });
  const upgraded = new Set<Duplex>();

  function forward(request: IncomingMessage, response: ServerResponse, isRetry = false): void {
    const withBody = hasBody(request);
    const upstream = http.request({
      socketPath: apiSocketPath,
      agent,
      method: request.method,
      path: request.url,
      headers: forwardedHeaders(request),
    });
    const onClientGone = (): void => void (response.writableFinished || upstream.destroy());
    response.once('close', onClientGone);
    upstream.once('response', (answer) => passAnswer(answer, response));
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      response.off('close', onClientGone);
      // Once the answer has begun, its own stream says whether it is whole.
      if (response.destroyed || response.headersSent) return;
      // The other side may close a kept connection just as we take it; nothing was processed then.
      if (!withBody && !isRetry && upstream.reusedSocket && error.code === 'ECONNRESET') return forward(request, response, true);
      sendError(request, response, unavailable(error));
    });
    if (withBody) request.pipe(upstream);
    else upstream.end();
  }

  function forwardUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const headers = [...forwardedHeaders(request), 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
    const upstream = http.request({ socketPath: apiSocketPath, agent: false, method: request.method, path: request.url, headers });
    const onClientGone = (): void => void upstream.destroy();
    socket.on('error', onClientGone).once('close', onClientGone);
    upstream.once('upgrade', (answer, apiSocket, apiHead) => {
      socket.off('close', onClientGone);
      upgraded.add(socket);
      socket.once('close', () => upgraded.delete(socket));
      socket.write(statusAndHeaders(answer, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? '']));
      join(socket, head, apiSocket, apiHead);
    });
    upstream.once('response', (answer) => void refuseUpgrade(answer, socket).finally(() => upstream.destroy()));
    upstream.once('error', (error) => {
      if (!socket.destroyed) endWithError(socket, unavailable(error));
    });
    upstream.end();
  }

  return {
    forward: (request, response) => forward(request, response),
    forwardLarge(request, response) {
      // The length of such a body is not known before it is read.
      if (request.headers['transfer-encoding'] !== undefined) return forward(request, response);
      passLarge(apiSocketPath, request, response).catch((error: unknown) => {
        if (!response.headersSent && !response.destroyed) sendError(request, response, unavailable(error));
      });
    },
    forwardUpgrade,
    close() {
      agent.destroy();
      for (const socket of upgraded) socket.destroy();
    },
  };
}

/** Rejects where there is no answer to pass on. */
async function passLarge(apiSocketPath: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const clientGone = new AbortController();
  response.once('close', () => clientGone.abort());
  const { head, parts } = await requestLarge({
    connection: { path: apiSocketPath },
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: forwardedHeaders(request),
    body: request,
    signal: clientGone.signal,
  });
  response.writeHead(head.status, head.statusMessage, endToEndHeaders(head));
  response.flushHeaders();
  await sendParts(response, parts);
}

function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEndHeaders(answer));
  response.flushHeaders();
  const onEnd = (): void => void (answer.complete || response.destroy());
  answer.on('error', onEnd).once('close', onEnd).pipe(response);
}

function statusAndHeaders(answer: IncomingMessage, extra: readonly string[]): string {
  const headers = [...endToEndHeaders(answer), ...extra];
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Ties two sockets together: what ends or breaks on one side ends or breaks on the other. */
function join(client: Duplex, clientHead: Buffer, api: Duplex, apiHead: Buffer): void {
  if (apiHead.length > 0) client.write(apiHead);
  if (clientHead.length > 0) api.write(clientHead);
  client.pipe(api).pipe(client);
  api.on('error', () => client.destroy()).once('close', () => client.destroy());
  client.on('error', () => api.destroy()).once('close', () => api.destroy());
}

/** Passes on the API's own refusal (401, 429 …), which is a plain HTTP answer. */
async function refuseUpgrade(answer: IncomingMessage, socket: Duplex): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxUpgradeRefusalBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    return endWithError(socket, unavailable(error));
  }
  const body = Buffer.concat(chunks);
  const kept = endToEndHeaders(answer);
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i < kept.length; i += 2) {
    if (kept[i].toLowerCase() !== 'content-length') text += `${kept[i]}: ${kept[i + 1]}\r\n`;
  }
  socket.end(Buffer.concat([Buffer.from(`${text}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`), body]));
}

/** Writes an error as a whole answer on a bare socket and closes it. */
export function endWithError(socket: Duplex, error: AppError): void {
  const { status, headers, body } = errorHeaders(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('')}connection: close\r\n\r\n${body}`);
}
