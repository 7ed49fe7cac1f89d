/** One TCP or TLS connection of syslog: pieces to frames to the batcher, and nothing is read while that has no room. */
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import type { StreamBatcher } from '#receivers/stream-batcher.ts';
import type { ConnectionHandler, TcpConnection } from '#receivers/tcp-listener.ts';
import { SyslogFrames } from './frames.ts';

export interface SyslogConnectionOptions {
  readonly batcher: StreamBatcher;
  readonly maxMessageBytes: number;
  readonly count: (event: string, amount: number) => void;
}

export class SyslogConnection implements ConnectionHandler {
  readonly #connection: TcpConnection;
  readonly #options: SyslogConnectionOptions;
  readonly #buffer = new ReceiveBuffer();
  readonly #frames: SyslogFrames;

  constructor(connection: TcpConnection, options: SyslogConnectionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#frames = new SyslogFrames(options.maxMessageBytes);
  }

  data(piece: Buffer): void | Promise<void> {
    this.#buffer.append(piece);
    while (this.#frames.next(this.#buffer)) {
      if (!this.#add()) return this.#waitAndGoOn();
    }
    this.#read();
  }

  /** A message without its end is a message all the same. */
  async end(): Promise<void> {
    if (!this.#frames.rest(this.#buffer)) return;
    while (!this.#add()) await this.#options.batcher.whenRoom();
  }

  async #waitAndGoOn(): Promise<void> {
    do while (!this.#add()) await this.#options.batcher.whenRoom();
    while (this.#frames.next(this.#buffer));
    this.#read();
  }

  #add(): boolean {
    const { bytes, start, end } = this.#frames;
    return this.#options.batcher.add(bytes, start, end, this.#connection.remoteAddress);
  }

  /** All whole messages of the piece are taken. */
  #read(): void {
    const { splitCount, lostCount } = this.#frames;
    this.#connection.hold(this.#buffer.length);
    if (splitCount > 0) this.#options.count('messages_split', splitCount);
    if (lostCount > 0) this.#options.count('framing_lost', lostCount);
    this.#frames.splitCount = 0;
    this.#frames.lostCount = 0;
  }
}
