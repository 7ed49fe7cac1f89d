/** A subscriber of the live tail over WebSocket: counts lines, and tells at once when a line with a wanted text comes. */
import { WebSocket } from 'ws';

export interface TailCounts {
  frames: number;
  bytes: number;
  lines: number;
  dropped: number;
}

export interface TailOptions {
  readonly port: number;
  readonly query: string;
  /** Reads the frames; without it they are only counted, so that many subscribers cost the bench little. */
  readonly onLine?: (line: { readonly trace_id?: string }, receivedMs: number) => void;
}

const openTimeoutMs = 10_000;

export class TailClient {
  readonly counts: TailCounts = { frames: 0, bytes: 0, lines: 0, dropped: 0 };
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Resolves when the subscription stands. */
  static open({ port, query, onLine }: TailOptions): Promise<TailClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/logs/tail?query=${encodeURIComponent(query)}`, {
      perMessageDeflate: false,
      handshakeTimeout: openTimeoutMs,
    });
    const client = new TailClient(socket);
    socket.on('message', (data: Buffer) => client.#onFrame(data, onLine));
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  close(): void {
    this.#socket.on('error', () => {});
    this.#socket.terminate();
  }

  #onFrame(data: Buffer, onLine: TailOptions['onLine']): void {
    const receivedMs = performance.now();
    this.counts.frames++;
    this.counts.bytes += data.length;
    if (onLine === undefined) return;
    const { logs = [], dropped = 0 } = JSON.parse(data.toString()) as { logs?: { trace_id?: string }[]; dropped?: number };
    this.counts.lines += logs.length;
    this.counts.dropped += dropped;
    for (const line of logs) onLine(line, receivedMs);
  }
}
