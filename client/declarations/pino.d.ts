/** A pino transport: `pino.transport({ target: 'millrace/client/pino', options })`. */
import type { Writable } from 'node:stream';
import type { ClientOptions } from './index.d.ts';

/** Options cross to a worker thread, so functions cannot be among them. */
export type PinoTransportOptions = Omit<ClientOptions, 'onError' | 'agent' | 'fetch' | 'clock' | 'random'>;

/** A stream of pino's lines (NDJSON); `flush()` resolves when all of them are settled. */
export interface PinoStream extends Writable {
  flush(): Promise<void>;
}

/** Also usable without a worker: `pino(options, await millracePino({ url }))`. */
export default function millracePino(options: ClientOptions): Promise<PinoStream>;
