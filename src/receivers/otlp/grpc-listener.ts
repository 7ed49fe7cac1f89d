/** OTLP over gRPC: an HTTP/2 server of its own, in plain text or with TLS, whose streams are calls. */
import { createSecureServer, createServer } from 'node:http2';
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { listenOn } from '#receivers/listen-on.ts';
import type { ListenerBind, ReceiverContext, ReceiverListener, RunningListener } from '#receivers/receiver.ts';
import { openTlsFiles, wantsTls } from '#receivers/tls-files.ts';
import type { TlsFiles } from '#receivers/tls-files.ts';
import type { OtlpConfig } from './config.ts';
import { GrpcCalls } from './grpc-calls.ts';
import type { LogsExport } from './logs-export.ts';

type GrpcConfig = OtlpConfig['grpc'];

/** What a caller may send ahead of our reading: a batch arrives without waiting for us after each 64 KiB. */
const windowBytes = 1024 * 1024;
/** Finds callers that vanished without a word: connections may be silent for ever. */
const keepAliveDelayMs = 60_000;

export function grpcListener(context: ReceiverContext, logs: LogsExport, config: GrpcConfig): ReceiverListener {
  const { host, port } = config;
  return {
    name: 'otlp-grpc',
    host,
    port,
    setting: 'receivers.otlp.grpc.port',
    transport: 'tcp',
    start: (bind) => startGrpc(context, logs, config, bind),
  };
}

async function startGrpc(context: ReceiverContext, logs: LogsExport, config: GrpcConfig, bind: ListenerBind): Promise<RunningListener> {
  const { clock, logger } = context;
  const files = wantsTls(config.tls)
    ? await openTlsFiles({ settings: config.tls, setting: 'receivers.otlp.grpc.tls', clock, logger })
    : undefined;
  const server = createHttp2Server(config, files);
  const sessions = openSessions(server, context);
  const calls = new GrpcCalls({ context, logs, requestTimeoutMs: config.request_timeout });
  server.on('stream', (stream, headers) => void calls.answer(stream, headers));
  server.maxConnections = config.max_connections;
  server.on('drop', () => context.count('otlp', 'connections_dropped'));
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
      const timedOut = new AbortController();
      // tells callers to go elsewhere with their next call, and lets those that are open end
      for (const session of sessions) session.close();
      await Promise.race([closed, clock.sleep(config.stop_timeout, timedOut.signal)]);
      timedOut.abort();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function createHttp2Server({ max_streams }: GrpcConfig, files: TlsFiles | undefined): Http2Server | Http2SecureServer {
  const settings = { maxConcurrentStreams: max_streams, initialWindowSize: windowBytes };
  if (files === undefined) return createServer({ settings });
  const server = createSecureServer({ settings, ...files.serverOptions });
  files.watch(server);
  return server;
}

/** The sessions that are open. A session's own errors (a broken connection, a violation of HTTP/2) end it, and are counted. */
function openSessions(server: Http2Server | Http2SecureServer, context: ReceiverContext): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('connection', (socket: Socket) => socket.setKeepAlive(true, keepAliveDelayMs));
  server.on('session', (session: ServerHttp2Session) => {
    context.count('otlp', 'connections');
    sessions.add(session);
    session.setLocalWindowSize(windowBytes);
    session.once('close', () => sessions.delete(session));
  });
  server.on('sessionError', () => context.count('otlp', 'connections_broken'));
  server.on('tlsClientError', () => context.count('otlp', 'tls_failed'));
  return sessions;
}
