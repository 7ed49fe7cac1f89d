/**
 * Addresses of the web interface: its files, its pages, and an answer for people who follow a link that leads nowhere. No
 * address of the API is among them, and nobody needs a key here: the page itself asks the API.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invariant } from '#base/errors.ts';
import { encodedBody } from './interface-files.ts';
import type { InterfaceFile, WebInterface } from './interface-files.ts';

/** Addresses that the page knows to show; `/` and `/trace/{id}` have answers for programs too, and are routes of the API. */
const pagePaths = [
  ...['/explore', '/status', '/dashboards', '/dashboards/:name', '/patterns', '/tail', '/logs/:id', '/links/:id'],
  ...['/alerts', '/alerts/:part', '/alerts/:part/:id', '/incidents', '/incidents/:id'],
];

/** Never pages, whatever a browser says it would like. */
const programPaths = /^\/(?:v1|api|health|metrics|assets)(?:\/|$)/;

/** Addresses that are an endpoint of the API too, for programs. */
const sharedPaths = /^\/(?:$|trace\/[^/]+\/?$)/;

export function registerInterface(app: FastifyInstance, web: WebInterface): void {
  if (web.page() === undefined) return;
  for (const [path, file] of web.files) app.get(path, (request, reply) => sendFile(request, reply, file));
  for (const path of pagePaths) app.get(path, (_, reply) => sendPage(reply, web, 200));
  app.addHook('onRequest', async (request, reply) => {
    if (isForPerson(request) && sharedPaths.test(pathOf(request))) return sendPage(reply, web, 200);
  });
}

function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  return url.split('?', 1)[0];
}

/** Whether a person asks, not a program: browsers say so when an address is opened. */
export function isForPerson({ headers, method, url }: Pick<FastifyRequest, 'headers' | 'method' | 'url'>): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || programPaths.test(pathOf({ url }))) return false;
  return headers['sec-fetch-mode'] === 'navigate' || (headers.accept ?? '').includes('text/html');
}

/** The page, where the interface is built. */
export function sendPage(reply: FastifyReply, web: WebInterface, status: 200 | 404): FastifyReply {
  const page = web.page();
  invariant(page !== undefined, 'only a built interface is shown');
  return reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', page.contentSecurityPolicy)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'same-origin')
    .header('cross-origin-opener-policy', 'same-origin')
    .send(page.html);
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: InterfaceFile): FastifyReply {
  void reply
    .header('content-type', file.contentType)
    .header('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('vary', 'accept-encoding')
    .header('etag', file.etag);
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  const { encoding, bytes } = encodedBody(file, request.headers['accept-encoding']);
  if (encoding !== undefined) void reply.header('content-encoding', encoding);
  return reply.send(bytes);
}
