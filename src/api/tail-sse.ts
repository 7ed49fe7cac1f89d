/**
 * C: `GET /v1/tail`, server-sent events (WHATWG HTML, 9.2): one line an event with its cursor as `id:`, what was lost as
 * `event: dropped`, and a comment as heartbeat. `Last-Event-ID` resumes.
 */
import type { ServerResponse } from 'node:http';
import type { TailDelivery, TailStreamConfig, TailSubscription } from '#consumers/live-tail.ts';
import { renderOnce, toRecordC } from './record-shapes.ts';
import type { TailConnection, TailFlusher } from './tail-flusher.ts';

/** A line break would end the event's data. In JSON text it can only stand between values, where a space means the same. */
const recordText = renderOnce((line) => toRecordC(line).replace(/[\r\n]+/g, ' '));

export function renderTailEvents({ lines, dropped, skipped, missedBatches, cursor }: TailDelivery): string {
  const extra = `${skipped > 0 ? `,"skipped":${skipped}` : ''}${missedBatches > 0 ? `,"missed_batches":${missedBatches}` : ''}`;
  let text = dropped > 0 || missedBatches > 0 ? `event: dropped\ndata: {"dropped":${dropped}${extra}}\n\n` : '';
  lines.forEach((line, i) => {
    text += `id: ${i === lines.length - 1 ? cursor : line.cursor()}\ndata: ${recordText(line.line)}\n\n`;
  });
  return text;
}

export class TailEventStream implements TailConnection {
  readonly #response: ServerResponse;
  readonly #subscription: TailSubscription;
  readonly #config: TailStreamConfig;

  constructor(response: ServerResponse, subscription: TailSubscription, flusher: TailFlusher, config: TailStreamConfig) {
    this.#response = response;
    this.#subscription = subscription;
    this.#config = config;
    flusher.add(this);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    // Something at once, so that the client knows that it is connected.
    response.write(': connected\n\n');
    response.on('drain', () => flusher.schedule(this));
    response.on('error', () => response.destroy());
    response.on('close', () => {
      flusher.remove(this);
      subscription.close();
    });
  }

  flush(): void {
    if (this.#response.destroyed || this.#response.writableEnded || this.#isFull()) return;
    const delivery = this.#subscription.take(this.#config.max_lines_per_message);
    const text = renderTailEvents(delivery);
    if (text !== '') this.#response.write(text);
  }

  heartbeat(): void {
    // A full connection is alive or about to break by itself; more would only gather in memory.
    if (!this.#isFull()) this.#response.write(': heartbeat\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #isFull(): boolean {
    return this.#response.writableNeedDrain && this.#response.writableLength > this.#config.max_unsent_bytes;
  }
}
