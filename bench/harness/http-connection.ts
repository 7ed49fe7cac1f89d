/**
 * One HTTP/1.1 connection that stays open, with one request at a time: as little client as possible, so that what is
 * measured is the server. Understands answers with a length and chunked ones.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** From the first byte sent to the last byte received. */
  readonly tookMs: number;
}

interface Pending {
  readonly startMs: number;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
}

const requestTimeoutMs = 120_000;
const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

export class HttpConnection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Bytes at which the answer may be whole; spares looking at every piece of a long one. */
  #wantedBytes = 0;
  #pending: Pending | undefined;

  constructor(port: number, host = '127.0.0.1') {
    this.#port = port;
    this.#host = host;
  }

  /** Rejects when the connection breaks or no answer comes in two minutes. */
  request(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: Uint8Array): Promise<HttpAnswer> {
    if (this.#pending !== undefined) throw new Error('this connection waits for an answer');
    const socket = this.#socket ?? this.#open();
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}:${this.#port}\r\n`;
    for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
    if (body !== undefined) head += `content-length: ${body.length}\r\n`;
    return new Promise((resolve, reject) => {
      this.#pending = { startMs: performance.now(), resolve, reject };
      socket.cork();
      socket.write(`${head}\r\n`, 'latin1');
      if (body !== undefined) socket.write(body);
      socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#fail(new Error('connection closed'));
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: this.#host, noDelay: true });
    this.#socket = socket;
    socket.setTimeout(requestTimeoutMs, () => {
      if (this.#pending !== undefined) socket.destroy(new Error('no answer in two minutes'));
    });
    socket.on('data', (bytes) => this.#onData(bytes));
    // An old socket may end after a new one was opened; it may not break the new one's request.
    const end = (error: Error): void => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#fail(error);
    };
    socket.on('error', end);
    socket.on('close', () => end(new Error('connection closed')));
    return socket;
  }

  #fail(error: Error): void {
    const pending = this.#pending;
    this.#forget();
    pending?.reject(error);
  }

  #forget(): void {
    this.#pending = undefined;
    this.#received = [];
    this.#receivedBytes = 0;
    this.#wantedBytes = 0;
  }

  #onData(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes < this.#wantedBytes) return;
    const all = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received);
    this.#received = [all];
    const end = all.indexOf(headEnd);
    if (end < 0) return;
    const { status, headers } = parseHead(all.toString('latin1', 0, end));
    const body = this.#body(headers, all.subarray(end + headEnd.length), end + headEnd.length);
    if (body === undefined) return;
    const pending = this.#pending;
    this.#forget();
    if (headers.get('connection') === 'close') this.close();
    pending?.resolve({ status, headers, body, tookMs: performance.now() - pending.startMs });
  }

  /** The whole body, or undefined while bytes are missing. */
  #body(headers: ReadonlyMap<string, string>, rest: Buffer, headBytes: number): Buffer | undefined {
    if (headers.get('transfer-encoding') === 'chunked')
      return rest.subarray(-5).toString('latin1') === '0\r\n\r\n' ? joinChunks(rest) : undefined;
    const length = Number(headers.get('content-length') ?? 0);
    this.#wantedBytes = headBytes + length;
    return rest.length >= length ? rest.subarray(0, length) : undefined;
  }
}

function parseHead(head: string): { status: number; headers: Map<string, string> } {
  const [first, ...lines] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(
      line.slice(0, colon).toLowerCase(),
      line
        .slice(colon + 1)
        .trim()
        .toLowerCase(),
    );
  }
  return { status: Number(first.split(' ')[1]), headers };
}

/** Undefined where the last chunk has not come yet (its end may look like the end of the answer). */
function joinChunks(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < rest.length; ) {
    const end = rest.indexOf(lineEnd, at);
    if (end < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    const start = end + lineEnd.length;
    if (start + size > rest.length) return undefined;
    parts.push(rest.subarray(start, start + size));
    at = start + size + lineEnd.length;
  }
  return undefined;
}
