/** Kind of error → HTTP status: the one table, used by the gateway and by the API alike. */
import type { AppError, ErrorKind } from './errors.ts';

export const httpStatusOfKind: Readonly<Record<ErrorKind, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  client_timeout: 408,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  headers_too_large: 431,
  range_not_satisfiable: 416,
  /** The client has gone, so nobody reads it; nginx's number, seen in metrics only. */
  cancelled: 499,
  internal: 500,
  unavailable: 503,
  timeout: 504,
};

/** The error as every JSON endpoint answers it: status, headers and body text. Internal causes are not told. */
export function httpAnswerOfError(error: AppError): {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly body: string;
} {
  const message = error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
  return {
    status: httpStatusOfKind[error.kind],
    retryAfterSeconds: error.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfterMs / 1000)),
    body: JSON.stringify({ error: { code: error.code, message, details: error.details } }),
  };
}
