/**
 * One connection of a Forward sender: handshake where keys are asked for, then messages, each acknowledged when all its
 * records are durable.
 *
 * Single records are gathered as far as they have arrived, so that a stream of them costs one batch a piece; a chunk of
 * entries is a batch by itself, under its own id, and cut where it holds more than a batch may. What cannot be read as
 * entries is quarantined and acknowledged, else its sender would repeat it for ever; what cannot be read as messages
 * closes the connection.
 */
import { randomBytes } from 'node:crypto';
import { AppError } from '#base/errors.ts';
import type { BatchSource, OpenBatch, Sender } from '#ingest/intake.ts';
import { submitPatiently } from '#receivers/patient-submit.ts';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { ConnectionHandler, TcpConnection } from '#receivers/tcp-listener.ts';
import type { ForwardConfig } from './config.ts';
import type { ForwardDecoder } from './decode.ts';
import { factsOf, namesLevel, restart } from './entries.ts';
import type { ForwardMessage, MessageParser } from './entries.ts';
import { keyProof, readPing } from './handshake.ts';
import { acceptingPong, acknowledgement, helo, refusingPong } from './messages.ts';
import { MalformedMessagePack, MessageFramer } from './msgpack-reader.ts';

export interface ForwardSite {
  readonly context: ReceiverContext;
  readonly config: ForwardConfig;
  readonly parser: MessageParser;
  readonly decoder: ForwardDecoder;
  /** Whether a key is asked for. */
  readonly asksForKey: boolean;
  readonly hostname: string;
}

const receiver = 'forward';
const maxBytesSetting = 'receivers.forward.max_message_bytes';
/** A PING is some hundred bytes; before it nobody may make us hold more. */
const maxPingBytes = 8192;
const nonceBytes = 16;

export class ForwardConnection implements ConnectionHandler {
  readonly #site: ForwardSite;
  readonly #connection: TcpConnection;
  readonly #buffer = new ReceiveBuffer();
  #framer: MessageFramer;
  readonly #nonce: Buffer = randomBytes(nonceBytes);
  readonly #ended = new AbortController();
  #sender: Pick<Sender, 'tenant' | 'keyName'> | undefined;

