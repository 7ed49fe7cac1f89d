/**
 * ClickHouse's HTTP interface before the embedded engine: `/ping`, `/` for queries, and `/status` of our own.
 *
 * A query ends with its client: when the connection closes before the answer is out, the query is killed.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { EngineOptions } from '../engine-config.ts';
import { acceptedCompression, Answer } from './answer.ts';
import { badRequest } from './engine-error.ts';
import { queryIdOf, readQueryRequest } from './query-request.ts';
import type { QueryRequest } from './query-request.ts';
import { formatOf, isStreamed, runQuery } from './query-runner.ts';
import { InsertSpool } from './request-body.ts';
import type { SessionDirectory } from './session-directory.ts';
import { quoteText } from './sql-text.ts';

/** Statements that leave something behind in their session. */
const statefulVerbs = new Set(['SET', 'USE', 'CREATE', 'DROP', 'ATTACH']);

const freeingVerbs = new Set(['DROP', 'TRUNCATE']);

/** URLs carry queries and parameters. */
const maxUrlBytes = 4 * 2 ** 20;

/** A block of a stream exists several times on its way; at the engine's 65 K rows, 1 M rows of 220 B took 350 MB of memory. */
const streamedBlockRows = '16384';

/** Longer than any client keeps an idle connection, so that the client is the one who closes. */
const keepAliveMs = 65_000;

const killById = /^\s*KILL\s+QUERY\s+WHERE\s+query_id\s*=\s*'([^'\\]*)'\s*(SYNC|ASYNC|TEST)?\s*(FORMAT\s+\w+)?\s*;?\s*$/i;

interface RunningQuery {
  readonly abort: AbortController;
  readonly sql: string;
  readonly startedMs: number;
}

export class HttpInterface {
  readonly #options: EngineOptions;
  readonly #sessions: SessionDirectory;
  readonly #spool: InsertSpool;
  readonly #server: Server;
  readonly #running = new Map<string, RunningQuery>();
  readonly #requests = new Set<Promise<void>>();
  #closing = false;

