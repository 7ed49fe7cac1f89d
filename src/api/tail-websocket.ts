/**
 * A: `WS /v1/logs/tail`. JSON text frames `{"logs":[…],"dropped":0,"cursor":"…"}`, gathered for `tail.flush_interval`.
 *
 * A connection that does not read is not written to: its lines stay in the tail's bounded buffer and are dropped there.
 */
import type { WebSocket } from 'ws';
import type { TailDelivery, TailStreamConfig, TailSubscription } from '#consumers/live-tail.ts';
import { renderOnce, toRecordA } from './record-shapes.ts';
import type { TailConnection, TailFlusher } from './tail-flusher.ts';

/** RFC 6455, 7.4.1: the server goes away. */
const goingAway = 1001;

const recordText = renderOnce(toRecordA);

export function renderTailFrame({ lines, dropped, skipped, missedBatches, cursor }: TailDelivery): string {
  const extra = `${skipped > 0 ? `"skipped":${skipped},` : ''}${missedBatches > 0 ? `"missed_batches":${missedBatches},` : ''}`;
  return `{"logs":[${lines.map(({ line }) => recordText(line)).join(',')}],"dropped":${dropped},${extra}"cursor":"${cursor}"}`;
}

export class TailSocket implements TailConnection {
  readonly #socket: WebSocket;
  readonly #subscription: TailSubscription;
  readonly #flusher: TailFlusher;
  readonly #config: TailStreamConfig;
  readonly #render: (delivery: TailDelivery) => string | undefined;
  /** An answer to the last ping came, or none was sent yet. */
  #alive = true;
  /** Lines wait because the connection is full. */
  #waitsForRoom = false;

  /** `render` makes the text of a frame; undefined where there is nothing to send. */
  constructor(
    socket: WebSocket,
    subscription: TailSubscription,
    flusher: TailFlusher,
    config: TailStreamConfig,
    render: (delivery: TailDelivery) => string | undefined = renderTailFrame,
  ) {
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
    if (frame !== undefined) this.#socket.send(frame, () => this.#sent());
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
