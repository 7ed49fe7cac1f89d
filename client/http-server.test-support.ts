/** A real endpoint on a free port: takes batches, or does with a request what a test says. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

export interface Received {
  readonly id: string;
  readonly encoding: string | undefined;
  readonly socket: unknown;
  readonly source: Record<string, unknown>;
  readonly logs: Record<string, any>[];
}

/** True where it has dealt with the request; else the batch is taken. */
export type Act = (request: IncomingMessage, response: ServerResponse, number: number) => boolean | undefined;

export class HttpServer {
  readonly received: Received[] = [];
  url = '';
  #server: Server | undefined;
  #port = 0;
  #requests = 0;
  readonly #act: Act;

  private constructor(act: Act) {
    this.#act = act;
  }

  static async start(t: TestContext, act: Act = () => undefined): Promise<HttpServer> {
    const server = new HttpServer(act);
    await server.listen();
    t.after(() => server.stop());
    return server;
  }

  /** Records by batch, a batch counting once. */
  get records(): Record<string, any>[] {
    return [...new Map(this.received.map((batch) => [batch.id, batch])).values()].flatMap(({ logs }) => logs);
  }

  /** Listens, after `stop` on the same port as before. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      if (!this.#act(request, response, ++this.#requests)) void this.#take(request, response);
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    const closed = this.#server?.listening ? once(this.#server, 'close') : undefined;
    this.#server?.close();
    this.#server?.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = request.headers['content-encoding'];
    const body = Buffer.concat(await request.toArray());
    const text = encoding === 'gzip' ? gunzipSync(body) : encoding === 'zstd' ? zstdDecompressSync(body) : body;
    const { source, logs } = JSON.parse(text.toString());
    this.received.push({ id: String(request.headers['x-batch-id']), encoding, socket: request.socket, source, logs });
    response.writeHead(202).end(JSON.stringify({ accepted: logs.length, failed: 0, lag_hint: 'normal' }));
  }
}
