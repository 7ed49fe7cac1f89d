/** A transport for winston 3: `createLogger({ transports: [new MillraceTransport({ url, service })] })`. */
import type { Writable } from 'node:stream';
import type { Client, ClientOptions } from './index.d.ts';

export interface WinstonTransportOptions extends ClientOptions {
  /** Least important level that is sent; default: the logger's. */
  level?: string;
  silent?: boolean;
  handleExceptions?: boolean;
  handleRejections?: boolean;
  /** A winston format for this transport alone. */
  // eslint-disable-next-line typescript/no-explicit-any -- winston's `Format`, which this package does not depend on
  format?: any;
}

export declare class MillraceTransport extends Writable {
  constructor(options: WinstonTransportOptions);
  readonly client: Client;
  level?: string;
  silent?: boolean;
  handleExceptions?: boolean;
  handleRejections?: boolean;
  log(info: object, next: () => void): void;
  /** True once every line so far is settled. */
  flush(timeoutMs?: number): Promise<boolean>;
}

export default MillraceTransport;
