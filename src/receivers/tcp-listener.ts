/**
 * A TCP or TLS server for receivers that speak a protocol of their own (syslog, GELF, Forward, Beats).
 *
 * Invariants: a handler is given a connection's pieces one after the other, and while its promise is pending nothing more
 * is read from that sender; what connections say they hold is within the worker's byte budget, or the one that goes beyond
 * it is closed; whatever is turned away is counted. `stop` takes no new connections and lets each handler finish.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { toAppError } from '#base/errors.ts';
import type { ByteReservation } from './byte-budget.ts';
import type { ListenerBind, ReceiverContext, ReceiverListener, RunningListener } from './receiver.ts';
import type { SenderNetworks } from './sender-networks.ts';
import { plainAddress } from './sender-networks.ts';
import { openTlsFiles, wantsTls } from './tls-files.ts';
import type { TlsFiles, TlsSettings } from './tls-files.ts';

/** A connection as the protocol's handler sees it. */
export interface TcpConnection {
  readonly remoteAddress: string;
  /** Common name of the certificate that the client showed and an authority of `client_ca` signed; undefined without. */
  readonly clientName: string | undefined;
  write(bytes: Uint8Array | string): void;
  /** Reads nothing more, calls the handler's `end`, and closes after what was written is sent. */
  close(): void;
  /**
   * Says how many bytes the handler holds of this connection: incomplete frames, records not yet durable.
   * @throws AppError gateway_overloaded where the worker's budget does not allow it; thrown on, it closes the connection
   */
  hold(bytes: number): void;
}

/** The protocol's side of one connection. */
export interface ConnectionHandler {
  /** Takes a piece, which is the handler's own; nothing more is read until the promise resolves. Throwing closes the connection. */
  data(piece: Buffer): void | Promise<void>;
  /** Once, when nothing more will come: the sender ended, the connection broke, or the server stops. Not after it threw. */
  end(): void | Promise<void>;
}

export interface TcpListenerOptions {
  /** As status and metrics name it: `syslog-tcp`. */
  readonly name: string;
  /** Name of the receiver, for counts: `syslog`. */
  readonly receiver: string;
  readonly host: string;
  readonly port: number;
  /** Full path of the port's setting. */
  readonly setting: string;
  readonly context: ReceiverContext;
  readonly maxConnections: number;
  /** 0 never closes a silent connection. */
  readonly idleTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Undefined lets everyone in: the protocol itself asks for a key. */
  readonly networks: SenderNetworks | undefined;
  readonly tls?: TlsSettings;
  /** Full path of the TLS settings. */
  readonly tlsSetting?: string;
  /**
   * On stop: `read` ends our side and goes on reading until the sender has closed too, for protocols without
   * acknowledgement, where what is on the way would be lost; `finish` reads nothing more, since the sender will repeat it.
   */
  readonly onStop: 'read' | 'finish';
  readonly connect: (connection: TcpConnection) => ConnectionHandler;
}

export function createTcpListener(options: TcpListenerOptions): ReceiverListener {
  const { name, host, port, setting } = options;
  return { name, host, port, setting, transport: 'tcp', start: (bind) => startTcp(options, bind) };
}

/** Longest handshake; a client that is no TLS client at all says nothing and would hold its place. */
const handshakeTimeoutMs = 10_000;
/** Finds senders that vanished without a word, where connections may be silent for ever. */
const keepAliveDelayMs = 60_000;
/** How long a sender has to close its side after we closed ours. */
const lingerMs = 1000;

async function startTcp(options: TcpListenerOptions, bind: ListenerBind): Promise<RunningListener> {
  const { context, tls, tlsSetting, setting } = options;
  const { clock, logger } = context;
  const files =
    tls !== undefined && wantsTls(tls) ? await openTlsFiles({ settings: tls, setting: tlsSetting ?? setting, clock, logger }) : undefined;
  const connections = new OpenConnections(options);
  const server = createNetServer(options, files, connections);
  try {
    await listen(server, bind);
  } catch (error) {
    files?.close();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      files?.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await connections.finish();
      await closed;
    },
  };
}

function createNetServer(options: TcpListenerOptions, files: TlsFiles | undefined, connections: OpenConnections): Server {
  const { networks, receiver, maxConnections, context } = options;
  const admit = (socket: Socket): boolean => {
    if (networks === undefined || networks.allows(socket.remoteAddress ?? '')) return true;
    context.count(receiver, 'connections_not_allowed');
    context.logger.warn({ receiver, address: socket.remoteAddress }, 'a connection from an address outside allowed_networks was refused');
    socket.destroy();
    return false;
  };
  // half open, so that what a sender wrote before it closed its side is still read and answered
  const socketOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs };
  let server: Server;
  if (files === undefined) {
    server = createServer(socketOptions, (socket) => {
      if (admit(socket)) connections.open(socket, undefined);
    });
  } else {
    const tlsServer = createTlsServer({ ...socketOptions, ...files.serverOptions, handshakeTimeout: handshakeTimeoutMs });
    tlsServer.on('connection', (socket: Socket) => {
      if (admit(socket)) connections.track(socket);
    });
    tlsServer.on('secureConnection', (socket) => connections.open(socket, clientName(socket)));
    tlsServer.on('tlsClientError', () => context.count(receiver, 'tls_failed'));
    files.watch(tlsServer);
    server = tlsServer;
  }
  server.maxConnections = maxConnections;
  server.on('drop', () => context.count(receiver, 'connections_dropped'));
  return server;
}

function clientName(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const name = socket.getPeerCertificate().subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? name[0] : name;
}

function listen(server: Server, { host, port, reusePort }: ListenerBind): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** All connections of one listener. */
class OpenConnections {
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
