/** GELF over UDP: chunks joined, what is compressed decompressed, and each message given to the batcher. */
import { decompress } from '#platform/decompress.ts';
import type { ReceiverContext } from '#receivers/receiver.ts';
import type { StreamBatcher } from '#receivers/stream-batcher.ts';
import { ChunkJoiner } from './chunks.ts';
import type { ChunkLimits } from './chunks.ts';

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
    const encoding = encodingOf(message);
    if (encoding === undefined) return message;
    const { maxMessageBytes, context, receiver } = this.#options;
    try {
      return decompress(message, encoding, maxMessageBytes, 'receivers.gelf.max_message_bytes');
    } catch {
      context.count(receiver, 'messages_not_decompressed');
      return message;
    }
  }
}

/** By the first bytes, as GELF has no word for it. */
function encodingOf(message: Buffer): string | undefined {
  if (message.length < 4) return undefined;
  if (message[0] === 0x1f && message[1] === 0x8b) return 'gzip';
  if ((message[0] & 0x0f) === 8 && message.readUInt16BE(0) % 31 === 0) return 'deflate';
  return message.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined;
}
