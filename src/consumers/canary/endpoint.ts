/** The public endpoint as the canary uses it: the same HTTP that every sender and reader speaks. */
import http from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface CanaryLine {
  readonly id: string;
  readonly message: string;
}

export interface PublicEndpoint {
  /** Resolves when the line is acknowledged, rejects with the reason otherwise. */
  send(line: CanaryLine): Promise<void>;
  /** How many lines with the id search finds; rejects where search does not answer. */
  count(id: string): Promise<number>;
  /** Calls back with the ids that live tail shows, from now on or from where it last was; resolves when the stream ends, rejects when it cannot begin. */
  tail(onLine: (id: string) => void, onOpen: () => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

const requestTimeoutMs = 10_000;
const service = 'millrace-canary';
/** Name of the attribute that holds the line's id. */
const idName = 'canary_id';

export function createPublicEndpoint(url: string, headers: Readonly<Record<string, string>>): PublicEndpoint {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  let lastEventId: string | undefined;

  const post = (path: string, body: unknown): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', agent, timeout: requestTimeoutMs, headers: { ...headers, 'content-type': 'application/json' } };
      const request = http.request(new URL(path, url), options, (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
      request.on('error', reject);
      request.end(JSON.stringify(body));
    });

  return {
    async send({ id, message }) {
      const { status, text } = await post('/v1/ingest', {
        source: { service },
        logs: [{ level: 'INFO', msg: message, meta: { [idName]: id } }],
      });
      if (status !== 202) throw new Error(`ingest answered ${status}: ${text}`);
    },
    async count(id) {
      const { status, text } = await post('/v1/logs/search', { filters: { [idName]: id, time_range: { last: '1h' } }, limit: 5 });
      if (status !== 200) throw new Error(`search answered ${status}: ${text}`);
      return (JSON.parse(text) as { hits: unknown[] }).hits.length;
    },
    tail(onLine, onOpen, signal) {
      const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      return new Promise((resolve, reject) => {
        const options = { signal, agent: false, headers: { ...headers, ...resume, accept: 'text/event-stream' } };
        const request = http.get(new URL(`/v1/tail?service=${service}`, url), options, (response) => {
          if (response.statusCode !== 200)
            return void readText(response).then((text) => reject(new Error(`tail answered ${response.statusCode}: ${text}`)), reject);
          onOpen();
          readEvents(response, (event) => {
            lastEventId = event.id ?? lastEventId;
            const id = idOfEvent(event.data);
            if (id !== undefined) onLine(id);
          });
          response.on('close', resolve).on('error', resolve);
        });
        request.on('error', reject);
      });
    },
    close: () => agent.destroy(),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** Events of one data line each, as our own tail writes them. */
function readEvents(response: IncomingMessage, onEvent: (event: ServerEvent) => void): void {
  let rest = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined && !block.startsWith('event:')) onEvent({ id: /^id: (.*)$/m.exec(block)?.[1], data });
    }
  });
}

function idOfEvent(data: string): string | undefined {
  const { meta } = JSON.parse(data) as { meta?: Record<string, unknown> };
  const id = meta?.[idName];
  return typeof id === 'string' ? id : undefined;
}
