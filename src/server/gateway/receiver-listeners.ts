/**
 * The listeners of a worker's receivers: starts each, keeps going where one cannot, says which and why, stops them all.
 * Only the main port is essential to Millrace.
 */
import type { ListenerBind, Receiver, ReceiverListener, RunningListener } from '#receivers/receiver.ts';
import { proveFree, whyNotListening } from './prove-free.ts';

/** Plain data: told to the main thread. */
export interface ListenerStatus {
  readonly receiver: string;
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  readonly host: string;
  /** The port it listens on, or was to listen on. */
  readonly port: number;
  readonly setting: string;
  /** Why it does not listen; undefined where it does. */
  readonly problem?: string;
}

export type Bind = Omit<ListenerBind, 'host' | 'port'>;

export class ReceiverListeners {
  readonly #running: RunningListener[] = [];

  /** Starts all; `ports` holds those that another worker got, by listener name. */
  async start(receivers: readonly Receiver[], bind: Bind, ports: Readonly<Record<string, number>>): Promise<readonly ListenerStatus[]> {
    const statuses: ListenerStatus[] = [];
    for (const { name: receiver, listeners } of receivers) {
      for (const listener of listeners) statuses.push(await this.#startOne(receiver, listener, bind, ports[listener.name]));
    }
    return statuses;
  }

  async stop(): Promise<void> {
    const running = this.#running.splice(0);
    await Promise.all(running.map((listener) => listener.stop()));
  }

  async #startOne(receiver: string, listener: ReceiverListener, bind: Bind, knownPort: number | undefined): Promise<ListenerStatus> {
    const { name, transport, host, setting } = listener;
    const port = knownPort ?? listener.port;
    const status = { receiver, name, transport, host, port, setting };
    try {
      if (bind.reusePort && knownPort === undefined) await proveFree(transport, host, port);
      const running = await listener.start({ ...bind, host, port });
      this.#running.push(running);
      return { ...status, port: running.port };
    } catch (thrown) {
      return { ...status, problem: whyNotListening(thrown) };
    }
  }
}
