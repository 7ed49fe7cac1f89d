/** A connection of a protocol without acknowledgement: pieces to frames to the batcher; nothing is read while that has no room. */
import type { Frames } from './frames.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { StreamBatcher } from './stream-batcher.ts';
import type { ConnectionHandler, TcpConnection } from './tcp-listener.ts';

export class FramedConnection implements ConnectionHandler {
  readonly #connection: TcpConnection;
  readonly #frames: Frames;
  readonly #batcher: StreamBatcher;
  readonly #count: (event: string, amount: number) => void;
  readonly #buffer = new ReceiveBuffer();

  constructor(connection: TcpConnection, frames: Frames, batcher: StreamBatcher, count: (event: string, amount: number) => void) {
    this.#connection = connection;
    this.#frames = frames;
    this.#batcher = batcher;
    this.#count = count;
  }

  data(piece: Buffer): void | Promise<void> {
    this.#buffer.append(piece);
    while (this.#frames.next(this.#buffer)) {
      if (!this.#add()) return this.#waitAndGoOn();
    }
    this.#afterPiece();
  }

  /** A message without its end is a message all the same. */
  async end(): Promise<void> {
    if (!this.#frames.rest(this.#buffer)) return;
    while (!this.#add()) await this.#batcher.whenRoom();
  }

  async #waitAndGoOn(): Promise<void> {
    do while (!this.#add()) await this.#batcher.whenRoom();
    while (this.#frames.next(this.#buffer));
    this.#afterPiece();
  }

  #add(): boolean {
    const { bytes, start, end } = this.#frames;
    return this.#batcher.add(bytes, start, end, this.#connection.remoteAddress);
  }

  #afterPiece(): void {
    this.#connection.hold(this.#buffer.length);
    for (const [event, amount] of this.#frames.takeEvents()) this.#count(event, amount);
  }
}
