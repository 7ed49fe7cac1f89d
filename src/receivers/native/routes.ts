/**
 * The three designs' ingest endpoints (api.md): who sends, what, and the answer in the design's own words.
 *
 * The answer is rendered only after every record's outcome is durable.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { BatchSource, OpenBatch } from '#ingest/intake.ts';
import type { RequestDefaults } from '#ingest/json-records.ts';
import { credentialsOf, firstHeader } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { KeptRecord, Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { contentFormat } from './content-format.ts';
import { BatchDecoder } from './decode.ts';
import type { DecodeOutcome } from './decode.ts';
import { renderReplyA, renderReplyB, renderReplyC } from './replies.ts';
import type { RenderReply } from './replies.ts';

const endpoints: readonly { readonly path: string; readonly render: RenderReply }[] = [
  { path: '/v1/logs/ingest', render: renderReplyA },
  { path: '/api/v1/logs/ingest', render: renderReplyB },
  { path: '/v1/ingest', render: renderReplyC },
];

/** Longest batch id that is looked at; a longer one is no id. */
const maxBatchIdLength = 128;

export function createNativeReceiver(context: ReceiverContext): Receiver {
  const decoder = new BatchDecoder(context.ingestConfig);
  const routes = endpoints.map(
    ({ path, render }): ReceiverRoute => ({ methods: ['POST'], path, handle: (request) => ingest(context, decoder, request, render) }),
  );
  return { name: 'native', routes, listeners: [], decodeKept: (record, batch) => decodeKept(decoder, record, batch) };
}

/** Of defaults: `service` and `host` of the headers, `source` of the envelope. */
function decodeKept(decoder: BatchDecoder, { bytes: record, request }: KeptRecord, batch: OpenBatch): void {
  const { service, host, source } = request;
  reject(batch, decoder.decodeRecord(record, { service, host }, source, batch.rows), {});
}

function reject({ rejected }: OpenBatch, { errors, bytes, source }: DecodeOutcome, { service, host }: RequestDefaults): void {
  if (errors.length === 0) return;
  const said = Object.entries({ service, host, source }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  rejected.request = said.length === 0 ? undefined : Object.fromEntries(said);
  for (const { index, code, message, start, end } of errors) rejected.add(index, code, bytes, start, end, message);
}

async function ingest(
  { intake }: ReceiverContext,
  decoder: BatchDecoder,
  request: ReceiverRequest,
  render: RenderReply,
): Promise<ReceiverReply> {
  const { tenant, keyName } = intake.authenticate(credentialsOf(request.headers));
  const format = contentFormat(request.headers['content-type']);
  intake.admit();
  const body = await request.readBody();
  const source: BatchSource = {
    tenant,
    receiver: 'native',
    sender: `${keyName}@${request.remoteAddress}`,
    content: 'records',
    format: 'json',
    batchId: batchIdOf(request.headers),
  };
  const batch = intake.open(source);
  const defaults = defaultsOf(request.headers);
  const decoded = format === 'json' ? decoder.decodeJson(body, defaults, batch.rows) : decoder.decodeNdjson(body, defaults, batch.rows);
  reject(batch, decoded, defaults);
  const reported = batch.rejected.errors;
  const outcomes = await intake.submit(batch);
  return { status: 202, body: render({ outcomes, errors: reported, lagHint: intake.lagHint() }) };
}

function batchIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = firstHeader(headers['x-batch-id'] ?? headers['idempotency-key']);
  return id !== undefined && id.length <= maxBatchIdLength ? id : undefined;
}

function defaultsOf(headers: IncomingHttpHeaders): RequestDefaults {
  return { service: textHeader(headers['x-service-id']), host: textHeader(headers['x-host']) };
}

/** Node reads header bytes as Latin-1; people write UTF-8 into them. */
function textHeader(value: string | string[] | undefined): string | undefined {
  const text = firstHeader(value);
  if (text === undefined) return undefined;
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
}
