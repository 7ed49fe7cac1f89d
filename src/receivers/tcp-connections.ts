/** The connections of one TCP listener, each between its socket and the protocol's handler; the rules are in tcp-listener.ts. */
import type { Socket } from 'node:net';
import { toAppError } from '#base/errors.ts';
import type { ByteReservation } from './byte-budget.ts';
import { plainAddress } from './sender-networks.ts';
import type { ConnectionHandler, TcpConnection, TcpListenerOptions } from './tcp-listener.ts';

/** How long a sender has to close its side after we closed ours. */
const lingerMs = 1000;

/** All connections of one listener. */
export class OpenConnections {
  readonly #options: TcpListenerOptions;
  readonly #open = new Set<OpenConnection>();
  /** Also those that have not finished their handshake. */
  readonly #sockets = new Set<Socket>();

  constructor(options: TcpListenerOptions) {
    this.#options = options;
  }

  track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  open(socket: Socket, name: string | undefined): void {
    this.#options.context.count(this.#options.receiver, 'connections');
    this.track(socket);
    const connection = new OpenConnection(socket, name, this.#options);
    this.#open.add(connection);
    void connection.closed.then(() => this.#open.delete(connection));
  }

  /** Lets all finish; what is not done after `stopTimeoutMs` is cut off. */
  async finish(): Promise<void> {
    const { context, stopTimeoutMs } = this.#options;
    const done = Promise.all([...this.#open].map((connection) => connection.stop()));
    const timedOut = new AbortController();
    await Promise.race([done, context.clock.sleep(stopTimeoutMs, timedOut.signal)]);
    timedOut.abort();
    for (const socket of this.#sockets) socket.destroy();
  }
}

class OpenConnection implements TcpConnection {
  readonly remoteAddress: string;
  readonly clientName: string | undefined;
  /** Resolves when the socket is closed and the handler has finished. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: TcpListenerOptions;
  readonly #reservation: ByteReservation;
  readonly #handler: ConnectionHandler;
  /** What the handler is busy with; never rejects. */
  #work: Promise<void> = Promise.resolve();
  #isBusy = false;
  #hasEnded = false;

  constructor(socket: Socket, name: string | undefined, options: TcpListenerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.clientName = name;
    this.#reservation = options.context.budget.reserve();
    this.#handler = options.connect(this);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on('data', (piece) => this.#run(() => this.#handler.data(piece)));
    socket.on('end', () => this.close());
    socket.on('error', () => options.context.count(options.receiver, 'connections_broken'));
    socket.once('close', () => {
      this.close();
      void this.#work.then(() => {
        this.#reservation.release();
        resolve();
      });
    });
    if (options.idleTimeoutMs > 0) socket.setTimeout(options.idleTimeoutMs, () => this.#idle());
  }

  write(bytes: Uint8Array | string): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  hold(bytes: number): void {
    this.#reservation.resize(bytes);
  }

  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#socket.removeAllListeners('data').pause();
    this.#run(() => this.#handler.end());
    void this.#work.then(() => this.#hangUp());
  }

  /** The server stops. */
  stop(): Promise<void> {
    if (this.#options.onStop === 'finish') this.close();
    else if (this.#socket.writable) this.#socket.end();
    return this.closed;
  }

  /** Gives the handler something to do after what it does now; only `end` can come while it is busy. */
  #run(step: () => void | Promise<void>): void {
    this.#work = this.#isBusy ? this.#work.then(() => this.#settle(step)) : (this.#settle(step) ?? this.#work);
  }

  /** Runs the step, and reads nothing until it is done and answered; undefined where it is done already. Never rejects. */
  #settle(step: () => void | Promise<void>): Promise<void> | undefined {
    let pending: void | Promise<void>;
    try {
      pending = step();
    } catch (thrown) {
      this.#fail(thrown);
      return undefined;
    }
    if (pending === undefined && !this.#socket.writableNeedDrain) return undefined;
    this.#isBusy = true;
    this.#socket.pause();
    return Promise.resolve(pending)
      .then(() => this.#answered())
      .catch((thrown: unknown) => this.#fail(thrown))
      .then(() => {
        this.#isBusy = false;
        if (!this.#hasEnded) this.#socket.resume();
      });
  }

  /** Waits for a sender that does not read our answers, lest they pile up here. */
  #answered(): Promise<void> | undefined {
    const socket = this.#socket;
    if (!socket.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /**
   * Closes our side, and passes over what the sender still sends until it closes too: closing with bytes unread would
   * reset the connection, and the sender might lose our last answer.
   */
  #hangUp(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    const closed = new AbortController();
    socket.once('close', () => closed.abort());
    void this.#options.context.clock.sleep(lingerMs, closed.signal).then(() => socket.destroy());
  }

  #fail(thrown: unknown): void {
    const { context, receiver, name } = this.#options;
    const error = toAppError(thrown);
    context.count(receiver, error.code === 'internal' ? 'connections_failed' : error.code);
    const fields = { listener: name, address: this.remoteAddress, reason: error.message };
    if (error.code === 'internal') context.logger.error({ ...fields, error: (thrown as Error).stack }, 'a connection failed');
    else context.logger.warn(fields, 'a connection was closed');
    this.#hasEnded = true;
    this.#socket.destroy();
  }

  #idle(): void {
    if (this.#isBusy) {
      // it is we who do not read
      this.#socket.setTimeout(this.#options.idleTimeoutMs);
      return;
    }
    this.#options.context.count(this.#options.receiver, 'connections_idle');
    this.close();
  }
}
