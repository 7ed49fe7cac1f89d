/**
 * Datadog's log intake for its agent, its libraries, and for Vector and Fluent Bit in its place.
 * https://docs.datadoghq.com/api/latest/logs/#send-logs
 *
 * The agent repeats on 429 and from 500 on, and drops on any other error.
 */
import type { AppError } from '#base/errors.ts';
import type { Sender, SenderCredentials } from '#ingest/intake.ts';
import { credentialsOf, firstHeader } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { DatadogDecoder } from './decode.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export function createDatadogReceiver(context: ReceiverContext): Receiver {
  const { intake } = context;
  const decoder = new DatadogDecoder(context.ingestConfig);
  const authenticate = (request: ReceiverRequest): Sender => intake.authenticate(credentialsOfRequest(request));

  const take = async (request: ReceiverRequest): Promise<ReceiverReply> => {
    const { tenant, keyName } = authenticate(request);
    intake.admit();
    const body = await request.readBody();
    const sender = `${keyName}@${request.remoteAddress}`;
    const batch = intake.open({ tenant, receiver: 'datadog', sender, content: 'text', format: 'json' });
    decoder.decode(body, batch);
    await intake.submit(batch);
    return { status: 202, body: '{}' };
  };
  const validate = async (request: ReceiverRequest): Promise<ReceiverReply> => {
    authenticate(request);
    return { status: 200, body: '{"valid":true}' };
  };
  const routes: readonly ReceiverRoute[] = [
    { methods: ['POST'], path: '/api/v2/logs', handle: take },
    { methods: ['POST'], path: '/v1/input', handle: take },
    { methods: ['POST'], path: '/v1/input/{key}', handle: take },
    { methods: ['GET'], path: '/api/v1/validate', handle: validate },
  ];
  return {
    name: 'datadog',
    routes: routes.map((route) => ({ ...route, renderError })),
    listeners: [],
    decodeKept: ({ bytes }, batch) => decoder.decode(bytes, batch),
  };
}

/** The key where Datadog's clients put it, else where all others do. */
function credentialsOfRequest({ headers, query, parameters }: ReceiverRequest): SenderCredentials {
  const given = credentialsOf(headers);
  const apiKey = firstHeader(headers['dd-api-key']) ?? query.get('dd-api-key') ?? query.get('api_key') ?? parameters['key'] ?? given.apiKey;
  return { ...given, apiKey };
}

function renderError(error: AppError, status: number): ReceiverReply {
  // Datadog knows no 401
  const told = status === 401 ? 403 : status;
  const detail = error.code === 'internal' ? 'an internal error; the server log has the details' : error.message;
  return { status: told, body: JSON.stringify({ errors: [{ status: String(told), title: titles[told] ?? error.code, detail }] }) };
}
