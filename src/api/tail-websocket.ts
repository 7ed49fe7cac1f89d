/**
 * A: `WS /v1/logs/tail`. JSON text frames `{"logs":[…],"dropped":0,"cursor":"…"}`, gathered for `tail.flush_interval`.
 *
 * A connection that does not read is not written to: its lines stay in the tail's bounded buffer and are dropped there.
 */
import type { WebSocket } from 'ws';
import type { TailDelivery, TailLine, TailStreamConfig, TailSubscription } from '#consumers/live-tail.ts';
import { renderOnce, toRecordA } from './record-shapes.ts';
import type { TailConnection, TailFlusher } from './tail-flusher.ts';

/** RFC 6455, 7.4.1: the server goes away. */
const goingAway = 1001;

const recordText = renderOnce(toRecordA);

export function renderTailFrame({ lines, dropped, skipped, missedBatches, cursor }: TailDelivery): string {
  const extra = `${skipped > 0 ? `"skipped":${skipped},` : ''}${missedBatches > 0 ? `"missed_batches":${missedBatches},` : ''}`;
  return `{"logs":[${lines.map(({ line }) => recordText(line)).join(',')}],"dropped":${dropped},${extra}"cursor":"${cursor}"}`;
}

/** Frames of deliveries; readers of one query mostly get the same, which is then made once. */
export class TailFrames {
  /** By the first line; gone when the lines are. */
  readonly #made = new WeakMap<TailLine, { readonly delivery: TailDelivery; readonly frame: Buffer }>();

  of(delivery: TailDelivery): Buffer {
    const first = delivery.lines.at(0);
    const made = first === undefined ? undefined : this.#made.get(first);
    if (made !== undefined && isSameDelivery(made.delivery, delivery)) return made.frame;
    const frame = Buffer.from(renderTailFrame(delivery));
    if (first !== undefined) this.#made.set(first, { delivery, frame });
    return frame;
  }
}

function isSameDelivery(a: TailDelivery, b: TailDelivery): boolean {
  return (
    a.lines.length === b.lines.length &&
    a.dropped === b.dropped &&
    a.skipped === b.skipped &&
    a.missedBatches === b.missedBatches &&
    a.cursor === b.cursor &&
    a.lines.every((line, i) => line === b.lines[i])
  );
}

/** Makes the text of a frame; undefined where there is nothing to send. */
export type RenderFrame = (delivery: TailDelivery) => Buffer | string | undefined;

export class TailSocket implements TailConnection {
  readonly #socket: WebSocket;
  readonly #subscription: TailSubscription;
  readonly #flusher: TailFlusher;
  readonly #config: TailStreamConfig;
  readonly #render: RenderFrame;
  /** An answer to the last ping came, or none was sent yet. */
  #alive = true;
  /** Lines wait because the connection is full. */
  #waitsForRoom = false;

  constructor(socket: WebSocket, subscription: TailSubscription, flusher: TailFlusher, config: TailStreamConfig, render: RenderFrame) {
    this.#render = render;
    this.#socket = socket;
    this.#subscription = subscription;
    this.#flusher = flusher;
    this.#config = config;
    flusher.add(this);
    socket.on('pong', () => (this.#alive = true));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      flusher.remove(this);
      subscription.close();
    });
  }

  flush(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isFull()) {
      this.#waitsForRoom = true;
      return;
    }
    const delivery = this.#subscription.take(this.#config.max_lines_per_message);
    if (delivery.lines.length === 0 && delivery.dropped === 0 && delivery.missedBatches === 0) return;
    const frame = this.#render(delivery);
    if (frame !== undefined) this.#socket.send(frame, { binary: false }, () => this.#sent());
  }

  heartbeat(): void {
    if (!this.#alive) return this.#socket.terminate();
    this.#alive = false;
    this.#socket.ping();
  }

  end(): void {
    this.#socket.close(goingAway, 'the server is stopping');
  }

  #isFull(): boolean {
    return this.#socket.bufferedAmount > this.#config.max_unsent_bytes;
  }

  #sent(): void {
    if (!this.#waitsForRoom || this.#isFull()) return;
    this.#waitsForRoom = false;
    this.#flusher.schedule(this);
  }
}
