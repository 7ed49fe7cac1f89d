/**
 * A TCP or TLS server for receivers that speak a protocol of their own (syslog, GELF, Forward, Beats).
 *
 * Invariants: a handler is given a connection's pieces one after the other, and while its promise is pending nothing more
 * is read from that sender; what connections say they hold is within the worker's byte budget, or the one that goes beyond
 * it is closed; whatever is turned away is counted. `stop` takes no new connections and lets each handler finish.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { listenOn } from './listen-on.ts';
import type { ListenerBind, ReceiverContext, ReceiverListener, RunningListener } from './receiver.ts';
import type { SenderNetworks } from './sender-networks.ts';
import { OpenConnections } from './tcp-connections.ts';
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

async function startTcp(options: TcpListenerOptions, bind: ListenerBind): Promise<RunningListener> {
  const { context, tls, tlsSetting, setting } = options;
  const { clock, logger } = context;
  const files =
    tls !== undefined && wantsTls(tls) ? await openTlsFiles({ settings: tls, setting: tlsSetting ?? setting, clock, logger }) : undefined;
  const connections = new OpenConnections(options);
  const server = createNetServer(options, files, connections);
  let port: number;
  try {
    port = await listenOn(server, bind);
  } catch (error) {
    files?.close();
    throw error;
  }
  return {
    port,
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
