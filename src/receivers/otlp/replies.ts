/**
 * OTLP's answers (opentelemetry.io/docs/specs/otlp): ExportLogsServiceResponse and google.rpc.Status, in the encoding of the
 * request, and which status code tells a sender to try again. Pure.
 */
import type { AppError, ErrorKind } from '#base/errors.ts';
import { failedCount } from '#ingest/outcomes.ts';
import type { OutcomeCounts } from '#log/durable-log.ts';
import type { RecordError } from '#model/record-errors.ts';
import { ProtobufWriter } from '#receivers/protobuf-writer.ts';

export type Encoding = 'protobuf' | 'json';

export const contentTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** What became of the records of a request. */
export interface ExportResult {
  readonly outcomes: OutcomeCounts;
  /** The first of the records that could not be taken. */
  readonly errors: readonly RecordError[];
}

/** ExportLogsServiceResponse; `partial_success` only where records could not be taken, and then they must not come again. */
export function renderResponse(result: ExportResult, encoding: Encoding): Uint8Array {
  const rejectedLogRecords = failedCount(result.outcomes);
  if (rejectedLogRecords === 0) return encoding === 'json' ? Buffer.from('{}') : new Uint8Array(0);
  const errorMessage = firstError(result.errors);
  if (encoding === 'json') {
    // proto3's JSON has 64-bit numbers as text
    return Buffer.from(JSON.stringify({ partialSuccess: { rejectedLogRecords: String(rejectedLogRecords), errorMessage } }));
  }
  const writer = new ProtobufWriter();
  const partialSuccess = writer.begin(1);
  writer.varint(1, rejectedLogRecords);
  writer.text(2, errorMessage);
  writer.end(partialSuccess);
  return writer.bytes();
}

function firstError(errors: readonly RecordError[]): string {
  const [first] = errors;
  return first === undefined ? 'see the quarantine' : `record ${first.index}: ${first.message} (${first.code}); kept in the quarantine`;
}

/** gRPC's codes that we use (grpc.io/docs/guides/status-codes). */
export const grpcCodes = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface Answer {
  readonly http: number;
  readonly grpc: number;
}

const refused: Answer = { http: 400, grpc: grpcCodes.invalidArgument };
/**
 * Senders try again on 429, 502, 503, 504 and on UNAVAILABLE; they drop what gets any other answer. 503 rather than 429,
 * which the Python SDK took as final until 2025. A defect of ours is no reason to lose lines, hence no 500 either.
 */
const retry: Answer = { http: 503, grpc: grpcCodes.unavailable };

const answers: Readonly<Record<ErrorKind, Answer>> = {
  bad_request: refused,
  not_found: { http: 404, grpc: grpcCodes.unimplemented },
  method_not_allowed: { http: 405, grpc: grpcCodes.unimplemented },
  conflict: refused,
  too_large: { http: 413, grpc: grpcCodes.invalidArgument },
  headers_too_large: { http: 431, grpc: grpcCodes.invalidArgument },
  range_not_satisfiable: { http: 416, grpc: grpcCodes.invalidArgument },
  unsupported_media_type: { http: 415, grpc: grpcCodes.unimplemented },
  unauthenticated: { http: 401, grpc: grpcCodes.unauthenticated },
  forbidden: { http: 403, grpc: grpcCodes.permissionDenied },
  cancelled: { http: 499, grpc: grpcCodes.cancelled },
  too_many_requests: retry,
  unavailable: retry,
  timeout: retry,
  client_timeout: retry,
  internal: retry,
};

export const httpStatusOf = (error: AppError): number => answers[error.kind].http;
export const grpcCodeOf = (error: AppError): number => answers[error.kind].grpc;

export function messageOf(error: AppError): string {
  return error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
}

/** google.rpc.Status of an error, with RetryInfo where it says when to come again. */
export function renderStatus(error: AppError, encoding: Encoding): Uint8Array {
  const code = grpcCodeOf(error);
  const message = messageOf(error);
  const { retryAfterMs } = error;
  if (encoding === 'json') {
    const details = retryAfterMs === undefined ? {} : { details: [{ '@type': retryInfoType, retryDelay: `${retryAfterMs / 1000}s` }] };
    return Buffer.from(JSON.stringify({ code, message, ...details }));
  }
  const writer = new ProtobufWriter();
  writer.varint(1, code);
  writer.text(2, message);
  if (retryAfterMs !== undefined) writeRetryInfo(writer, retryAfterMs);
  return writer.bytes();
}

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo';

/** Status.details: an Any that holds RetryInfo.retry_delay. */
function writeRetryInfo(writer: ProtobufWriter, delayMs: number): void {
  const any = writer.begin(3);
  writer.text(1, retryInfoType);
  const retryInfo = writer.begin(2);
  const delay = writer.begin(1);
  writer.varint(1, Math.floor(delayMs / 1000));
  writer.varint(2, (delayMs % 1000) * 1e6);
  writer.end(delay);
  writer.end(retryInfo);
  writer.end(any);
}
