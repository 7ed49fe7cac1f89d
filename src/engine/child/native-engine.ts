/**
 * The native binding of chDB, below the package's own JavaScript: its raw insert takes any format there, where the
 * package's own layer lets text formats pass only. Loaded once; one data path per process is a rule of the engine.
 *
 * A session runs one query at a time; all calls but `StreamQuery` and `StreamCancel` run on libuv's pool. Parameters
 * are kept per session in chDB 26.7 (proved by the parallel test of `engine-session.test.ts`).
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

declare const handleBrand: unique symbol;
export type ConnectionHandle = { readonly [handleBrand]: 'connection' };
export type StreamHandle = { readonly [handleBrand]: 'stream' };

/** Values in ClickHouse's escaped text form, as the HTTP interface takes them in `param_…`. */
export type QueryParameters = Readonly<Record<string, string>>;

export interface BufferedAnswer {
  readonly bytes: Buffer;
  /** Seconds. */
  readonly elapsed: number;
  /** Rows of the answer, not those scanned. */
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export interface InsertAnswer {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

export interface StreamPart {
  readonly bytes: Buffer;
  readonly numRows: number;
  readonly done: boolean;
}

export interface NativeEngine {
  CreateConnection(path: string, connectionArguments: readonly string[]): ConnectionHandle;
  CloseConnection(connection: ConnectionHandle): void;
  QueryAsyncConnection(connection: ConnectionHandle, sql: string, format: string, parameters?: QueryParameters): Promise<BufferedAnswer>;
  /** Runs `prefix`, a line break and the payload as one statement; the payload may hold any bytes and must not change meanwhile. */
  InsertRawAsyncConnection(connection: ConnectionHandle, prefix: string, payload: Buffer, countLines: boolean): Promise<InsertAnswer>;
  /** Analyses the query on the calling thread, then runs in the background. */
  StreamQuery(connection: ConnectionHandle, sql: string, format: string, parameters?: QueryParameters): StreamHandle;
  StreamFetch(stream: StreamHandle): Promise<StreamPart>;
  StreamCancel(stream: StreamHandle): void;
}

/** Loads the prebuilt library of this platform; throws chDB's own explanation where there is none. */
export function loadNativeEngine(): NativeEngine {
  const require = createRequire(import.meta.url);
  const packageDirectory = dirname(require.resolve('chdb/package.json'));
  return require(join(packageDirectory, 'dist', 'loader.js')).loadNative() as NativeEngine;
}
