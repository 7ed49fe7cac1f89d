/** Lumberjack frames and a client, written from the protocol's description, for tests and benches. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { deflateSync } from 'node:zlib';

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const head = (type: string, version = '2'): Buffer => Buffer.from(version + type);

export const windowFrame = (events: number, version?: string): Buffer => Buffer.concat([head('W', version), uint32(events)]);

/** `event` is an object, or the payload itself. */
export function jsonFrame(sequence: number, event: unknown): Buffer {
  const payload = event instanceof Uint8Array ? event : Buffer.from(JSON.stringify(event));
  return Buffer.concat([head('J'), uint32(sequence), uint32(payload.length), payload]);
}

export function dataFrame(sequence: number, pairs: readonly (readonly [string, string | Uint8Array])[], version = '1'): Buffer {
  const texts = pairs.flat().flatMap((text) => {
    const bytes = Buffer.from(text as Uint8Array);
    return [uint32(bytes.length), bytes];
  });
  return Buffer.concat([head('D', version), uint32(sequence), uint32(pairs.length), ...texts]);
}

export function compressedFrame(...frames: Uint8Array[]): Buffer {
  const stream = deflateSync(Buffer.concat(frames));
  return Buffer.concat([head('C'), uint32(stream.length), stream]);
}

/** A window of events, with sequence numbers from 1, as go-lumber's client sends it. */
export function windowOf(events: readonly unknown[], isCompressed = true): Buffer {
  const frames = events.map((event, i) => jsonFrame(i + 1, event));
  return Buffer.concat([windowFrame(events.length), ...(isCompressed ? [compressedFrame(...frames)] : frames)]);
}

export class LumberjackClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
      socket.emit('more');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => socket.emit('more'));
  }

  /** The next acknowledgement: its version and sequence; undefined where the connection ended before it. */
  async acknowledgement(): Promise<readonly [version: string, sequence: number] | undefined> {
    while (this.#received.length < 6) {
      if (this.socket.closed) return undefined;
      await new Promise((resolve) => this.socket.once('more', resolve));
    }
    const frame = this.#received.subarray(0, 6);
    this.#received = this.#received.subarray(6);
    if (frame.toString('latin1', 1, 2) !== 'A') throw new Error(`no acknowledgement: ${frame.toString('hex')}`);
    return [frame.toString('latin1', 0, 1), frame.readUInt32BE(2)];
  }

  /** Waits, as go-lumber does it, until as many are acknowledged; returns all acknowledgements on the way. */
  async acknowledged(events: number): Promise<readonly number[]> {
    const sequences: number[] = [];
    while (sequences.at(-1) !== events) {
      const found = await this.acknowledgement();
      if (found === undefined) throw new Error(`the connection ended after ${sequences.join(', ')}`);
      if (found[1] > events) throw new Error(`sequence ${found[1]} is not ours`);
      sequences.push(found[1]);
    }
    return sequences;
  }
}

export async function connected(socket: Socket): Promise<LumberjackClient> {
  await once(socket, 'connect');
  return new LumberjackClient(socket);
}
