/**
 * Joins GELF messages that were sent as several datagrams: `1e 0f`, message id (8 bytes), number, count (at most 128), data.
 * https://go2docs.graylog.org/current/getting_in_log_data/gelf.html#GELFviaUDP
 *
 * Bounded: messages wait `timeoutMs` from their first chunk, no more than `maxBytes` of all, `maxPerSender` of one address.
 * What is given up is counted, by the chunks that had come.
 */
const headerBytes = 12;
const maxChunks = 128;
/** What a chunk costs beside its data: a Map entry, an array, an object. */
const overheadBytes = 256;

export interface ChunkLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxPerSender: number;
}

/** Told why chunks will never be a message, and how many. */
type OnChunksLost = (event: 'chunks_expired' | 'chunks_evicted' | 'chunks_malformed', chunkCount: number) => void;

interface PartialMessage {
  readonly key: string;
  readonly sender: string;
  readonly chunks: (Uint8Array | undefined)[];
  readonly sinceMs: number;
  missing: number;
  /** Memory that it holds. */
  heldBytes: number;
}

export class ChunkJoiner {
  readonly #limits: ChunkLimits;
  readonly #onLost: OnChunksLost;
  /** By sender and message id, the oldest first. */
  readonly #partial = new Map<string, PartialMessage>();
  readonly #perSender = new Map<string, number>();
  #heldBytes = 0;

  constructor(limits: ChunkLimits, onLost: OnChunksLost) {
    this.#limits = limits;
    this.#onLost = onLost;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** True where the datagram is a chunk. */
  static isChunk(datagram: Uint8Array): boolean {
    return datagram.length >= 2 && datagram[0] === 0x1e && datagram[1] === 0x0f;
  }

  /** Takes a chunk, whose bytes are kept; the whole message where it was the last one missing. `nowMs` never falls. */
  add(datagram: Buffer, sender: string, nowMs: number): Buffer | undefined {
    this.expire(nowMs);
    const number = datagram[10];
    const count = datagram[11];
    if (datagram.length <= headerBytes || count === 0 || count > maxChunks || number >= count) return this.#malformed();
    const data = datagram.subarray(headerBytes);
    if (count === 1) return data;
    const message = this.#messageOf(datagram, sender, count, nowMs);
    if (message.chunks.length !== count) return this.#malformed();
    // a datagram that the network sent twice
    if (message.chunks[number] !== undefined) return undefined;
    message.chunks[number] = data;
    message.missing--;
    message.heldBytes += datagram.length + overheadBytes;
    this.#heldBytes += datagram.length + overheadBytes;
    if (message.missing === 0) {
      this.#forget(message);
      return Buffer.concat(message.chunks as Uint8Array[]);
    }
    this.#makeRoom();
    return undefined;
  }

  /** Gives up what has waited too long. */
  expire(nowMs: number): void {
    for (const message of this.#partial.values()) {
      if (nowMs - message.sinceMs < this.#limits.timeoutMs) return;
      this.#giveUp(message, 'chunks_expired');
    }
  }

  /** Gives up everything: nothing more will come. */
  clear(): void {
    for (const message of this.#partial.values()) this.#giveUp(message, 'chunks_expired');
  }

  #messageOf(datagram: Buffer, sender: string, count: number, nowMs: number): PartialMessage {
    const key = `${sender} ${datagram.toString('latin1', 2, 10)}`;
    const known = this.#partial.get(key);
    if (known !== undefined) return known;
    const ofSender = this.#perSender.get(sender) ?? 0;
    if (ofSender >= this.#limits.maxPerSender) this.#giveUpOldestOf(sender);
    const message = { key, sender, chunks: Array.from({ length: count }, () => undefined), sinceMs: nowMs, missing: count, heldBytes: 0 };
    this.#partial.set(key, message);
    this.#perSender.set(sender, (this.#perSender.get(sender) ?? 0) + 1);
    return message;
  }

  #makeRoom(): void {
    for (const message of this.#partial.values()) {
      if (this.#heldBytes <= this.#limits.maxBytes) return;
      this.#giveUp(message, 'chunks_evicted');
    }
  }

  #giveUpOldestOf(sender: string): void {
    for (const message of this.#partial.values()) {
      if (message.sender === sender) return this.#giveUp(message, 'chunks_evicted');
    }
  }

  #giveUp(message: PartialMessage, event: 'chunks_expired' | 'chunks_evicted'): void {
    this.#forget(message);
    this.#onLost(event, message.chunks.length - message.missing);
  }

  #forget({ key, sender, heldBytes }: PartialMessage): void {
    this.#partial.delete(key);
    this.#heldBytes -= heldBytes;
    const left = (this.#perSender.get(sender) ?? 1) - 1;
    if (left === 0) this.#perSender.delete(sender);
    else this.#perSender.set(sender, left);
  }

  #malformed(): undefined {
    this.#onLost('chunks_malformed', 1);
  }
}
