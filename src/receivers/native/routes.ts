/**
 * The three designs' ingest endpoints (api.md): who sends, what, and the answer in the design's own words.
 *
 * Runs in a gateway worker. The answer is rendered only after the pipeline resolved, when every record's outcome is
 * durable. Decoding is synchronous, so one builder serves all requests of the worker.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { IngestPipeline, PendingBatch } from '#ingest/pipeline.ts';
import type { LagHint } from '#ingest/pressure.ts';
import type { RecordError } from '#model/record-errors.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import { contentFormat } from './content-format.ts';
import type { ContentFormat } from './content-format.ts';
import { renderReplyA, renderReplyB, renderReplyC } from './replies.ts';
import type { RenderReply } from './replies.ts';

/** What the headers say of records that do not say it themselves. */
export interface RecordDefaults {
  readonly service: string | undefined;
  readonly host: string | undefined;
}

/** A body as rows in the worker's builder, and what of it was refused. */
export interface DecodedBody {
  readonly batch: PendingBatch;
  readonly refusedCount: number;
  /** The first of them, at most `ingest.max_reported_errors`. */
  readonly errors: readonly RecordError[];
}

export interface NativeRouteOptions {
  /** The tenant that the sender may write to; throws AppError unauthenticated, forbidden. */
  readonly authenticate: (headers: IncomingHttpHeaders) => string;
  /** Throws AppError malformed_body, too_many_records; then the builder is empty again. */
  readonly decode: (format: ContentFormat, body: Uint8Array, defaults: RecordDefaults) => DecodedBody;
  readonly pipeline: IngestPipeline;
  /** Throws AppError log_full while nothing can be taken, so that the body need not be read. */
  readonly admit: () => void;
  readonly lagHint: () => LagHint;
}

const endpoints: readonly { readonly path: string; readonly render: RenderReply }[] = [
  { path: '/v1/logs/ingest', render: renderReplyA },
  { path: '/api/v1/logs/ingest', render: renderReplyB },
  { path: '/v1/ingest', render: renderReplyC },
];

export function nativeRoutes(options: NativeRouteOptions): readonly ReceiverRoute[] {
  return endpoints.map(({ path, render }) => ({ method: 'POST', path, handle: (request) => ingest(options, request, render) }));
}

async function ingest(options: NativeRouteOptions, request: ReceiverRequest, render: RenderReply): Promise<ReceiverReply> {
  const { authenticate, decode, pipeline, admit, lagHint } = options;
  const tenant = authenticate(request.headers);
  const format = contentFormat(request.headers['content-type']);
  admit();
  const body = await request.readBody();
  const { batch, refusedCount, errors } = decode(format, body, defaultsOf(request.headers));
  const outcomes = await pipeline.submit(tenant, batch, refusedCount);
  return { status: 202, body: render({ outcomes, errors, lagHint: lagHint() }) };
}

function defaultsOf(headers: IncomingHttpHeaders): RecordDefaults {
  return { service: textHeader(headers['x-service-id']), host: textHeader(headers['x-host']) };
}

/** Node reads header bytes as Latin-1; people write UTF-8 into them. */
function textHeader(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined || text === '') return undefined;
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
}
