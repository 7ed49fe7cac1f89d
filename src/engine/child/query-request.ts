/**
 * Reads a request of ClickHouse's HTTP interface: what is to be run, with which parameters, settings and data.
 *
 * The statement comes in `query`, in the body, or in both, joined. Data of an INSERT stays in the request's stream
 * until a session is free, so that waiting inserts hold no memory.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { sessionClasses } from '../engine-config.ts';
import type { SessionClass } from '../engine-config.ts';
import { badRequest, EngineError } from './engine-error.ts';
import { decodedBody, readBody } from './request-body.ts';
import type { BodyBounds } from './request-body.ts';
import { readStatement } from './sql-text.ts';
import type { SqlStatement } from './sql-text.ts';
import type { QueryParameters } from './native-engine.ts';

export interface QueryRequest {
  /** The statement without an INSERT's data. */
  readonly sql: string;
  readonly statement: SqlStatement;
  /** Data of an INSERT, not yet read. */
  readonly data: Readable | undefined;
  readonly parameters: QueryParameters;
  readonly settings: Readonly<Record<string, string>>;
  readonly database: string;
  readonly queryId: string;
  /** Format of the answer where the statement names none. */
  readonly defaultFormat: string;
  readonly sessionClass: SessionClass;
  readonly namedSession: { readonly id: string; readonly timeoutMs: number; readonly mustExist: boolean } | undefined;
  /** The whole answer is made before the first byte goes out, so that its status and summary are final. */
  readonly buffered: boolean;
  readonly compress: boolean;
  /** Milliseconds between progress reports; undefined for none. */
  readonly progressIntervalMs: number | undefined;
}

const classHeader = 'x-millrace-class';
const classParameter = 'millrace_class';

/** Parameters of the HTTP interface that are no settings. `log_comment` names the session and cannot be had. */
const reserved = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'quota_key',
  'user',
  'password',
  'role',
  'session_id',
  'session_timeout',
  'session_check',
  'stacktrace',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'log_comment',
  'client_protocol_version',
  classParameter,
]);

const isOn = (value: string | null): boolean => value !== null && value !== '0' && value !== '' && value !== 'false';

const searchParametersOf = (request: IncomingMessage): URLSearchParams => new URL(request.url ?? '/', 'http://engine').searchParams;

/** The id that the client gave its query. */
export const queryIdOf = (request: IncomingMessage): string | null => searchParametersOf(request).get('query_id');

/** Reads the request up to an INSERT's data; throws EngineError. */
export async function readQueryRequest(request: IncomingMessage, bounds: BodyBounds): Promise<QueryRequest> {
  const query = searchParametersOf(request);
  if (isOn(query.get('decompress')) || isOn(query.get('compress'))) {
    throw new EngineError(
      48,
      'NOT_IMPLEMENTED',
      'The native compression of the HTTP interface is not supported; use Content-Encoding and Accept-Encoding',
    );
  }
  const { sql, data } = await readSql(request, query, bounds);
  const statement = readStatement(sql);
  if (statement.multiple) throw new EngineError(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
  const parameters: Record<string, string> = {};
  const settings: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value;
    else if (!reserved.has(name)) settings[name] = value;
  }
  if (request.method === 'GET' && settings.readonly === undefined) settings.readonly = '2';
  return {
    sql,
    statement,
    data,
    parameters,
    settings,
    database: query.get('database') || headerText(request, 'x-clickhouse-database') || 'default',
    queryId: query.get('query_id') || crypto.randomUUID(),
    defaultFormat: query.get('default_format') || headerText(request, 'x-clickhouse-format') || 'TabSeparated',
    sessionClass: readClass(headerText(request, classHeader) ?? query.get(classParameter)),
    namedSession: readNamedSession(query),
    buffered: isOn(query.get('wait_end_of_query')),
    compress: isOn(query.get('enable_http_compression')),
    progressIntervalMs: isOn(query.get('send_progress_in_http_headers'))
      ? Math.max(10, Number(query.get('http_headers_progress_interval_ms') ?? 100) || 100)
      : undefined,
  };
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function readClass(name: string | null | undefined): SessionClass {
  if (name === null || name === undefined || name === '') return 'search';
  const found = sessionClasses.find((known) => known === name);
  if (found === undefined) throw badRequest(`Unknown session class '${name}'; known are ${sessionClasses.join(', ')}`);
  return found;
}

function readNamedSession(query: URLSearchParams): QueryRequest['namedSession'] {
  const id = query.get('session_id');
  if (id === null || id === '') return undefined;
  const seconds = Number(query.get('session_timeout') ?? 60);
  if (!(seconds > 0 && seconds <= 3600))
    throw new EngineError(374, 'INVALID_SESSION_TIMEOUT', `Session timeout '${query.get('session_timeout')}' is not within 1 and 3600 s`);
  return { id, timeoutMs: seconds * 1000, mustExist: isOn(query.get('session_check')) };
}

async function readSql(
  request: IncomingMessage,
  query: URLSearchParams,
  bounds: BodyBounds,
): Promise<{ sql: string; data: Readable | undefined }> {
  const fromUrl = query.get('query') ?? '';
  if (/^multipart\/form-data/i.test(request.headers['content-type'] ?? ''))
    return { sql: await readForm(request, query, bounds), data: undefined };
  if (request.method === 'GET' || request.method === 'HEAD') return { sql: fromUrl, data: undefined };
  if (fromUrl.trim() !== '') {
    const { verb, insert, format } = readStatement(fromUrl);
    if (insert !== undefined || (verb === 'INSERT' && format !== undefined)) return { sql: fromUrl, data: decodedBody(request) };
  }
  const body = await readBody(decodedBody(request), bounds.maxBytes);
  if (body.length === 0) return { sql: fromUrl, data: undefined };
  const whole = fromUrl === '' ? body : Buffer.concat([Buffer.from(`${fromUrl}\n`), body]);
  return splitInsert(whole);
}

/** An INSERT in the body carries its data behind it, possibly binary: found byte by byte, as Latin-1. */
function splitInsert(body: Buffer): { sql: string; data: Readable | undefined } {
  const looksLikeInsert = /^[\s;]*(--|\/\*|#|insert\b)/i.test(body.toString('latin1', 0, 64));
  const insert = looksLikeInsert ? readStatement(body.toString('latin1')).insert : undefined;
  if (insert === undefined) return { sql: body.toString(), data: undefined };
  const data = body.subarray(insert.dataStart);
  const isValues = /^values$/i.test(body.toString('latin1', insert.clauseStart, insert.dataStart));
  const skipped = isValues ? 0 : (/^[ \t\r]*\n?/.exec(data.toString('latin1', 0, 64))?.[0].length ?? 0);
  return { sql: body.toString('utf8', 0, insert.dataStart), data: Readable.from([data.subarray(skipped)]) };
}

/** Query and parameters as a form, which clients use when parameters are too long for a URL. Adds the parameters to `query`. */
async function readForm(request: IncomingMessage, query: URLSearchParams, bounds: BodyBounds): Promise<string> {
  const body = await readBody(decodedBody(request), bounds.maxBytes);
  const form = await new Response(body, { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData().catch(() => {
    throw badRequest('The form cannot be read');
  });
  let sql = query.get('query') ?? '';
  for (const [name, value] of form) {
    const content = typeof value === 'string' ? value : await value.text();
    if (name === 'query') sql += content;
    else query.set(name, content);
  }
  return sql;
}
