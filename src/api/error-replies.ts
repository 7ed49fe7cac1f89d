/** Whatever goes wrong in a request → the error as clients see it. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { httpAnswerOfError } from '#base/error-status.ts';
import { AppError, toAppError } from '#base/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { ApiConfig } from './config.ts';

export interface ErrorContext {
  readonly logger: Logger;
  readonly config: ApiConfig;
}

/** Answers with the error; a defect is logged with its stack. */
export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, context: ErrorContext): void {
  const { status, body } = prepareError(thrown, request, reply, context);
  void reply.code(status).type('application/json; charset=utf-8').send(body);
}

/** The error with its status and body, its headers set and a defect logged: for answers of any shape. */
export function prepareError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  context: ErrorContext,
): { readonly error: AppError; readonly status: number; readonly body: string } {
  const error = ofFastify(thrown, context.config) ?? toAppError(thrown);
  if (error.code === 'internal') {
    const stack = thrown instanceof Error ? thrown.stack : String(thrown);
    context.logger.error({ method: request.method, path: request.url.split('?')[0], error: stack }, 'request failed');
  }
  const { status, retryAfterSeconds, body } = httpAnswerOfError(error);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (error.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer realm="millrace"');
  if (error.kind === 'method_not_allowed') void reply.header('allow', (error.details['allowed'] as readonly string[]).join(', '));
  void reply.header('cache-control', 'no-store');
  return { error, status, body };
}

/** Fastify's own errors by their codes; undefined for others. */
function ofFastify(thrown: unknown, config: ApiConfig): AppError | undefined {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('code' in thrown)) return undefined;
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new AppError('body_too_large', `the body is over the bound of ${config.max_body_bytes} bytes`, {
        details: { setting: 'api.max_body_bytes', max: config.max_body_bytes },
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new AppError('unsupported_content_type', 'this endpoint takes JSON: send the header "Content-Type: application/json"');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new AppError('bad_request', 'the body is not as long as Content-Length says');
    case 'FST_ERR_BAD_URL':
      return new AppError('bad_request', 'the path of the URL is not well-formed');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new AppError('not_found', 'there is nothing at this address');
    default:
      return isClientFault(thrown) ? new AppError('bad_request', thrown.message) : undefined;
  }
}

/** Fastify marks what the client did wrong by its status. */
function isClientFault(thrown: Error): boolean {
  return 'statusCode' in thrown && typeof thrown.statusCode === 'number' && thrown.statusCode >= 400 && thrown.statusCode < 500;
}
