/**
 * Plain text over HTTP: `POST` or `PUT /v1/logs/raw?service=…`, one line a record, of any content type and length, so that
 * `cat file | curl -T - …` works. The query names service, host and environment, and if wished `parser`, `timezone` and
 * `multiline`. The answer is that of design A, once every line is durable.
 */
import { isUtf8 } from 'node:buffer';
import { AppError } from '#base/errors.ts';
import type { BatchSource, OpenBatch } from '#ingest/intake.ts';
import type { RecordError } from '#model/record-errors.ts';
import { lineGrouping } from '#parsing/multiline.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest } from '#receivers/http-receiver.ts';
import type { KeptRecord, Receiver, ReceiverContext } from '#receivers/receiver.ts';
import type { RawConfig } from './config.ts';
import { LineDecoder } from './line-decoder.ts';
import { Upload } from './upload.ts';
import type { UploadSource } from './upload.ts';

/** Throws AppError bad_request where `receivers.raw.multiline` is not valid. */
export function createRawReceiver(context: ReceiverContext, config: RawConfig): Receiver {
  lineGrouping(config.multiline);
  const handle = async (request: ReceiverRequest): Promise<ReceiverReply> => {
    const { tenant, keyName } = context.intake.authenticate(credentialsOf(request.headers));
    refuseForms(request.headers['content-type']);
    const source = uploadSource(
      request,
      tenant,
      keyName,
      (batch, service) => context.intake.multilineOf(batch, service) ?? config.multiline,
    );
    const upload = new Upload(source, { context, config });
    context.intake.admit();
    const reservation = context.budget.reserve();
    try {
      // the lines of a batch, and the batch made of them
      reservation.resize(config.batch_bytes * 2);
      await upload.take(request.streamBody());
    } finally {
      reservation.release();
    }
    return { status: 202, body: reply(upload) };
  };
  return { name: 'raw', routes: [{ methods: ['POST', 'PUT'], path: '/v1/logs/raw', handle }], listeners: [], decodeKept };
}

/** A line, or several that were joined. */
function decodeKept({ bytes, request }: KeptRecord, { writer, rejected }: OpenBatch): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const refusal = new LineDecoder(request).decode(writer, bytes, view, 0, bytes.length, isUtf8(bytes));
  if (refusal !== undefined) rejected.add(0, refusal, bytes, 0, bytes.length);
}

function uploadSource(
  { query, remoteAddress }: ReceiverRequest,
  tenant: string,
  keyName: string,
  multilineOf: (batch: BatchSource, service: string) => string,
): UploadSource {
  const given = (name: string): string | undefined => query.get(name) || undefined;
  const batch = {
    tenant,
    receiver: 'raw',
    sender: `${keyName}@${remoteAddress}`,
    content: 'text',
    format: 'text',
    parser: given('parser'),
    timezone: given('timezone'),
  } as const;
  const text = (name: string): string => given(name)?.toWellFormed() ?? '';
  const service = text('service');
  const multiline = given('multiline') ?? multilineOf(batch, service);
  return { batch, service, host: text('host'), environment: text('environment'), multiline };
}

/** A form would be taken with its boundaries as lines. */
function refuseForms(contentType: string | undefined): void {
  if (contentType === undefined || !/^multipart\//i.test(contentType)) return;
  throw new AppError('unsupported_content_type', 'send the text itself, not a form: curl -T file, or --data-binary @file');
}

function reply({ ingested, failed, errors }: { ingested: number; failed: number; errors: readonly RecordError[] }): string {
  return JSON.stringify(errors.length === 0 ? { ingested, failed } : { ingested, failed, errors });
}
