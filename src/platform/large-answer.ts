/**
 * One HTTP/1.1 request over a connection of its own, whose answer's body is read through one buffer that is used again and
 * again. Node's client makes two buffers of each read, and V8 a collection of the whole heap for some megabytes of them: of
 * an export that took a third of all CPU. Read by the main thread from the engine, and by the gateway from the main thread.
 */
import { connect } from 'node:net';
import type { NetConnectOpts, OnReadOpts, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { AnswerHead, BodyDecoder } from './answer-framing.ts';

/** As much as a Unix socket holds. */
const bufferBytes = 256 * 1024;

export interface LargeRequest {
  readonly connection: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly method: string;
  readonly path: string;
  /** `[name, value, …]`, without those of the connection; with the body's length, where there is one. */
  readonly headers: readonly string[];
  /** Of the length that the headers tell. */
  readonly body?: Uint8Array | Readable;
  /** Aborting closes the connection. */
  readonly signal?: AbortSignal;
  /** A connection on which nothing moves for so long is closed. */
  readonly timeoutMs?: number;
}

export interface LargeAnswer {
  readonly head: AnswerHead;
  /**
   * The body as it comes, and no faster than it is read. A part is good until the next is asked for. Throws where the
   * connection breaks before the end; who stops early closes it.
   */
  readonly parts: AsyncGenerator<Buffer, void>;
}

/** Resolves with the head of the answer. Rejects with the connection's error, or the signal's reason. */
export async function requestLarge(request: LargeRequest): Promise<LargeAnswer> {
  const reader = new AnswerReader(request);
  try {
    const head = await reader.head();
    return { head, parts: reader.parts() };
  } catch (error) {
    reader.close();
    throw error;
  }
}

class AnswerReader {
  readonly #socket: Socket;
  readonly #method: string;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  /** What the last read brought and nobody took; the socket is paused while there is any. */
  #unread: Buffer | undefined;
  #failure: Error | undefined;
  #hasEnded = false;
  #wake = (): void => undefined;
  #leftover: Buffer = Buffer.alloc(0);
  #decoder: BodyDecoder | undefined;

  constructor({ connection, method, path, headers, body, signal, timeoutMs = 0 }: LargeRequest) {
    this.#method = method;
    const onread: OnReadOpts = { buffer: this.#buffer, callback: (bytesRead) => this.#take(bytesRead) };
    const socket = connect({ ...connection, onread } as NetConnectOpts);
    this.#socket = socket;
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`the other side sent nothing for ${timeoutMs} ms`)));
    socket.once('error', (error) => this.#end(error));
    socket.once('end', () => this.#end());
    socket.once('close', () => this.#end());
    const onAbort = (): void => void socket.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', onAbort));
    socket.write(headText(method, path, headers), 'latin1');
    if (body === undefined) return;
    if (body instanceof Uint8Array) socket.write(body);
    else body.once('error', (error) => socket.destroy(error)).pipe(socket, { end: false });
  }

  async head(): Promise<AnswerHead> {
    for (let text: Buffer = Buffer.alloc(0); ; ) {
      const read = await this.#read();
      if (read === undefined) throw this.#failure ?? new Error('the connection was closed before the answer');
      text = Buffer.concat([text, read]);
      for (let head = AnswerHead.read(text); head !== undefined; head = AnswerHead.read(text)) {
        text = text.subarray(head.byteLength);
        if (head.isInterim) continue;
        this.#leftover = text;
        this.#decoder = new BodyDecoder(head, this.#method);
        return head;
      }
    }
  }

  async *parts(): AsyncGenerator<Buffer, void> {
    const decoder = this.#decoder as BodyDecoder;
    try {
      for (let bytes: Buffer | undefined = this.#leftover; ; bytes = await this.#read()) {
        if (bytes === undefined) {
          if (decoder.endsWithConnection && this.#failure === undefined) return;
          throw this.#failure ?? new Error('the connection was closed before the end of the answer');
        }
        const part = decoder.decode(bytes);
        if (part.length > 0) yield part;
        if (decoder.isAtEnd) return;
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The next bytes, in the one buffer; undefined at the end of the connection. */
  async #read(): Promise<Buffer | undefined> {
    if (this.#unread === undefined && !this.#hasEnded) {
      this.#socket.resume();
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const bytes = this.#unread;
    this.#unread = undefined;
    return bytes;
  }

  #take(bytesRead: number): boolean {
    this.#unread = this.#buffer.subarray(0, bytesRead);
    this.#wake();
    return false;
  }

  #end(error?: Error): void {
    this.#hasEnded = true;
    this.#failure ??= error;
    this.#wake();
  }
}

function headText(method: string, path: string, headers: readonly string[]): string {
  let text = `${method} ${path} HTTP/1.1\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${text}Connection: close\r\n\r\n`;
}
