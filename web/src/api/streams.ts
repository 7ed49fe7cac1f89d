/**
 * Answers that come bit by bit: one JSON record a line (`streamRecords`), and server-sent events (`streamEvents`). Both are
 * read by fetch, so that keys go with them and an abort ends them in the server; the reader sets the pace.
 */
import type { OperationName, RequestOf } from './client.ts';
import { send } from './client.ts';
import { serverAway } from './connection.ts';
import { ServerAway, isAborted } from './problem.ts';

/** Parts of the answer's text. Throws ServerAway where it breaks off. */
async function* textParts(response: Response, signal: AbortSignal): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (isAborted(error) || signal.aborted) throw error;
    serverAway();
    throw new ServerAway(error);
  } finally {
    void reader.cancel().catch(() => {});
  }
}

async function* textLines(response: Response, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const part of textParts(response, signal)) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') yield [rest];
}

/**
 * Records of an NDJSON answer, in the handfuls in which they arrive (one render a handful, not one a record).
 *
 *   for await (const records of streamRecords('searchStream', { body }, signal)) …
 */
export async function* streamRecords<K extends OperationName, R = Record<string, unknown>>(
  operation: K,
  request: RequestOf<K>,
  signal: AbortSignal,
  parse: (text: string) => unknown = JSON.parse,
): AsyncGenerator<readonly R[]> {
  const response = await send(operation, request, signal);
  for await (const lines of textLines(response, signal)) yield lines.filter((line) => line !== '').map((line) => parse(line) as R);
}

export interface ServerEvent {
  /** `message` where the server names none. */
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Events of an operation that answers `text/event-stream`, in the handfuls in which they arrive. Heartbeats are an empty handful. */
export async function* streamEvents<K extends OperationName>(
  operation: K,
  request: RequestOf<K>,
  signal: AbortSignal,
): AsyncGenerator<readonly ServerEvent[]> {
  const asking = { ...request, headers: { ...request.headers, accept: 'text/event-stream' } } as RequestOf<K>;
  const response = await send(operation, asking, signal);
  let event = 'message';
  let data: string[] = [];
  let id: string | undefined;
  for await (const lines of textLines(response, signal)) {
    const events: ServerEvent[] = [];
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) events.push({ event, data: data.join('\n'), id });
        [event, data] = ['message', []];
        continue;
      }
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') data.push(value);
      else if (name === 'event') event = value;
      else if (name === 'id') id = value;
    }
    yield events;
  }
}
