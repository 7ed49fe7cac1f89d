/** The client library of Millrace: batches log lines and sends them to `POST /v1/ingest`. */

/** Any spelling the server knows: `INFO`, `warn`, `notice`, pino's 10 … 60, OpenTelemetry's 1 … 24. */
export type Level = string | number;

/** What a batch says about all its lines; a line's own fields come first. */
export interface Source {
  service?: string;
  host?: string;
  environment?: string;
  region?: string;
  /** Everything else becomes an entry of each line's `resource`. */
  [name: string]: unknown;
}

export interface ClientOptions {
  /** Where Millrace listens, such as `http://127.0.0.1:4880`. */
  url: string | URL;
  /** Sent as `Authorization: Bearer …`. */
  apiKey?: string;
  /** Sent as `X-Tenant-ID`. */
  tenant?: string;
  service?: string;
  /** Default: the machine's name. */
  host?: string;
  environment?: string;
  region?: string;
  /** Further members of the batches' `source`. */
  source?: Source;

  /** Lines of a batch (default 1000). */
  maxBatchLines?: number;
  /** Bytes of a batch before compression (default 1 MiB). */
  maxBatchBytes?: number;
  /** How long a line waits for its batch to fill (default 1000 ms). */
  flushIntervalMs?: number;
  /** Memory for lines that wait or are under way (default 32 MiB); over it, the least important lines are dropped. */
  maxBufferBytes?: number;
  /** Batches under way at once (default 2). */
  concurrency?: number;
  /** Default `auto`: zstd where this Node has it (22.15, 23.8 and later), else gzip. */
  compression?: 'auto' | 'zstd' | 'gzip' | 'none';

  /** After this a request counts as lost and is sent again (default 30 s). */
  requestTimeoutMs?: number;
  /** First bound of the random wait before a resend; doubles with every try (default 250 ms). */
  minRetryDelayMs?: number;
  /** Last bound of the wait (default 30 s). */
  maxRetryDelayMs?: number;
  /** Longest `Retry-After` that is believed (default 5 min). */
  maxRetryAfterMs?: number;

  /** How long `flush()` and `close()` wait (default 10 s). */
  flushTimeoutMs?: number;
  /** Sends what is left when the event loop runs empty, for at most `flushTimeoutMs` (default true). */
  flushOnExit?: boolean;
  /** Signals at which what is left is sent before the process ends (default none). */
  flushOnSignals?: readonly NodeJS.Signals[];

  /** Told about everything that is not delivered. Default: a process warning, at most one a minute of each kind. */
  onError?: (problem: Problem) => void;

  /** For TLS settings or a proxy: an `Agent` of node:http or node:https in place of the client's own. */
  agent?: import('node:http').Agent;
  /** In place of node:http, for other runtimes and tests. */
  fetch?: FetchLike;
  /** Time, for tests. */
  clock?: Clock;
  /** 0 ≤ n < 1, for tests. */
  random?: () => number;
}

/**
 * - `refused`: the server refused a batch for good; its lines are counted as failed
 * - `rejected`: the server took a batch but for some lines, counted as failed
 * - `delayed`: a batch could not be delivered and is tried again; told once per outage
 * - `dropped`: the buffer is full, or a line is larger than it, or the client is closed; told once until a batch succeeds
 * - `abandoned`: `close()` ran out of time; the lines are counted as dropped
 */
export interface Problem {
  kind: 'refused' | 'rejected' | 'delayed' | 'dropped' | 'abandoned';
  message: string;
  /** Lines concerned. */
  lines: number;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** The server's error code, or the code of a network error. */
  code?: string;
  /** `details` or `errors` of the server's answer. */
  details?: unknown;
}

/** Counts of lines since the start: logged = sent + failed + dropped + buffered. */
export interface ClientStats {
  /** Given to the client, and its own lines about drops. */
  logged: number;
  /** Acknowledged by the server. */
  sent: number;
  /** Refused by the server. */
  failed: number;
  /** Not sent: the buffer was full, or time ran out at the end. */
  dropped: number;
  /** Waiting, or under way. */
  buffered: number;
  /** What they take. */
  bufferedBytes: number;
  /** Requests that were sent again. */
  retries: number;
  /** The server's latest word on its load. */
  lagHint: 'normal' | 'elevated' | 'critical';
}

/** None of these methods ever throws or rejects. */
export interface Client {
  /** Adds a line. An Error as message or among the fields is sent with type, message and stack. */
  log(level: Level, message: unknown, fields?: Readonly<Record<string, unknown>>): void;
  /** Adds a record in any shape that the server takes; the time is added where it has none. */
  send(record: Readonly<Record<string, unknown>>): void;
  /** Adds a record that is JSON already, as it is. `level` only says how important it is; else it is found in the text. */
  sendLine(json: string, level?: Level): void;
  /** Sends everything added so far. True once all of it is settled, false when time is up. */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Flushes and ends. Lines left when time is up are counted as dropped, and the answer is false. */
  close(timeoutMs?: number): Promise<boolean>;
  readonly stats: ClientStats;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, ms: number): TimerHandle;
  clearTimeout(timer: TimerHandle): void;
}

/** A timer that may be told not to keep the process alive. */
export interface TimerHandle {
  unref?(): unknown;
}

export interface FetchRequest {
  method: 'POST';
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** The part of `fetch` that the client uses. */
export type FetchLike = (url: string, request: FetchRequest) => Promise<FetchResponse>;

/** Throws a TypeError where an option is wrong. */
export function createClient(options: ClientOptions): Client;
