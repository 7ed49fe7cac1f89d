/**
 * One connection of a Lumberjack sender: windows of events, each acknowledged when all of it is durable.
 *
 * A window is one batch, or several where it is large: then it is acknowledged in parts, which the protocol allows. While
 * a batch is being written, acknowledgements of 0 tell the sender to be patient, as go-lumber's server does it. An event
 * that cannot be read is quarantined and acknowledged, else its sender would repeat it for ever; frames that cannot be
 * read close the connection.
 */
import type { BatchSource } from '#ingest/intake.ts';
import { decompress } from '#platform/decompress.ts';
import { submitPatiently } from '#receivers/patient-submit.ts';
import { ReceiveBuffer } from '#receivers/receive-buffer.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { ConnectionHandler, TcpConnection } from '#receivers/tcp-listener.ts';
import type { BeatsConfig } from './config.ts';
import { namesLevel } from './decode.ts';
import type { LumberjackDecoder } from './decode.ts';
import { acknowledgementFrame, compressedHeadBytes, countEvents, frameEnd, frameTypes, notLumberjack, versions } from './frames.ts';
import type { FrameBounds } from './frames.ts';
import { GatheredEvents } from './gathered-events.ts';

export interface BeatsSite {
  readonly context: ReceiverContext;
  readonly config: BeatsConfig;
  readonly decoder: LumberjackDecoder;
}

const receiver = 'beats';

export class BeatsConnection implements ConnectionHandler {
  readonly #site: BeatsSite;
  readonly #connection: TcpConnection;
  readonly #bounds: FrameBounds;
  readonly #buffer = new ReceiveBuffer();
  readonly #events = new GatheredEvents();
  /** Events of the window that have not arrived yet. */
  #expected = 0;
  /** Of the last frame; acknowledgements are written in it. */
  #version: number = versions.two;

  constructor(site: BeatsSite, connection: TcpConnection) {
    this.#site = site;
    this.#connection = connection;
    this.#bounds = { maxBytes: site.config.max_frame_bytes, setting: 'receivers.beats.max_frame_bytes' };
  }

  async data(piece: Buffer): Promise<void> {
    const buffer = this.#buffer;
    buffer.append(piece);
    this.#hold();
    for (;;) {
      const { bytes, view, start, end } = buffer;
      const next = frameEnd(view, start, end, this.#bounds);
      if (next < 0) break;
      this.#version = bytes[start];
      this.#take(bytes, view, start, next);
      buffer.take(next);
      await this.#writeWhereComplete();
    }
    this.#hold();
  }

  end(): void {
    if (this.#buffer.length > 0 || this.#expected > 0) this.#site.context.count(receiver, 'windows_cut_short');
  }

  #hold(): void {
    this.#connection.hold(this.#buffer.length + this.#events.byteCount);
  }

  #take(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    switch (bytes[start + 1]) {
      case frameTypes.window:
        if (this.#expected > 0) throw notLumberjack('a window begins within another');
        this.#expected = view.getUint32(start + 2);
        break;
      case frameTypes.compressed:
        this.#gather(this.#decompressed(bytes.subarray(start + compressedHeadBytes, end)));
        break;
      default:
        // a copy, since the buffer's memory is used again
        this.#gather(bytes.slice(start, end));
    }
  }

  #decompressed(stream: Uint8Array): Uint8Array {
    const { maxBytes, setting } = this.#bounds;
    return decompress(stream, 'deflate', maxBytes, setting);
  }

  #gather(frames: Uint8Array): void {
    const view = new DataView(frames.buffer, frames.byteOffset, frames.length);
    const count = countEvents(view, frames.length, this.#bounds);
    if (count > this.#expected) throw notLumberjack(`a window holds ${count - this.#expected} events more than it says`);
    this.#events.add(frames, count);
    this.#expected -= count;
    this.#hold();
  }

  /** Writes what has arrived where the window is complete, or more than a batch should hold. */
  async #writeWhereComplete(): Promise<void> {
    const events = this.#events;
    const { context, config } = this.#site;
    const maxRecords = context.ingestConfig.max_records;
    while (events.count > 0 && (this.#expected === 0 || events.byteCount >= config.max_batch_bytes || events.count >= maxRecords)) {
      const sequence = await this.#write(maxRecords);
      events.forget();
      this.#connection.write(acknowledgementFrame(this.#version, sequence));
    }
  }

  /** Resolves with the sequence number of the last event when all are durable. */
  async #write(maxRecords: number): Promise<number> {
    const { context, config, decoder } = this.#site;
    const { intake } = context;
    const mark = this.#events.mark();
    let sequence = 0;
    const done = new AbortController();
    void this.#keepAlive(done.signal);
    try {
      await submitPatiently({
        receiver,
        context,
        maxWaitMs: config.pressure_wait,
        fill: () => {
          this.#events.goBack(mark);
          const batch = intake.open(this.#source());
          sequence = decoder.decode(this.#events, batch, maxRecords);
          return batch;
        },
      });
    } finally {
      done.abort();
    }
    return sequence;
  }

  async #keepAlive(done: AbortSignal): Promise<void> {
    const { context, config } = this.#site;
    for (;;) {
      await context.clock.sleep(config.keepalive_interval, done);
      if (done.aborted) return;
      this.#connection.write(acknowledgementFrame(this.#version, 0));
    }
  }

  #source(): BatchSource {
    const { remoteAddress, clientName } = this.#connection;
    const sender = clientName === undefined ? remoteAddress : `${remoteAddress} ${clientName}`;
    const content = namesLevel(this.#events) ? 'records' : 'text';
    return { tenant: this.#site.config.tenant, receiver, sender, content, format: 'json' };
  }
}