  constructor(options: EngineOptions, sessions: SessionDirectory) {
    this.#options = options;
    this.#sessions = sessions;
    this.#spool = new InsertSpool(options.spoolPath, options.insertBufferBytes, options.maxInsertBodyBytes);
    this.#server = createServer({ maxHeaderSize: maxUrlBytes, keepAliveTimeout: keepAliveMs, requestTimeout: 0 }, (request, response) => {
      const handled = this.#handle(request, response).catch(() => void response.destroy());
      this.#requests.add(handled);
      void handled.then(() => this.#requests.delete(handled));
    });
  }

  /** Listens on the socket path, which must be free. */
  async listen(): Promise<void> {
    await this.#spool.clean();
    const previousMask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(this.#options.socketPath, resolve);
      });
    } finally {
      process.umask(previousMask);
    }
  }

  /** Takes no more requests, waits for those that run, and kills what is left after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.abortAll(), graceMs);
    await Promise.allSettled(this.#requests);
    clearTimeout(timer);
    this.#server.closeAllConnections();
  }

  /** Kills all queries. */
  abortAll(): void {
    for (const { abort } of this.#running.values()) abort.abort();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (this.#closing) response.setHeader('Connection', 'close');
    if (path === '/ping' || path === '/replicas_status') return sendText(response, 200, 'text/html; charset=UTF-8', 'Ok.\n');
    if (path === '/status') return sendText(response, 200, 'application/json', JSON.stringify(this.#status()));
    if (path !== '/' && path !== '/query') return sendText(response, 404, 'text/plain; charset=UTF-8', `There is no handle ${path}\n`);
    await this.#handleQuery(request, response);
  }

  async #handleQuery(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let query: QueryRequest;
    try {
      query = await readQueryRequest(request, { maxBytes: this.#options.maxInsertBodyBytes });
    } catch (error) {
      new Answer(response, undefined).fail(error, queryIdOf(request) ?? '');
      drain(request);
      return;
    }
    if (query.statement.verb === '' && query.sql.trim() === '') {
      if (request.method !== 'POST') return sendText(response, 200, 'text/html; charset=UTF-8', 'Ok.\n');
      return new Answer(response, undefined).fail(badRequest('Empty query'), query.queryId);
    }
    const answer = new Answer(response, acceptedCompression(request, query.compress));
    const abort = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) abort.abort();
    });
    if (request.socket.destroyed) abort.abort();
    const runningKey = this.#register(query, abort);
    try {
      await this.#run(query, answer, response, abort.signal);
    } catch (error) {
      answer.fail(error, query.queryId);
      drain(request);
    } finally {
      this.#running.delete(runningKey);
    }
  }

  async #run(query: QueryRequest, answer: Answer, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const killed = killById.exec(query.sql);
    if (killed !== null) return this.#killByQueryId(query, killed[1], answer, signal);
    const lease = await this.#sessions.acquire(query, this.#settingsOf(query), signal);
    const stopProgress = this.#reportProgress(query, lease.session, response);
    try {
      await runQuery(query, { session: lease.session, killer: this.#sessions.killer, spool: this.#spool, answer, signal });
    } finally {
      stopProgress();
      // A dropped memtable is hundreds of MB that the next one would otherwise come on top of.
      if (freeingVerbs.has(query.statement.verb)) void this.#sessions.killer.purgeMemory();
      lease.release(statefulVerbs.has(query.statement.verb) || 'readonly' in query.settings);
    }
  }

  /** A whole answer is held in memory, and so is each block of a stream: both are bounded unless the client bounds them. */
  #settingsOf(query: QueryRequest): Readonly<Record<string, string>> {
    if (query.data !== undefined) return query.settings;
    if (isStreamed(query)) return { max_block_size: streamedBlockRows, ...query.settings };
    return { max_result_bytes: String(this.#options.maxBufferedResultBytes), ...query.settings };
  }

  #register(query: QueryRequest, abort: AbortController): string {
    let key = query.queryId;
    for (let copy = 2; this.#running.has(key); copy++) key = `${query.queryId}#${copy}`;
    this.#running.set(key, { abort, sql: query.sql, startedMs: performance.now() });
    return key;
  }

  /**
   * The engine gives queries ids of its own, so a kill by the id that a client chose is answered here, with
   * ClickHouse's columns. TEST kills nothing.
   */
  async #killByQueryId(query: QueryRequest, id: string, answer: Answer, signal: AbortSignal): Promise<void> {
    const target = this.#running.get(id);
    if (target !== undefined && !/\bTEST\b/i.test(query.sql)) target.abort.abort();
    const row = `SELECT 'waiting' AS kill_status, ${quoteText(id)} AS query_id, 'default' AS user, ${quoteText(target?.sql ?? '')} AS query WHERE ${target !== undefined}`;
    const lease = await this.#sessions.acquire({ ...query, sessionClass: 'flush' }, {}, signal);
    try {
      const { bytes } = await lease.session.query(row, formatOf(query), {});
      await answer.sendWhole({ queryId: query.queryId, format: formatOf(query), summary: {} }, bytes);
    } finally {
      lease.release(false);
    }
  }

  /**
   * ClickHouse sends progress as headers line by line, which fixes the status before the query has run. Here it goes
   * out as interim responses (102) with the same header: clients' timeouts are renewed and the final status stays true.
   */
  #reportProgress(
    query: QueryRequest,
    session: Parameters<SessionDirectory['killer']['progress']>[0],
    response: ServerResponse,
  ): () => void {
    if (query.progressIntervalMs === undefined) return () => {};
    const tell = async (): Promise<void> => {
      const progress = await this.#sessions.killer.progress(session).catch(() => undefined);
      const socket = response.socket;
      if (progress === undefined || response.headersSent || response.destroyed || socket === null) return;
      socket.write(`HTTP/1.1 102 Processing\r\nX-ClickHouse-Progress: ${JSON.stringify(progress)}\r\n\r\n`);
    };
    const timer = setInterval(() => void tell(), query.progressIntervalMs);
    return () => clearInterval(timer);
  }

  #status(): object {
    const nowMs = performance.now();
    return {
      classes: this.#sessions.load(),
      rss_bytes: process.memoryUsage.rss(),
      queries: [...this.#running].map(([id, { sql, startedMs }]) => ({
        id,
        running_ms: Math.round(nowMs - startedMs),
        sql: sql.slice(0, 200),
      })),
    };
  }
}

function sendText(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': String(Buffer.byteLength(body)) });
  response.end(body);
}

/** Lets a body that nobody will read pass, so that the client can read the answer. */
function drain(request: IncomingMessage): void {
  if (!request.readableEnded) request.resume();
}
