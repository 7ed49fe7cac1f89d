/** One export of logs, whatever carried it: from a body to what became of its records. */
import { AppError } from '#base/errors.ts';
import type { OpenBatch, Sender } from '#ingest/intake.ts';
import type { KeptRecord, ReceiverContext } from '#receivers/receiver.ts';
import type { OtlpConfig } from './config.ts';
import { LogsDecoder } from './decode.ts';
import { JsonTranscoder } from './json-transcoder.ts';
import type { Encoding, ExportResult } from './replies.ts';

/** No request in protobuf begins with it. */
const openBrace = 0x7b;
/** Of every batch; what is rejected is kept in protobuf, whatever it came in. */
const origin = { receiver: 'otlp', content: 'records', format: 'binary' } as const;

export class LogsExport {
  readonly intake: ReceiverContext['intake'];
  readonly #decoder: LogsDecoder;
  readonly #transcoder: JsonTranscoder;
  readonly #maxJsonBytes: number;

  constructor({ intake, ingestConfig }: ReceiverContext, { max_json_bytes, max_repeated_bytes }: OtlpConfig) {
    this.intake = intake;
    this.#decoder = new LogsDecoder(
      { ...ingestConfig, max_repeated_bytes },
      intake.open({ ...origin, tenant: 'default', sender: '' }).writer,
    );
    this.#transcoder = new JsonTranscoder(ingestConfig.max_nesting);
    this.#maxJsonBytes = max_json_bytes;
  }

  /**
   * Takes an ExportLogsServiceRequest; resolves when the outcome of every record is durable.
   * @throws AppError malformed_body, body_too_large, too_many_records, limit_exceeded, log_full, log_unavailable
   */
  async export(body: Uint8Array, encoding: Encoding, sender: Sender, remoteAddress: string): Promise<ExportResult> {
    const request = encoding === 'json' ? this.#transcoder.transcode(this.#boundJson(body)) : body;
    const batch = this.intake.open({
      ...origin,
      tenant: sender.tenant,
      sender: `${sender.keyName}@${remoteAddress}`,
    });
    this.#decoder.decode(request, batch);
    const { errors } = batch.rejected;
    return { outcomes: await this.intake.submit(batch), errors };
  }

  /** A request with one record, in protobuf; it may be mended in JSON. */
  decodeKept({ bytes }: KeptRecord, batch: OpenBatch): void {
    this.#decoder.decode(bytes[0] === openBrace ? this.#transcoder.transcode(this.#boundJson(bytes)) : bytes, batch);
  }

  #boundJson(body: Uint8Array): Uint8Array {
    if (body.length <= this.#maxJsonBytes) return body;
    throw new AppError('body_too_large', `a JSON body over ${this.#maxJsonBytes} bytes is not taken; send protobuf`, {
      details: { setting: 'receivers.otlp.max_json_bytes', max_bytes: this.#maxJsonBytes },
    });
  }
}
