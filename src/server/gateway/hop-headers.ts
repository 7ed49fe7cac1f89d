/** Headers that belong to one connection and are not passed on by a proxy (RFC 9110, 7.6.1). */
import type { IncomingMessage } from 'node:http';
import type { AnswerHead } from '#platform/answer-framing.ts';

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** Headers of a request or an answer as they came: `[name, value, …]`. */
type RawHead = Pick<AnswerHead, 'rawHeaders'>;

/** Names that the `Connection` header declares to be hop-by-hop besides the fixed ones. */
function namedByConnection({ rawHeaders }: RawHead): ReadonlySet<string> {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === 'connection');
  return new Set(values.flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase())));
}

/** `[name, value, name, value, …]` of the end-to-end headers, in the order and spelling in which they came. */
export function endToEndHeaders(message: RawHead): string[] {
  const named = namedByConnection(message);
  const kept: string[] = [];
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = message.rawHeaders[i].toLowerCase();
    if (!hopByHop.has(name) && !named.has(name)) kept.push(message.rawHeaders[i], message.rawHeaders[i + 1]);
  }
  return kept;
}

/** The same for a request, with the sender's address, which only we may tell. */
export function forwardedHeaders(request: IncomingMessage): string[] {
  const headers = endToEndHeaders(request);
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i].toLowerCase() !== 'x-forwarded-for') kept.push(headers[i], headers[i + 1]);
  }
  kept.push('X-Forwarded-For', request.socket.remoteAddress ?? '');
  return kept;
}
