/** The requests that run now: each ends when its client goes, and all of them some time after the server began to stop. */
import type { FastifyReply } from 'fastify';
import type { Clock } from '#platform/clock.ts';

export class OpenRequests {
  readonly #clock: Clock;
  readonly #drainTimeoutMs: number;
  readonly #open = new Set<AbortController>();
  readonly #allClosed = new AbortController();
  #isClosing = false;

  constructor(clock: Clock, drainTimeoutMs: number) {
    this.#clock = clock;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** A signal that is aborted when the connection closes before the answer is out. */
  begin(reply: FastifyReply): AbortSignal {
    const controller = new AbortController();
    this.#open.add(controller);
    reply.raw.once('close', () => {
      this.#open.delete(controller);
      if (!reply.raw.writableFinished) controller.abort();
    });
    return controller.signal;
  }

  /** The server stops: what runs may go on for the drain time and is then ended. Returns at once. */
  close(): void {
    this.#isClosing = true;
    void this.#clock.sleep(this.#drainTimeoutMs, this.#allClosed.signal).then(() => {
      for (const controller of this.#open) controller.abort();
    });
  }

  /** All connections are closed. */
  closed(): void {
    this.#allClosed.abort();
  }
}
