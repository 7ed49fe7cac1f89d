/** OTLP over HTTP: the encoding by content type, answers and errors in the same encoding. */
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '#base/errors.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { LogsExport } from './logs-export.ts';
import { contentTypes, httpStatusOf, renderResponse, renderStatus } from './replies.ts';
import type { Encoding } from './replies.ts';

const encodingOfType: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
};

export function createOtlpRoutes(logs: LogsExport): ReceiverRoute[] {
  const handle = (request: ReceiverRequest): Promise<ReceiverReply> => exportLogs(logs, request);
  return ['/v1/logs', '/otlp/v1/logs'].map((path) => ({ methods: ['POST'], path, handle, renderError }));
}

async function exportLogs(logs: LogsExport, request: ReceiverRequest): Promise<ReceiverReply> {
  const sender = logs.intake.authenticate(credentialsOf(request.headers));
  const encoding = encodingOf(request.headers);
  if (encoding === undefined) {
    throw new AppError('unsupported_content_type', 'OTLP comes as application/x-protobuf or application/json');
  }
  logs.intake.admit();
  const result = await logs.export(await request.readBody(), encoding, sender, request.remoteAddress);
  return { status: 200, body: renderResponse(result, encoding), headers: { 'content-type': contentTypes[encoding] } };
}

function encodingOf(headers: IncomingHttpHeaders): Encoding | undefined {
  const type = (headers['content-type'] ?? '').split(';', 1)[0].trim().toLowerCase();
  return Object.hasOwn(encodingOfType, type) ? encodingOfType[type] : undefined;
}

function renderError(error: AppError, _status: number, request: ReceiverRequest): ReceiverReply {
  const encoding = encodingOf(request.headers) ?? 'json';
  return { status: httpStatusOf(error), body: renderStatus(error, encoding), headers: { 'content-type': contentTypes[encoding] } };
}
