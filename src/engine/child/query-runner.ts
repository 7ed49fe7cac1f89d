/**
 * Runs one request on one session: as a whole, as a stream, or as an insert with data. Whoever asks gets the session
 * back only when nothing of the query is inside the engine any more, also when the client has gone and the query is
 * being killed.
 */
import { queryCancelled, toEngineError } from './engine-error.ts';
import type { Answer, AnswerHead } from './answer.ts';
import type { EngineSession } from './engine-session.ts';
import type { BufferedAnswer, InsertAnswer, QueryParameters } from './native-engine.ts';
import type { QueryKiller } from './query-killer.ts';
import type { QueryRequest } from './query-request.ts';
import type { InsertSpool } from './request-body.ts';
import { quoteText } from './sql-text.ts';

/** Formats in which pieces of an answer, one behind the other, are the answer; all others are made as a whole. */
const streamable = new Set(
  [
    'JSONEachRow',
    'JSONLines',
    'NDJSON',
    'JSONStringsEachRow',
    'JSONCompactEachRow',
    'JSONCompactStringsEachRow',
    'TabSeparated',
    'TSV',
    'TabSeparatedRaw',
    'TSVRaw',
    'CSV',
    'Native',
    'RowBinary',
    'LineAsString',
    'RawBLOB',
    'TSKV',
  ].map((name) => name.toLowerCase()),
);

/** NO_DATA_TO_INSERT */
const noDataToInsert = 108;

const streamableVerbs = new Set(['SELECT', 'WITH', '(', 'FROM']);

export const formatOf = (request: QueryRequest): string => request.statement.format ?? request.defaultFormat;

/** Whether the answer can go out while the query runs. */
export function isStreamed(request: QueryRequest): boolean {
  return !request.buffered && streamableVerbs.has(request.statement.verb) && streamable.has(formatOf(request).toLowerCase());
}

export interface RunContext {
  readonly session: EngineSession;
  readonly killer: QueryKiller;
  readonly spool: InsertSpool;
  readonly answer: Answer;
  /** Aborted when the client has gone, or the query was killed by its id. */
  readonly signal: AbortSignal;
}

/** Runs the request and sends its answer; throws what went wrong, also behind the head of a stream. */
export async function runQuery(request: QueryRequest, context: RunContext): Promise<void> {
  if (context.signal.aborted) throw queryCancelled();
  const finished = Promise.withResolvers<void>();
  let killed: Promise<void> | undefined;
  const onAbort = (): void => void (killed = context.killer.kill(context.session, finished.promise));
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (request.data !== undefined) await runInsert(request, context);
    else if (isStreamed(request)) await runStream(request, context);
    else await runWhole(request, context);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    await context.session.settle();
    finished.resolve();
    await killed;
  }
}

async function runInsert(request: QueryRequest, { session, spool, answer, signal }: RunContext): Promise<void> {
  const hasParameters = Object.keys(request.parameters).length > 0;
  const data = await spool.take(request.data!, hasParameters);
  try {
    if (signal.aborted) throw queryCancelled();
    const written = 'bytes' in data ? await insertBytes(request, session, data.bytes) : await insertFile(request, session, data.path);
    await answer.sendWhole(headOf(request, writeSummary(written)), Buffer.alloc(0));
  } finally {
    if ('path' in data) await data.remove();
  }
}

/** No data at all is no error over HTTP, but the engine's own client takes it for one; the statement is checked all the same. */
async function insertBytes(request: QueryRequest, session: EngineSession, bytes: Buffer): Promise<InsertAnswer> {
  try {
    return await session.insert(request.sql, bytes);
  } catch (error) {
    if (bytes.length === 0 && toEngineError(error).code === noDataToInsert) return { elapsed: 0, rowsWritten: 0, bytesWritten: 0 };
    throw error;
  }
}

/** The engine reads the file block by block, so its size costs no memory; parameters can be bound only this way. */
async function insertFile(request: QueryRequest, session: EngineSession, path: string): Promise<Written> {
  const { sql, statement } = request;
  const clause = statement.insert!.clauseStart;
  const isValues = /^values/i.test(sql.slice(clause));
  const infile = `FROM INFILE ${quoteText(path)} COMPRESSION 'none' `;
  const settings = /\bSETTINGS\b/i.exec(sql.slice(0, clause));
  const at = settings === null ? clause : settings.index;
  const statementWithFile = `${sql.slice(0, at)}${infile}${sql.slice(at, clause)}${isValues ? 'FORMAT Values' : sql.slice(clause)}`;
  return write(session, statementWithFile, request.parameters);
}

type Written = { readonly elapsed: number } & Partial<InsertAnswer>;

/** Runs a statement that writes. Only the call without parameters tells how many rows it wrote. */
async function write(session: EngineSession, sql: string, parameters: QueryParameters): Promise<Written> {
  if (Object.keys(parameters).length === 0) return session.insert(sql, Buffer.alloc(0));
  const { elapsed } = await session.query(sql, 'Null', parameters);
  return { elapsed };
}

async function runWhole(request: QueryRequest, { session, answer }: RunContext): Promise<void> {
  const { sql, statement, parameters } = request;
  if (statement.verb === 'INSERT') {
    const written = await write(session, sql, parameters);
    return answer.sendWhole(headOf(request, writeSummary(written)), Buffer.alloc(0));
  }
  const result = await session.query(sql, request.defaultFormat, parameters);
  await answer.sendWhole(headOf(request, readSummary(result, formatOf(request))), result.bytes);
}

async function runStream(request: QueryRequest, context: RunContext): Promise<void> {
  const { session, answer, signal } = context;
  const stream = session.openStream(request.sql, request.defaultFormat, request.parameters);
  let part = await session.fetch(stream);
  if (part.done) return answer.sendWhole(headOf(request, { result_rows: '0' }), Buffer.alloc(0));
  if (!signal.aborted) answer.beginStream(headOf(request, {}));
  // Also when the client has gone the parts are fetched, and thrown away, until the kill takes hold.
  for (; !part.done; part = await session.fetch(stream)) await answer.write(part.bytes, signal);
  if (signal.aborted) throw queryCancelled();
  answer.endStream();
}

function headOf(request: QueryRequest, summary: AnswerHead['summary']): AnswerHead {
  return { queryId: request.queryId, format: formatOf(request), summary };
}

const elapsedNs = (seconds: number): string => String(Math.round(seconds * 1e9));

function writeSummary(written: Written): Record<string, string> {
  const summary: Record<string, string> = { elapsed_ns: elapsedNs(written.elapsed) };
  if (written.rowsWritten !== undefined) summary.written_rows = String(written.rowsWritten);
  if (written.bytesWritten !== undefined) summary.written_bytes = String(written.bytesWritten);
  return summary;
}

/** The rows scanned are told by the engine only inside JSON answers, at their end. */
function readSummary(result: BufferedAnswer, format: string): Record<string, string> {
  const summary: Record<string, string> = {
    elapsed_ns: elapsedNs(result.elapsed),
    result_rows: String(result.rowsRead),
    result_bytes: String(result.bytes.length),
  };
  if (!/^JSON/i.test(format)) return summary;
  const scanned = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/.exec(
    result.bytes.toString('latin1', Math.max(0, result.bytes.length - 400)),
  );
  return scanned === null ? summary : { read_rows: scanned[1], read_bytes: scanned[2], ...summary };
}
