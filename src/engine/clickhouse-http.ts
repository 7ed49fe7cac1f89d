/**
 * ClickHouse's HTTP interface, as the store uses it: one statement a request, values as parameters, whole answers and
 * streams, errors with ClickHouse's codes. The embedded engine's socket and a server are spoken to alike.
 *
 * It does what the store needs of the official client and no more, since a search is two or three statements of a few
 * milliseconds each, and that client takes 2 ms more for each (docs/adr/0004-store.md).
 */
import { Agent, request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { requestLarge } from '#platform/large-answer.ts';
import type { LargeAnswer } from '#platform/large-answer.ts';
import { readErrorText, withoutException } from './clickhouse-error.ts';
import type { ClickHouseError } from './clickhouse-error.ts';
import { sessionClasses } from './engine-config.ts';
import type { SessionClass } from './engine-config.ts';
import { parameterText } from './parameter-text.ts';
import type { ParameterValue } from './parameter-text.ts';

/** The embedded engine, whose statements end with their connection, or a server, where they have to be killed. */
export type Endpoint =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly user?: string; readonly password?: string };

export interface ClickHouseHttpOptions {
  readonly endpoint: Endpoint;
  readonly database?: string;
  /** A request without an answer is given up, and its statement killed, after this time without a byte. */
  readonly requestTimeoutMs?: number;
  /** Of each class; so no class can take the connections of another. */
  readonly maxConnections?: number;
}

export interface Statement {
  readonly sql: string;
  /** Values of the placeholders `{name:Type}`. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** Settings that are not in the statement itself. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Of the answer, where the statement names none. */
  readonly format?: string;
  /** Whose sessions of the embedded engine it runs on. */
  readonly sessionClass?: SessionClass;
  readonly queryId?: string;
  /** Aborting ends the statement in the engine. */
  readonly signal?: AbortSignal;
}

export interface WholeAnswer {
  readonly body: Buffer;
  /** Counters such as `written_rows`, as far as the engine tells them. */
  readonly summary: Readonly<Record<string, string>>;
}

const defaultRequestTimeoutMs = 300_000;

/**
 * An idle connection is closed here this long before the server would do it, by the time that its answers tell. A process that
 * got no processor for longer sends a statement to a connection that is gone (EPIPE); a second, as is usual, was too little.
 */
const closesBeforeMs = 5000;

export class ClickHouseHttp {
  readonly #options: ClickHouseHttpOptions;
  readonly #agents: Readonly<Record<SessionClass, Agent>>;
  readonly #address: { readonly path: string } | { readonly host: string; readonly port: number };

  constructor(options: ClickHouseHttpOptions) {
    this.#options = options;
    const { endpoint, maxConnections = 64 } = options;
    const agentOptions = {
      keepAlive: true,
      maxSockets: maxConnections,
      maxFreeSockets: maxConnections,
      agentKeepAliveTimeoutBuffer: closesBeforeMs,
    };
    this.#agents = Object.fromEntries(sessionClasses.map((name) => [name, new Agent(agentOptions)])) as Record<SessionClass, Agent>;
    this.#address = 'socketPath' in endpoint ? { path: endpoint.socketPath } : { host: endpoint.host, port: endpoint.port };
  }

  /** Runs a statement to its end; the answer's status and summary are final. Rejects with ClickHouseError, or the connection's error. */
  async run(statement: Statement): Promise<WholeAnswer> {
    const answer = await this.#send(statement, { wait_end_of_query: '1' });
    const body = await buffer(answer);
    return { body, summary: JSON.parse(headerOf(answer, 'x-clickhouse-summary') ?? '{}') as Record<string, string> };
  }

