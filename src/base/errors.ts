/**
 * The one error type of Millrace and the registry of its codes.
 *
 * A code is a stable string that clients may rely on; a retired code is never used again. The kind says how a
 * protocol renders it (HTTP status, gRPC code) and is mapped in exactly one table, `base/error-status.ts`.
 */

export type ErrorKind =
  | 'bad_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'timeout'
  | 'client_timeout'
  | 'headers_too_large'
  | 'range_not_satisfiable'
  | 'unavailable'
  | 'internal'
  | 'cancelled';

interface CodeEntry {
  readonly kind: ErrorKind;
  /** When it happens and what its receiver can do; printed in docs/reference/errors.md. */
  readonly meaning: string;
}

/** Every code that a client can see. */
export const errorCodes = {
  bad_request: { kind: 'bad_request', meaning: 'The request has the wrong shape; the message says where.' },
  malformed_body: { kind: 'bad_request', meaning: 'The body is not what its content type says; nothing of it was taken.' },
  malformed_encoding: { kind: 'bad_request', meaning: 'The body could not be decompressed with its content encoding.' },
  unsupported_encoding: {
    kind: 'unsupported_media_type',
    meaning: 'The content encoding is not one of zstd, gzip, deflate, br, identity.',
  },
  unsupported_content_type: { kind: 'unsupported_media_type', meaning: 'This endpoint does not take this content type.' },
  body_too_large: { kind: 'too_large', meaning: 'The body is over a bound; details name the setting.' },
  too_many_records: {
    kind: 'too_large',
    meaning: 'The batch holds more records than the setting in details allows; send smaller batches.',
  },
  headers_too_large: { kind: 'headers_too_large', meaning: 'The request line and headers are over the setting in details.' },
  request_timeout: { kind: 'client_timeout', meaning: 'The request did not arrive within the setting in details; nothing was taken.' },
  gateway_overloaded: {
    kind: 'too_many_requests',
    meaning: 'Too many bytes of requests are in flight; details name the setting; retry after the given time.',
  },
  api_unavailable: {
    kind: 'unavailable',
    meaning: 'The part of the server that answers this address is starting or not there; ingestion goes on, retry.',
  },
  query_syntax: { kind: 'bad_request', meaning: 'The query cannot be read; details give position, length and what was expected.' },
  query_unsupported: {
    kind: 'bad_request',
    meaning: 'The query is well formed but asks for something that does not exist, such as a range on text.',
  },
  invalid_time_range: { kind: 'bad_request', meaning: 'The time range cannot be read or is turned round.' },
  invalid_cursor: { kind: 'bad_request', meaning: 'The cursor is not one of ours, or belongs to another query.' },
  limit_exceeded: { kind: 'bad_request', meaning: 'A value is over a bound; details name the setting.' },
  unauthenticated: { kind: 'unauthenticated', meaning: 'No API key was given, or it is not known.' },
  forbidden: { kind: 'forbidden', meaning: 'The key may not do this.' },
  conflict: { kind: 'conflict', meaning: 'It cannot be done beside what is being done already; the message says what.' },
  not_found: { kind: 'not_found', meaning: 'There is nothing at this address or with this id.' },
  range_not_satisfiable: { kind: 'range_not_satisfiable', meaning: 'The part of the file that was asked for begins behind its end.' },
  method_not_allowed: { kind: 'method_not_allowed', meaning: 'The address exists, but not with this method.' },
  batch_under_way: {
    kind: 'too_many_requests',
    meaning: 'A batch of the same id is being taken at this moment; retry after the given time to learn what became of it.',
  },
  log_full: { kind: 'too_many_requests', meaning: 'The durable log is at its bound; retry after the given time.' },
  log_unavailable: { kind: 'unavailable', meaning: 'The durable log cannot append now (disk full or failing); nothing was taken, retry.' },
  shutting_down: { kind: 'unavailable', meaning: 'The server is stopping; retry elsewhere or later.' },
  search_unavailable: { kind: 'unavailable', meaning: 'The storage engine is not answering; ingestion and live tail go on.' },
  search_overloaded: { kind: 'too_many_requests', meaning: 'Too many searches run at once; details name the setting.' },
  query_timeout: { kind: 'timeout', meaning: 'The query took longer than the setting in details allows; narrow it.' },
  query_too_expensive: {
    kind: 'bad_request',
    meaning: 'The query needs more memory or rows than the setting in details allows; narrow it.',
  },
  query_quarantined: {
    kind: 'too_many_requests',
    meaning:
      'The query ran into its bound of time or memory repeatedly and rests for a while; details give its fingerprint and until when.',
  },
  alerts_unavailable: {
    kind: 'unavailable',
    meaning: 'The database of alerts is locked, or its disk full or failing; nothing was changed, ingestion and search go on, retry.',
  },
  too_many_tails: { kind: 'too_many_requests', meaning: 'Too many live tails are open; details name the setting.' },
  invalid_configuration: { kind: 'bad_request', meaning: 'A setting has a wrong name or value; the message names it.' },
  data_directory: {
    kind: 'conflict',
    meaning: 'At start: the data directory is in use by another process, was written by a newer version, or cannot be written.',
  },
  cancelled: { kind: 'cancelled', meaning: 'The client went away before the answer was ready.' },
  internal: { kind: 'internal', meaning: 'A defect of Millrace; its own log has the details.' },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorOptions {
  /** Machine-readable facts for the client; a bound names its setting as `details.setting`. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** An error with a stable code. Messages: lower case, no final period, values quoted. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }

  get kind(): ErrorKind {
    return errorCodes[this.code].kind;
  }
}

/** A broken promise between parts of Millrace: crash the role rather than go on with a wrong state. */
export class BugError extends Error {
  constructor(message: string) {
    super(`BUG: ${message}`);
    this.name = 'BugError';
  }
}

/** Throws a BugError unless the condition holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** Makes an AppError of anything that was thrown; what is not one already becomes `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
}
