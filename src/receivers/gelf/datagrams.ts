/** GELF over UDP: chunks joined, what is compressed decompressed, and each message given to the batcher. */
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { StreamBatcher } from '#receivers/stream-batcher.ts';
import { ChunkJoiner } from './chunks.ts';
import type { ChunkLimits } from './chunks.ts';
import { decompressMessage } from './compression.ts';

export interface DatagramOptions {
  readonly receiver: string;
  readonly context: ReceiverContext;
  readonly batcher: StreamBatcher;
  readonly maxMessageBytes: number;
  readonly chunkLimits: ChunkLimits;
}

export class GelfDatagrams {
  readonly #options: DatagramOptions;
  readonly #joiner: ChunkJoiner;

  constructor(options: DatagramOptions) {
    const { context, receiver, chunkLimits } = options;
    this.#options = options;
    this.#joiner = new ChunkJoiner(chunkLimits, (event, count) => context.count(receiver, event, count));
  }

  take(datagram: Buffer, peer: string): void {
    const nowMs = this.#options.context.clock.monotonicMs();
    const message = ChunkJoiner.isChunk(datagram) ? this.#joiner.add(datagram, peer, nowMs) : datagram;
    if (message === undefined || message.length === 0) return;
    const plain = this.#decompressed(message);
    const { batcher, context, receiver } = this.#options;
    if (!batcher.add(plain, 0, plain.length, peer)) context.count(receiver, 'datagrams_dropped');
  }

  /** Gives up messages that wait too long, also while nothing arrives. */
  expire(): void {
    this.#joiner.expire(this.#options.context.clock.monotonicMs());
  }

  /** Counts what will never be whole. */
  stop(): void {
    this.#joiner.clear();
  }

  /** What cannot be decompressed stays as it is: the decoder refuses it, and its bytes are kept. */
  #decompressed(message: Buffer): Uint8Array {
    const { maxMessageBytes, context, receiver } = this.#options;
    try {
      return decompressMessage(message, maxMessageBytes, 'receivers.gelf.max_message_bytes');
    } catch {
      context.count(receiver, 'messages_not_decompressed');
      return message;
    }
  }
}