  /**
   * Runs a statement whose answer comes as it is made; it is made no faster than it is read, and a part is good until the next
   * is asked for. Ends with a ClickHouseError where the statement fails on the way, and kills the statement where the reader
   * stops early.
   */
  async stream(statement: Statement): Promise<AsyncGenerator<Buffer, void>> {
    const { path, body, headers, signal, forget } = this.#prepared(statement, {});
    try {
      const answer = await requestLarge({
        connection: this.#address,
        method: 'POST',
        path,
        headers: ['Host', 'engine', ...Object.entries(headers).flatMap(([name, value]) => [name, String(value)])],
        body,
        timeoutMs: this.#requestTimeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      if (answer.head.status !== 200) throw await errorOf(answer);
      return endingWith(forget, withoutException(answer.parts, answer.head.header('x-clickhouse-exception-tag')));
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** Closes the connections; what runs fails. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #send(statement: Statement, url: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const { path, body, headers, signal, forget } = this.#prepared(statement, url);
    const answer = await this.#exchange(
      {
        ...('path' in this.#address ? { socketPath: this.#address.path } : this.#address),
        agent: this.#agents[statement.sessionClass ?? 'search'],
        method: 'POST',
        path,
        headers,
        ...(signal === undefined ? {} : { signal }),
      },
      body,
    );
    answer.once('close', forget);
    if (answer.statusCode === 200) return answer;
    throw readErrorText((await buffer(answer)).toString(), headerOf(answer, 'x-clickhouse-exception-code'));
  }

  /** What a statement is sent as. Throws where its signal is aborted; until `forget` aborting kills it, where closing does not. */
  #prepared(statement: Statement, url: Readonly<Record<string, string>>) {
    const { signal, sessionClass = 'search' } = statement;
    signal?.throwIfAborted();
    const queryId = statement.queryId ?? (this.#killsByStatement ? crypto.randomUUID() : undefined);
    const body = Buffer.from(statement.sql);
    const onAbort = (): void => void this.#kill(queryId);
    if (this.#killsByStatement) signal?.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal?.removeEventListener('abort', onAbort);
    const headers = { 'content-length': body.length, 'x-millrace-class': sessionClass, ...this.#credentials() };
    return { path: this.#pathOf(statement, queryId, url), body, headers, signal, forget };
  }

  #exchange(options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
    const timeoutMs = this.#requestTimeoutMs;
    return new Promise((resolve, reject) => {
      const sent = request(options, resolve);
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`the engine sent nothing for ${timeoutMs} ms`)));
      sent.once('error', reject);
      sent.end(body);
    });
  }

  #pathOf(
    { parameters = {}, settings = {}, format }: Statement,
    queryId: string | undefined,
    url: Readonly<Record<string, string>>,
  ): string {
    const { database } = this.#options;
    const parts = Object.entries(url).map(([name, value]) => `${name}=${value}`);
    if (format !== undefined) parts.push(`default_format=${format}`);
    if (database !== undefined) parts.push(`database=${encodeURIComponent(database)}`);
    if (queryId !== undefined) parts.push(`query_id=${encodeURIComponent(queryId)}`);
    for (const [name, value] of Object.entries(settings)) parts.push(`${name}=${encodeURIComponent(value)}`);
    for (const [name, value] of Object.entries(parameters)) parts.push(`param_${name}=${encodeURIComponent(parameterText(value))}`);
    return `/?${parts.join('&')}`;
  }

  #credentials(): Record<string, string> {
    const { endpoint } = this.#options;
    if (!('host' in endpoint)) return {};
    const { user = 'default', password = '' } = endpoint;
    return { 'x-clickhouse-user': user, 'x-clickhouse-key': password };
  }

  get #requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs;
  }

  get #killsByStatement(): boolean {
    return 'host' in this.#options.endpoint;
  }

  /** A server goes on with a statement whose client is gone. Nobody waits for the kill; where it fails, the statement's own limits end it. */
  async #kill(queryId: string | undefined): Promise<void> {
    const sql = 'KILL QUERY WHERE query_id = {id:String} ASYNC';
    await this.run({ sql, parameters: { id: queryId ?? '' }, sessionClass: 'urgent' }).catch(() => undefined);
  }
}

async function* endingWith(end: () => void, parts: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  try {
    yield* parts;
  } finally {
    end();
  }
}

async function errorOf({ head, parts }: LargeAnswer): Promise<ClickHouseError> {
  const text: Buffer[] = [];
  for await (const part of parts) text.push(Buffer.from(part));
  return readErrorText(Buffer.concat(text).toString(), head.header('x-clickhouse-exception-code'));
}

function headerOf(answer: IncomingMessage, name: string): string | undefined {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : undefined;
}
