/**
 * Loki's endpoints for senders (grafana.com/docs/loki/latest/reference/loki-http-api): push, readiness, version.
 *
 * A push is answered 204 once every entry's outcome is durable, also where some of them went into the quarantine: a sender
 * could do nothing about them, and some take no other status for success.
 */
import { AppError } from '#base/errors.ts';
import type { BatchSource, OpenBatch, Sender } from '#ingest/intake.ts';
import { decompressSnappy, snappyContentBytes } from '#platform/snappy.ts';
import type { ByteReservation } from '#receivers/byte-budget.ts';
import { credentialsOf, firstHeader } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { KeptRecord, Receiver, ReceiverContext } from '#receivers/receiver.ts';
import type { LokiConfig } from './config.ts';
import { JsonPushDecoder } from './decode-json.ts';
import { ProtobufPushDecoder } from './decode-protobuf.ts';
import { PushBatch } from './push-batch.ts';

/** The version that we answer with: the newest whose push API this is; Grafana's log views ask for 3.2 and later. */
const lokiVersion = '3.6.0';
const plainText = { 'content-type': 'text/plain; charset=utf-8' };

export function createLokiReceiver(context: ReceiverContext, config: LokiConfig): Receiver {
  const push = new LokiPush(context, config);
  const pushRoutes = ['/loki/api/v1/push', '/api/prom/push'].map(
    (path): ReceiverRoute => ({
      methods: ['POST'],
      path,
      ownEncodings: ['snappy'],
      handle: (request) => push.handle(request),
      renderError,
    }),
  );
  const ready: ReceiverRoute = {
    methods: ['GET', 'HEAD'],
    path: '/ready',
    handle: () => Promise.resolve({ status: 200, body: 'ready\n', headers: plainText }),
  };
  const buildInfo: ReceiverRoute = {
    methods: ['GET'],
    path: '/loki/api/v1/status/buildinfo',
    handle: () => Promise.resolve({ status: 200, body: JSON.stringify(buildInfoOf(lokiVersion)) }),
  };
  return {
    name: 'loki',
    routes: [...pushRoutes, ready, buildInfo],
    listeners: [],
    decodeKept: (record, batch) => push.decodeKept(record, batch),
  };
}

/** No message of protobuf that we read begins with it. */
const openBrace = 0x7b;
/** Of every batch. */
const origin = { receiver: 'loki', content: 'text' } as const;

class LokiPush {
  readonly #context: ReceiverContext;
  readonly #json: JsonPushDecoder;
  readonly #protobuf: ProtobufPushDecoder;

  constructor(context: ReceiverContext, config: LokiConfig) {
    this.#context = context;
    const { writer } = context.intake.open({ ...origin, tenant: 'default', sender: '', format: 'binary' });
    const push = new PushBatch({ ...context.ingestConfig, ...config }, writer);
    this.#json = new JsonPushDecoder(push);
    this.#protobuf = new ProtobufPushDecoder(push);
  }

  async handle(request: ReceiverRequest): Promise<ReceiverReply> {
    const { intake, budget } = this.#context;
    const { headers } = request;
    const asked = firstHeader(headers['x-scope-orgid']);
    const sender = intake.authenticate({ ...credentialsOf(headers), ...(asked === undefined ? {} : { tenant: asked }) });
    const isJson = isJsonType(headers['content-type']);
    intake.admit();
    const body = await request.readBody();
    const isSnappy = !isJson || headers['content-encoding']?.trim().toLowerCase() === 'snappy';
    const content = budget.reserve();
    try {
      const push = isSnappy ? this.#decompress(body, content) : body;
      const batch = intake.open(sourceOf(sender, request, isJson));
      if (isJson) this.#json.decode(push, batch);
      else this.#protobuf.decode(push, batch);
      await intake.submit(batch);
      return { status: 204 };
    } finally {
      content.release();
    }
  }

  /** A push with one entry, uncompressed; one that came in protobuf may be mended in JSON. */
  decodeKept({ bytes, format }: KeptRecord, batch: OpenBatch): void {
    if (format === 'json' || bytes[0] === openBrace) this.#json.decode(bytes, batch);
    else this.#protobuf.decode(bytes, batch);
  }

  #decompress(body: Uint8Array, content: ByteReservation): Uint8Array {
    const { max_body_bytes } = this.#context.ingestConfig;
    content.resize(Math.min(snappyContentBytes(body), max_body_bytes));
    return decompressSnappy(body, max_body_bytes, 'ingest.max_body_bytes');
  }
}

/** Like Loki, takes what does not say that it is JSON for protobuf. */
function isJsonType(header: string | undefined): boolean {
  const type = (header ?? '').split(';', 1)[0].trim().toLowerCase();
  if (type === 'application/json') return true;
  if (type === 'application/x-protobuf' || type === '' || type === 'application/octet-stream') return false;
  throw new AppError(
    'unsupported_content_type',
    `content type "${type}" is not taken here; send application/x-protobuf or application/json`,
  );
}

function sourceOf(sender: Sender, request: ReceiverRequest, isJson: boolean): BatchSource {
  return {
    ...origin,
    tenant: sender.tenant,
    sender: `${sender.keyName}@${request.remoteAddress}`,
    format: isJson ? 'json' : 'binary',
  };
}

/** Loki's errors are a line of text. */
function renderError(error: AppError, status: number): ReceiverReply {
  const message = error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
  return { status, body: `${message}\n`, headers: plainText };
}

function buildInfoOf(version: string): Readonly<Record<string, string>> {
  return { version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
}
