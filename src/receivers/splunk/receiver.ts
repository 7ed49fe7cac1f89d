/**
 * Splunk's HTTP Event Collector: `/services/collector` with events, raw lines, health and acknowledgements.
 * https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTinput
 *
 * An answer comes only when every event is durable, so an id given for a later acknowledgement is acknowledged already.
 * On pressure the whole request is answered 503 "Server is busy", the one that all senders repeat.
 */
import { randomInt } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { BatchSource, SenderCredentials } from '#ingest/intake.ts';
import { credentialsOf, firstHeader } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { HecDecoder, metadataNames } from './decode.ts';
import type { RequestMetadata } from './decode.ts';
import { hecErrorOf, hecErrors, hecReply, healthy, success } from './replies.ts';

const prefix = '/services/collector';
/** Ids asked about in one request. */
const maxAskedAcks = 10_000;

export function createSplunkReceiver(context: ReceiverContext): Receiver {
  const decoder = new HecDecoder(context.ingestConfig);
  const collector = new Collector(context, decoder);
  const events = (request: ReceiverRequest): Promise<ReceiverReply> => collector.take(request, 'records');
  const raw = (request: ReceiverRequest): Promise<ReceiverReply> => collector.take(request, 'text');
  const present = async (): Promise<ReceiverReply> => ({ status: 200, headers: { allow: 'POST, OPTIONS' } });
  const health = (): Promise<ReceiverReply> => collector.health();
  const routes: readonly Pick<ReceiverRoute, 'methods' | 'path' | 'handle'>[] = [
    ...['', '/event', '/event/1.0'].map((path) => ({ methods: ['POST'] as const, path, handle: events })),
    ...['/raw', '/raw/1.0'].map((path) => ({ methods: ['POST'] as const, path, handle: raw })),
    // Docker's driver asks so whether somebody is there before it starts a container
    ...['', '/event', '/event/1.0', '/raw'].map((path) => ({ methods: ['OPTIONS'] as const, path, handle: present })),
    ...['/health', '/health/1.0'].map((path) => ({ methods: ['GET', 'HEAD'] as const, path, handle: health })),
    { methods: ['POST'], path: '/ack', handle: (request) => collector.acknowledge(request) },
  ];
  const renderError: ReceiverRoute['renderError'] = (error, status, request) => {
    const { authorization, apiKey } = credentials(request);
    return hecReply(hecErrorOf(error, status, authorization !== undefined || apiKey !== undefined));
  };
  return {
    name: 'splunk',
    routes: routes.map((route) => ({ ...route, path: prefix + route.path, renderError })),
    listeners: [],
    decodeKept: (record, batch) => decoder.decodeKept(record, batch),
  };
}

class Collector {
  readonly #context: ReceiverContext;
  readonly #decoder: HecDecoder;
  /**
   * Ids for acknowledgements are apart from those of other workers and of earlier starts, since a sender may hold ids of
   * all of them in one channel: a random number of 20 bits before a count of 32, within what JSON can carry.
   */
  #nextAckId = randomInt(2 ** 20) * 2 ** 32;

  constructor(context: ReceiverContext, decoder: HecDecoder) {
    this.#context = context;
    this.#decoder = decoder;
  }

  async take(request: ReceiverRequest, content: BatchSource['content']): Promise<ReceiverReply> {
    const { intake } = this.#context;
    const { tenant, keyName } = intake.authenticate(credentials(request));
    intake.admit();
    const body = await request.readBody();
    const sender = `${keyName}@${request.remoteAddress}`;
    const batch = intake.open({ tenant, receiver: 'splunk', sender, content, format: content === 'text' ? 'text' : 'json' });
    const metadata = metadataOf(request.query);
    const failure = content === 'text' ? this.#decoder.decodeRaw(body, metadata, batch) : this.#decoder.decodeEvents(body, metadata, batch);
    const isEmpty = batch.rows.rowCount === 0 && batch.rejected.count === 0;
    await intake.submit(batch);
    if (isEmpty) return hecReply(hecErrors.noData);
    if (failure !== undefined) return hecReply(failure.error, { 'invalid-event-number': failure.index });
    return hecReply(success, channelOf(request) === undefined ? {} : { ackId: this.#nextAckId++ });
  }

  async health(): Promise<ReceiverReply> {
    try {
      this.#context.intake.admit();
      return hecReply(healthy);
    } catch (thrown) {
      if (thrown instanceof AppError) return hecReply(hecErrors.unhealthy);
      throw thrown;
    }
  }

  /** `{"acks":[1,2]}` → `{"acks":{"1":true,"2":true}}`: an id is only given once its events are durable. */
  async acknowledge(request: ReceiverRequest): Promise<ReceiverReply> {
    this.#context.intake.authenticate(credentials(request));
    if (channelOf(request) === undefined) return hecReply(hecErrors.channelMissing);
    const ids = askedAcks(await request.readBody());
    if (ids === undefined) return hecReply(hecErrors.invalidFormat);
    return { status: 200, body: JSON.stringify({ acks: Object.fromEntries(ids.map((id) => [id, true])) }) };
  }
}

function credentials({ headers, query }: ReceiverRequest): SenderCredentials {
  const given = credentialsOf(headers);
  return given.authorization === undefined && given.apiKey === undefined ? { ...given, apiKey: query.get('token') ?? undefined } : given;
}

function channelOf({ headers, query }: ReceiverRequest): string | undefined {
  return firstHeader(headers['x-splunk-request-channel']) ?? query.get('channel') ?? undefined;
}

function metadataOf(query: URLSearchParams): RequestMetadata {
  return Object.fromEntries(metadataNames.flatMap((name) => (query.get(name) ? [[name, query.get(name)]] : [])));
}

function askedAcks(body: Uint8Array): readonly number[] | undefined {
  let asked: unknown;
  try {
    asked = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  const ids = typeof asked === 'object' && asked !== null && 'acks' in asked ? asked.acks : undefined;
  const isList = Array.isArray(ids) && ids.length <= maxAskedAcks && ids.every((id) => Number.isSafeInteger(id) && id >= 0);
  return isList ? (ids as number[]) : undefined;
}
