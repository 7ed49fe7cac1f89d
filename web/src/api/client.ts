/**
 * The API, typed by its own schemas (operations.ts is generated). Every request of the interface goes through here, so that
 * credentials, errors and the state of the connection are the same for all.
 *
 *   const page = await call('searchA', { body: { query, time_range: { last: '15m' } } }, signal);
 *   const line = await call('lineById', { path: { id } });
 *
 * Throws ApiProblem (the server's error), ServerAway (no answer), or the AbortError of `signal`.
 */
import { serverAnswered, serverAway } from './connection.ts';
import { credentialHeaders, wantCredentials } from './credentials.ts';
import { addresses } from './operations.ts';
import type { Operations } from './operations.ts';
import { ServerAway, isAborted, problemOf } from './problem.ts';
import { noteServerTime } from './server-clock.ts';

export type OperationName = keyof Operations;
export type AnswerOf<K extends OperationName> = Operations[K]['answer'];
export type BodyOf<K extends OperationName> = Operations[K]['body'];

// not once for each member of a union: bodies of rules have many
type Given<Name extends string, T> = [T] extends [undefined] ? { readonly [N in Name]?: undefined } : { readonly [N in Name]: T };
type QueryOf<T> = [T] extends [undefined] ? { readonly query?: undefined } : { readonly query?: T & Filters };
/** Parameters besides the declared ones are filters. */
interface Filters {
  readonly [name: string]: string | number | boolean | readonly string[] | undefined;
}
export type RequestOf<K extends OperationName> = Given<'path', Operations[K]['path']> &
  QueryOf<Operations[K]['query']> &
  Given<'body', Operations[K]['body']> & { readonly headers?: Readonly<Record<string, string>> };

interface LooseRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The JSON answer of an operation. */
export async function call<K extends OperationName>(operation: K, request: RequestOf<K>, signal?: AbortSignal): Promise<AnswerOf<K>> {
  const response = await send(operation, request, signal);
  return (await readWhole(response, signal)) as AnswerOf<K>;
}

/** The answer of an operation as it comes: for streams, CSV and other bodies. Throws where it is not well. */
export async function send<K extends OperationName>(operation: K, request: RequestOf<K>, signal?: AbortSignal): Promise<Response> {
  const [method] = addresses[operation];
  const { body, headers } = request as LooseRequest;
  const askedMs = Date.now();
  let response: Response;
  try {
    response = await fetch(urlOf(operation, request), {
      method,
      signal,
      cache: 'no-store',
      headers: { ...credentialHeaders(), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (isAborted(error) || signal?.aborted) throw error;
    serverAway();
    throw new ServerAway(error);
  }
  noteServerTime(response.headers.get('date'), askedMs);
  if (response.ok) {
    serverAnswered();
    return response;
  }
  const problem = await problemOf(response);
  // what answered is the gateway, or a proxy, for a server that is away
  if (problem.code === 'api_unavailable' || problem.status === 502) {
    serverAway();
    throw new ServerAway(problem);
  }
  serverAnswered();
  if (problem.status === 401) wantCredentials();
  throw problem;
}

async function readWhole(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (isAborted(error) || signal?.aborted) throw error;
    throw new ServerAway(error);
  }
}

/** The address of an operation, for links and downloads too. */
export function urlOf<K extends OperationName>(operation: K, request: RequestOf<K>): string {
  const { path = {}, query = {} } = request as LooseRequest;
  const [, template] = addresses[operation];
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) if (one !== undefined) parameters.append(name, String(one));
  }
  return parameters.size === 0 ? filled : `${filled}?${parameters}`;
}
