/** A webhook's other end: takes every message at once and notes when it came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Hook {
  readonly url: string;
  /** Called with each body and the time when all of it was there (`performance.now()`). */
  onMessage: (body: string, atMs: number) => void;
  close(): Promise<void>;
}

export async function openHook(): Promise<Hook> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      hook.onMessage(Buffer.concat(parts).toString(), performance.now());
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hook: Hook = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    onMessage: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hook;
}
