/** Bulk requests and single documents: from a request to its batch, and from its outcomes to Elasticsearch's answer. */
import { randomBytes } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { BatchSource } from '#ingest/intake.ts';
import type { RecordErrorCode } from '#model/record-errors.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import { BulkReply, errorTypeOf } from './bulk-reply.ts';
import type { BulkDecoder, BulkItemSink } from './decode.ts';
import { elasticReply, errorBody } from './replies.ts';

/** What clients call a bulk body; form and plain text are what a browser would send for somebody else. */
const bulkTypes = new Set([
  'application/x-ndjson',
  'application/json',
  'application/ndjson',
  'application/jsonl',
  'application/vnd.elasticsearch+x-ndjson',
  'application/vnd.elasticsearch+json',
]);

export function writeRoutes(context: ReceiverContext, decoder: BulkDecoder): ReceiverRoute[] {
  const writes = new Writes(context, decoder);
  const bulk = (request: ReceiverRequest): Promise<ReceiverReply> => writes.bulk(request);
  const document = (request: ReceiverRequest): Promise<ReceiverReply> => writes.document(request);
  return [
    { methods: ['POST', 'PUT'], path: '/_bulk', handle: bulk },
    { methods: ['POST', 'PUT'], path: '/{index}/_bulk', handle: bulk },
    { methods: ['POST'], path: '/{index}/_doc', handle: document },
    { methods: ['POST', 'PUT'], path: '/{index}/_doc/{id}', handle: document },
    { methods: ['POST', 'PUT'], path: '/{index}/_create/{id}', handle: document },
  ];
}

class Writes {
  readonly #context: ReceiverContext;
  readonly #decoder: BulkDecoder;

  constructor(context: ReceiverContext, decoder: BulkDecoder) {
    this.#context = context;
    this.#decoder = decoder;
  }

  async bulk(request: ReceiverRequest): Promise<ReceiverReply> {
    const { intake, clock } = this.#context;
    const { body, source } = await this.#read(request);
    const startedMs = clock.monotonicMs();
    const batch = intake.open(source);
    const reply = new BulkReply(request.query.get('filter_path'));
    this.#decoder.decodeBulk(body, request.parameters['index'] ?? '', batch, reply);
    await intake.submit(batch);
    return elasticReply(request, 200, reply.render(clock.monotonicMs() - startedMs));
  }

  async document(request: ReceiverRequest): Promise<ReceiverReply> {
    const { index = '', id } = request.parameters;
    const { intake } = this.#context;
    const { body, source } = await this.#read(request);
    const result = new DocumentResult();
    const batch = intake.open(source);
    this.#decoder.decodeDocument(body, index, batch, result);
    await intake.submit(batch);
    const { failure } = result;
    if (failure !== undefined) return elasticReply(request, 400, errorBody(errorTypeOf(failure.code), failure.reason, 400));
    return elasticReply(request, 201, {
      _index: index,
      // nobody can ask for it, but typed clients insist on one
      _id: id ?? randomBytes(15).toString('base64url'),
      _version: 1,
      result: 'created',
      _shards: { total: 1, successful: 1, failed: 0 },
      _seq_no: 0,
      _primary_term: 1,
    });
  }

  async #read(request: ReceiverRequest): Promise<{ body: Uint8Array; source: BatchSource }> {
    const { intake } = this.#context;
    const { tenant, keyName } = intake.authenticate(credentialsOf(request.headers));
    checkContentType(request.headers['content-type']);
    intake.admit();
    const body = await request.readBody();
    if (body.length === 0) throw new AppError('bad_request', 'request body is required');
    const sender = `${keyName}@${request.remoteAddress}`;
    return { body, source: { tenant, receiver: 'elasticsearch', sender, content: 'records', format: 'json' } };
  }
}

/** What became of a single document. */
class DocumentResult implements BulkItemSink {
  failure: { readonly code: RecordErrorCode; readonly reason: string } | undefined;

  taken(): void {
    this.failure = undefined;
  }

  failed(_action: unknown, code: RecordErrorCode, reason: string): void {
    this.failure = { code, reason };
  }
}

function checkContentType(header: string | undefined): void {
  if (header === undefined) return;
  const type = header.split(';', 1)[0].trim().toLowerCase();
  if (bulkTypes.has(type)) return;
  throw new AppError('unsupported_content_type', `Content-Type header [${header.slice(0, 200)}] is not supported`);
}
