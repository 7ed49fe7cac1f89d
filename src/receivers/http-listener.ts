/** An HTTP port of a receiver's own, beside the main one: the same server, with only these routes. */
import type { AddressInfo } from 'node:net';
import type { ReceiverRoute } from './http-receiver.ts';
import type { ReceiverListener } from './receiver.ts';

export interface HttpListenerOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Path of the setting of the port. */
  readonly setting: string;
  readonly routes: readonly ReceiverRoute[];
}

export function httpListener({ name, host, port, setting, routes }: HttpListenerOptions): ReceiverListener {
  return {
    name,
    host,
    port,
    setting,
    transport: 'tcp',
    async start(bind) {
      const http = bind.createHttpServer(routes);
      await new Promise<void>((resolve, reject) => {
        http.server.once('error', reject);
        http.server.listen({ host: bind.host, port: bind.port, reusePort: bind.reusePort }, () => {
          http.server.off('error', reject);
          resolve();
        });
      });
      return { port: (http.server.address() as AddressInfo).port, stop: () => http.stop() };
    },
  };
}