  constructor(site: ForwardSite, connection: TcpConnection) {
    this.#site = site;
    this.#connection = connection;
    this.#framer = new MessageFramer(site.asksForKey ? maxPingBytes : site.config.max_message_bytes);
    if (site.asksForKey) {
      connection.write(helo(this.#nonce));
      void this.#closeUnlessKnown();
    } else {
      this.#sender = { tenant: site.config.tenant, keyName: '' };
    }
  }

  async data(piece: Buffer): Promise<void> {
    const buffer = this.#buffer;
    buffer.append(piece);
    this.#connection.hold(buffer.length);
    if (this.#sender === undefined && !this.#greet()) return;
    while (await this.#takeNext());
    this.#connection.hold(buffer.length);
  }

  end(): void {
    this.#ended.abort();
    if (this.#buffer.length > 0) this.#site.context.count(receiver, 'messages_cut_short');
  }

  async #closeUnlessKnown(): Promise<void> {
    const { context, config } = this.#site;
    await context.clock.sleep(config.handshake_timeout, this.#ended.signal);
    if (this.#sender !== undefined || this.#ended.signal.aborted) return;
    context.count(receiver, 'handshakes_timed_out');
    this.#connection.close();
  }

  /** Reads PING and answers it; false where it is not complete yet, or is refused. */
  #greet(): boolean {
    const { context, hostname, config } = this.#site;
    const { bytes, view, start } = this.#buffer;
    const end = this.#messageEnd(start);
    if (end < 0) return false;
    try {
      const ping = readPing(bytes, view, start, end);
      const sender = context.intake.authenticate({ proof: keyProof(ping, this.#nonce, hostname) });
      this.#sender = sender;
      this.#connection.write(acceptingPong(hostname, sender.answer ?? ''));
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      context.count(receiver, thrown.code);
      context.logger.warn({ receiver, address: this.#connection.remoteAddress, reason: thrown.message }, 'a sender was refused');
      this.#connection.write(refusingPong(thrown.message));
      this.#connection.close();
      return false;
    }
    this.#buffer.take(end);
    this.#framer = new MessageFramer(config.max_message_bytes);
    return true;
  }

  /** Takes what can be taken as one batch from the buffer's start; false where no message is complete. */
  async #takeNext(): Promise<boolean> {
    const { start } = this.#buffer;
    const end = this.#messageEnd(start);
    if (end < 0) return false;
    const message = this.#parse(start, end);
    if (message === undefined) this.#buffer.take(end);
    else if (message === 'unreadable') await this.#quarantine(start, end);
    else if (message.isSingle) await this.#takeRun(message, end);
    else await this.#takeChunk(message, end);
    return true;
  }

  /** The message's end, -1 where it is not complete. */
  #messageEnd(start: number): number {
    const { bytes, view, end } = this.#buffer;
    try {
      return this.#framer.endOf(bytes, view, start, end);
    } catch (thrown) {
      if (thrown instanceof MalformedMessagePack) throw new AppError('malformed_body', 'what came is not MessagePack');
      if (!(thrown instanceof RangeError)) throw thrown;
      const maxBytes = this.#sender === undefined ? maxPingBytes : this.#site.config.max_message_bytes;
      throw new AppError('body_too_large', `a message is larger than ${maxBytes} bytes`, {
        details: { setting: maxBytesSetting, maxBytes },
      });
    }
  }

  /** Undefined for a heartbeat. */
  #parse(start: number, end: number): ForwardMessage | 'unreadable' | undefined {
    const { bytes, view } = this.#buffer;
    try {
      return this.#site.parser.parse(bytes, view, start, end);
    } catch (thrown) {
      if (thrown instanceof MalformedMessagePack) return 'unreadable';
      throw thrown;
    }
  }

  /** A single record and those behind it, as many as have arrived whole. */
  async #takeRun(first: ForwardMessage, firstEnd: number): Promise<void> {
    const maxRecords = this.#site.context.ingestConfig.max_records;
    const run = [first];
    let end = firstEnd;
    while (run.length < maxRecords) {
      const next = this.#messageEnd(end);
      // its framer begins anew at the run's end
      if (next < 0) {
        this.#framer.restart();
        break;
      }
      const message = this.#parse(end, next);
      if (message === 'unreadable' || (message !== undefined && !message.isSingle)) break;
      if (message !== undefined) run.push(message);
      end = next;
    }
    await this.#submit(undefined, first, (batch, decoder) => {
      for (const [index, message] of run.entries()) {
        restart(message);
        this.#decode(batch, decoder, message, 1, index);
      }
    });
    this.#buffer.take(end);
    for (const { chunk } of run) this.#acknowledge(chunk);
  }

  /** A chunk of entries, in parts where it is larger than a batch may be. */
  async #takeChunk(message: ForwardMessage, end: number): Promise<void> {
    const maxRecords = this.#site.context.ingestConfig.max_records;
    const { chunk, tag } = message;
    const isCompressed = message.bytes !== this.#buffer.bytes;
    this.#connection.hold(this.#buffer.length + (isCompressed ? message.bytes.length : 0));
    for (let part = 0; part === 0 || message.left > 0; part++) {
      const { at, left } = message;
      await this.#submit(batchIdOf(tag, chunk, part), message, (batch, decoder) => {
        message.at = at;
        message.left = left;
        this.#decode(batch, decoder, message, maxRecords, 0);
      });
    }
    this.#buffer.take(end);
    this.#acknowledge(chunk);
  }

  #decode(batch: OpenBatch, decoder: ForwardDecoder, message: ForwardMessage, maxRecords: number, index: number): void {
    if (message.refusal === undefined) {
      decoder.decode(message, batch, maxRecords, index);
      return;
    }
    batch.rejected.request = factsOf(message);
    batch.rejected.add(index, 'malformed_record', message.bytes, message.at, message.end, message.refusal);
    message.left = 0;
  }

  /** A message that is MessagePack and nothing that the protocol knows. */
  async #quarantine(start: number, end: number): Promise<void> {
    await this.#submit(undefined, undefined, (batch) => {
      batch.rejected.add(0, 'malformed_record', this.#buffer.bytes, start, end);
    });
    this.#buffer.take(end);
  }

  async #submit(
    batchId: string | undefined,
    first: ForwardMessage | undefined,
    fill: (batch: OpenBatch, decoder: ForwardDecoder) => void,
  ): Promise<void> {
    const { context, config } = this.#site;
    await submitPatiently({
      receiver,
      context,
      maxWaitMs: config.pressure_wait,
      fill: () => {
        const batch = context.intake.open(this.#source(batchId, first));
        fill(batch, this.#site.decoder);
        return batch;
      },
    });
  }

  #source(batchId: string | undefined, first: ForwardMessage | undefined): BatchSource {
    const { tenant, keyName } = this.#sender ?? { tenant: '', keyName: '' };
    const sender = keyName === '' ? this.#connection.remoteAddress : `${this.#connection.remoteAddress} ${keyName}`;
    const isStructured = first !== undefined && first.refusal === undefined && namesLevel(first);
    return { tenant, receiver, sender, content: isStructured ? 'records' : 'text', format: 'binary', batchId };
  }

  #acknowledge(chunk: string | undefined): void {
    if (chunk !== undefined) this.#connection.write(acknowledgement(chunk));
  }
}

/** A longer id is no id, and would be kept with the batch. */
const maxChunkIdLength = 256;

/**
 * The id under which a repeated chunk is recognised. With its tag, since Fluent Bit makes ids from the content alone and
 * may send the same under two tags.
 */
function batchIdOf(tag: string, chunk: string | undefined, part: number): string | undefined {
  return chunk === undefined || chunk.length + tag.length > maxChunkIdLength ? undefined : `${tag} ${chunk}/${part}`;
}
