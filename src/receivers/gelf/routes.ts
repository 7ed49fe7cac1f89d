/** `POST /gelf` on the main port: one GELF message, or several one behind the other; 202 when they are durable. */
import { AppError } from '#base/errors.ts';
import type { IngestConfig } from '#ingest/config.ts';
import type { OpenBatch } from '#ingest/intake.ts';
import { JsonScanner, MalformedJson } from '#ingest/json-records.ts';
import { failedCount, takenCount } from '#ingest/outcomes.ts';
import { credentialsOf } from '#receivers/http-credentials.ts';
import type { ReceiverReply, ReceiverRequest, ReceiverRoute } from '#receivers/http-receiver.ts';
import { jsonBody } from '#receivers/json-body.ts';
import type { JsonBody } from '#receivers/json-body.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import { decompressMessage } from './compression.ts';
import type { GelfDecoder } from './decode.ts';

const lineFeed = 0x0a;
/** What pygelf says of bodies that are compressed once. */
const ownEncodings = ['gzip,deflate'];

export function gelfRoute(receiver: string, context: ReceiverContext, decoderOf: (batch: OpenBatch) => GelfDecoder): ReceiverRoute {
  const { intake, ingestConfig } = context;
  const handle = async (request: ReceiverRequest): Promise<ReceiverReply> => {
    const { tenant, keyName } = intake.authenticate(credentialsOf(request.headers));
    intake.admit();
    const sent = await request.readBody();
    const body = jsonBody(decompressMessage(sent, ingestConfig.max_body_bytes, 'ingest.max_body_bytes'));
    const sender = `${keyName}@${request.remoteAddress}`;
    const batch = intake.open({ tenant, receiver, sender, content: 'records', format: 'json' });
    decodeBody(batch, body, decoderOf(batch), ingestConfig);
    const { errors } = batch.rejected;
    const outcomes = await intake.submit(batch);
    if (failedCount(outcomes) > 0 && takenCount(outcomes) === 0) {
      throw new AppError('malformed_body', `no message could be taken: ${errors[0].message}`, { details: { errors } });
    }
    return { status: 202 };
  };
  return { methods: ['POST'], path: '/gelf', handle, ownEncodings };
}

/** One object behind the other, with or without line feeds between and within; after one that is broken, from the next line. */
export function decodeBody(batch: OpenBatch, { bytes, view, start }: JsonBody, decoder: GelfDecoder, config: IngestConfig): void {
  const { writer, rejected } = batch;
  const scanner = new JsonScanner();
  scanner.reset(bytes, view, bytes.length);
  writer.from(bytes, view);
  let index = 0;
  for (let at = scanner.skipSpace(start); at < bytes.length; index++) {
    if (index === config.max_records) {
      throw new AppError('too_many_records', `the body holds more than ${config.max_records} messages`, {
        details: { setting: 'ingest.max_records' },
      });
    }
    const end = endOfValue(scanner, at);
    writer.begin();
    const refusal = end - at > config.max_record_bytes ? 'record_too_large' : decoder.decode(writer, { bytes, view, start: at, end });
    if (refusal !== undefined) writer.abort();
    const code = refusal ?? writer.commit();
    if (code !== undefined) rejected.add(index, code, bytes, at, end);
    at = scanner.skipSpace(end);
  }
}

function endOfValue(scanner: JsonScanner, at: number): number {
  try {
    return scanner.skipValue(at, 0);
  } catch (thrown) {
    if (!(thrown instanceof MalformedJson)) throw thrown;
    const lineEnd = scanner.bytes.indexOf(lineFeed, at);
    return lineEnd < 0 ? scanner.end : lineEnd;
  }
}
