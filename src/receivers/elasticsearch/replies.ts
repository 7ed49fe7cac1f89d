/** Answers as Elasticsearch gives them: its header on each, its media type where asked for, its shape of errors. */
import type { AppError } from '#base/errors.ts';
import type { ReceiverReply, ReceiverRequest } from '#receivers/http-receiver.ts';

/** Clients of version 7.14 and later refuse any answer without it. */
const productHeader = { 'x-elastic-product': 'Elasticsearch' } as const;

/** The media type of versioned clients, which want it back: `application/vnd.elasticsearch+json; compatible-with=9`. */
const versionedType = /application\/vnd\.elasticsearch\+(?:json|x-ndjson)\s*;\s*compatible-with=(\d{1,2})/;

/** An answer; `body` is JSON, or what it is the JSON of. */
export function elasticReply(request: ReceiverRequest, status: number, body: unknown): ReceiverReply {
  const version = versionedType.exec(request.headers.accept ?? '')?.[1];
  const type = version === undefined ? 'application/json' : `application/vnd.elasticsearch+json;compatible-with=${version}`;
  return {
    status,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { ...productHeader, 'content-type': type },
  };
}

/** A table of `_cat`. */
export function plainReply(status: number, body: string): ReceiverReply {
  return { status, body, headers: { ...productHeader, 'content-type': 'text/plain; charset=UTF-8' } };
}

/** The body of an error. */
export function errorBody(type: string, reason: string, status: number): object {
  const cause = { type, reason };
  return { error: { root_cause: [cause], ...cause }, status };
}

export function renderElasticError(error: AppError, status: number, request: ReceiverRequest): ReceiverReply {
  // Elasticsearch's own number for a content type that it does not take
  const told = error.code === 'unsupported_content_type' ? 406 : status;
  const reason = error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
  const setting = error.details['setting'];
  const named = typeof setting === 'string' && !reason.includes(setting) ? `${reason} (setting ${setting})` : reason;
  const reply = elasticReply(request, told, errorBody(exceptionOf(error), named, told));
  return isOmelasticsearch(request) && mayTakeItLater(told) ? { ...reply, isWithheld: true } : reply;
}

/**
 * rsyslog's omelasticsearch looks at no status: a JSON answer without items, or none, ends a batch as delivered, and its
 * lines are lost. It sends again only where the connection breaks. It is the one sender without a user agent.
 */
const isOmelasticsearch = ({ headers, path }: ReceiverRequest): boolean => headers['user-agent'] === undefined && path.endsWith('/_bulk');

const mayTakeItLater = (status: number): boolean => status === 429 || status >= 500;

/** Elasticsearch's name of what went wrong with a whole request. */
function exceptionOf(error: AppError): string {
  switch (error.kind) {
    case 'too_many_requests':
      return 'es_rejected_execution_exception';
    case 'unavailable':
      return 'cluster_block_exception';
    case 'unauthenticated':
    case 'forbidden':
      return 'security_exception';
    case 'unsupported_media_type':
      return 'media_type_header_exception';
    case 'too_large':
      return 'content_too_long_exception';
    case 'not_found':
      return 'resource_not_found_exception';
    case 'internal':
      return 'exception';
    default:
      return error.code === 'malformed_body' ? 'parse_exception' : 'illegal_argument_exception';
  }
}
