import type { AddressInfo, Server } from 'node:net';
import type { ListenerBind } from './receiver.ts';

/** Listens there with any server over TCP; the port that was taken. Rejects with what the system has against it. */
export function listenOn(server: Server, { host, port, reusePort }: ListenerBind): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
