/**
 * Writes an answer in ClickHouse's manner: its headers, its errors, compression where asked for, and no faster than
 * the client reads.
 */
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { exceptionBlock, httpStatusOf, toEngineError } from './engine-error.ts';

const contentTypes: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /^JSON(Strings|Compact|CompactStrings)?EachRow|^JSONCompact(Strings)?EachRow|^JSONLines$|^NDJSON$/i,
    'application/x-ndjson; charset=UTF-8',
  ],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^(TabSeparated|TSV)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|BSON)/i, 'application/octet-stream'],
];

/** Media type of a format. */
export function contentTypeOf(format: string): string {
  return contentTypes.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';
}

export interface AnswerHead {
  readonly queryId: string;
  readonly format: string;
  /** Counters for `X-ClickHouse-Summary`; only what the engine told. */
  readonly summary: Readonly<Record<string, string>>;
}

type Compression = 'gzip' | 'zstd' | undefined;

const gzipBuffer = promisify(gzip);
const zstdBuffer = promisify(zstdCompress);

/** What the request lets the answer be compressed with. */
export function acceptedCompression(request: IncomingMessage, enabled: boolean): Compression {
  if (!enabled) return undefined;
  const accepted = request.headers['accept-encoding'] ?? '';
  if (/\bgzip\b/.test(accepted)) return 'gzip';
  return /\bzstd\b/.test(accepted) ? 'zstd' : undefined;
}

export class Answer {
  readonly #response: ServerResponse;
  readonly #compression: Compression;
  readonly #exceptionTag = randomBytes(8).toString('hex');
  /** Where a streamed answer goes: a compressor, or the response itself. */
  #sink: Writable | undefined;

  constructor(response: ServerResponse, compression: Compression) {
    this.#response = response;
    this.#compression = compression;
  }

  /** Sends a whole answer. */
  async sendWhole(head: AnswerHead, body: Buffer): Promise<void> {
    const bytes =
      this.#compression === 'gzip' ? await gzipBuffer(body, { level: 1 }) : this.#compression === 'zstd' ? await zstdBuffer(body) : body;
    this.#writeHead(head, { 'Content-Length': String(bytes.length) });
    this.#response.end(bytes);
  }

  /** Sends the head of a streamed answer. */
  beginStream(head: AnswerHead): void {
    this.#writeHead(head, { 'X-ClickHouse-Exception-Tag': this.#exceptionTag });
    this.#response.flushHeaders();
    if (this.#compression === undefined) {
      this.#sink = this.#response;
      return;
    }
    const compressor = this.#compression === 'gzip' ? createGzip({ level: 1 }) : createZstdCompress();
    compressor.pipe(this.#response);
    this.#sink = compressor;
  }

  /** Sends a part of a streamed answer; resolves when more may be sent, or the client is gone. */
  async write(part: Buffer, signal: AbortSignal): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined || signal.aborted || sink.write(part)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        sink.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      sink.once('drain', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  endStream(): void {
    this.#sink?.end();
  }

  /**
   * Reports an error: by status and body while nothing has been sent, else by ClickHouse's block inside the stream,
   * after which the connection is closed without the end of the body, so that no client takes the answer for whole.
   */
  fail(thrown: unknown, queryId: string): void {
    const { code, message } = toEngineError(thrown);
    const response = this.#response;
    if (response.destroyed) return;
    if (!response.headersSent) {
      const body = Buffer.from(`${message}\n`);
      response.writeHead(httpStatusOf(code), {
        'Content-Type': 'text/plain; charset=UTF-8',
        'Content-Length': String(body.length),
        'X-ClickHouse-Exception-Code': String(code),
        'X-ClickHouse-Query-Id': queryId,
      });
      response.end(body);
      return;
    }
    const sink = this.#sink ?? response;
    sink.write(exceptionBlock(this.#exceptionTag, message));
    if (sink === response) {
      response.write('', () => response.socket?.destroySoon());
      return;
    }
    sink.once('end', () => response.write('', () => response.socket?.destroySoon()));
    (sink as Writable & { unpipe(target: Writable): void }).unpipe(response);
    sink.on('data', (chunk: Buffer) => response.write(chunk));
    sink.end();
  }

  #writeHead(head: AnswerHead, more: Record<string, string>): void {
    this.#response.writeHead(200, {
      'Content-Type': contentTypeOf(head.format),
      'X-ClickHouse-Query-Id': head.queryId,
      'X-ClickHouse-Format': head.format,
      'X-ClickHouse-Timezone': 'UTC',
      'X-ClickHouse-Summary': JSON.stringify(head.summary),
      ...(this.#compression === undefined ? {} : { 'Content-Encoding': this.#compression }),
      ...more,
    });
  }
}
