/** The official ClickHouse client over the embedded engine's unix socket: its tests prove that the engine speaks ClickHouse's own interface. */
import { Agent } from 'node:http';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { SessionClass } from './engine-config.ts';

export type { ClickHouseClient } from '@clickhouse/client';

export interface EngineClientOptions {
  readonly socketPath: string;
  /** Pool of sessions that its queries run on; one request may say otherwise with `engineClassHeaders`. */
  readonly sessionClass?: SessionClass;
  readonly database?: string;
  /** A request without an answer is given up, and its query killed, after this time without a byte. */
  readonly requestTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly settings?: ClickHouseSettings;
}

/** Just under the engine's keep-alive time, so that a socket is never used while the engine closes it. */
const idleSocketMs = 60_000;

/** Headers for one request that shall run in another class than its client's. */
export const engineClassHeaders = (sessionClass: SessionClass): Record<string, string> => ({ 'x-millrace-class': sessionClass });

/**
 * A client over the socket, with keep-alive. Answers are made whole before they are sent (`wait_end_of_query`), which
 * gives true status codes and summaries; a query whose answer is large sets it to 0 and reads a stream. Close it.
 */
export function createEngineClient(options: EngineClientOptions): ClickHouseClient {
  const {
    socketPath,
    sessionClass = 'search',
    database = 'default',
    requestTimeoutMs = 300_000,
    maxConnections = 64,
    settings = {},
  } = options;
  return createClient({
    url: 'http://engine',
    database,
    http_agent: new SocketAgent(socketPath, maxConnections),
    http_headers: engineClassHeaders(sessionClass),
    set_basic_auth_header: false,
    keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs },
    request_timeout: requestTimeoutMs,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: { wait_end_of_query: 1, ...settings },
  });
}

/** Connects every request to one unix socket, whatever its URL says. */
class SocketAgent extends Agent {
  constructor(socketPath: string, maxSockets: number) {
    // Node passes an agent's own options to net.connect, where `socketPath` wins over host and port; its types leave it out.
    super({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets, socketPath } as ConstructorParameters<typeof Agent>[0]);
  }
}
