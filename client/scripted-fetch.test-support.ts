/** A server in the client's place of `fetch`: keeps what came, takes batches once by their id, and answers as told. */
import { createClient } from './index.mjs';
import type { Client, ClientOptions, FetchLike, Problem } from './declarations/index.d.ts';
import { ManualClock } from './manual-clock.test-support.ts';

export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  /** Takes the batch, and the answer gets lost. */
  | 'taken unheard'
  /** The connection breaks before the batch is read. */
  | 'reset'
  /** No answer ever. */
  | 'silence';

export interface Arrival {
  readonly atMs: number;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly source: Record<string, unknown>;
  readonly logs: readonly Record<string, any>[];
  readonly body: string;
}

export class ScriptedServer {
  readonly clock = new ManualClock();
  readonly arrivals: Arrival[] = [];
  /** Batches that were taken, by id. */
  readonly taken = new Map<string, Arrival>();
  readonly problems: Problem[] = [];
  readonly #script: (arrival: Arrival, number: number) => Reply | undefined;

  /** What the script leaves out is taken. */
  constructor(script: (arrival: Arrival, number: number) => Reply | undefined = () => undefined) {
    this.#script = script;
  }

  client(options: Partial<ClientOptions> = {}): Client {
    return createClient({
      url: 'http://server.test',
      compression: 'none',
      fetch: this.fetch,
      clock: this.clock,
      random: () => 0.5,
      flushOnExit: false,
      onError: (problem) => this.problems.push(problem),
      ...options,
    });
  }

  /** Records that were taken, in the order of their batches. */
  get records(): Record<string, any>[] {
    return [...this.taken.values()].flatMap(({ logs }) => logs);
  }

  get messages(): string[] {
    return this.records.map(({ msg }) => msg);
  }

  readonly fetch: FetchLike = async (_url, { headers, body, signal }) => {
    const text = Buffer.from(body).toString();
    const parsed = parseBody(text);
    const arrival = { atMs: this.clock.now(), id: headers['x-batch-id'], headers, body: text, ...parsed };
    this.arrivals.push(arrival);
    const reply = this.#script(arrival, this.arrivals.length) ?? (parsed === undefined ? malformed : undefined);
    if (reply === 'reset') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    if (reply === 'silence')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    if (reply !== undefined && reply !== 'taken unheard') return respond(reply.status, reply.headers ?? {}, reply.body ?? {});
    if (!this.taken.has(arrival.id)) this.taken.set(arrival.id, arrival);
    if (reply === 'taken unheard') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    return respond(202, {}, { accepted: arrival.logs.length, failed: 0, lag_hint: 'normal' });
  };
}

const malformed: Reply = { status: 400, body: { error: { code: 'malformed_body', message: 'not JSON' } } };

function parseBody(text: string): Pick<Arrival, 'source' | 'logs'> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined as never;
  }
}

function respond(status: number, headers: Readonly<Record<string, string>>, body: unknown) {
  return { status, headers: { get: (name: string) => headers[name] ?? null }, text: async () => JSON.stringify(body) };
}
