/** A TCP connection that a signal can end while it is being made. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** Rejects with what kept it from being made, or with the signal's reason. */
export function connectedTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port });
    const abort = (): void => void socket.destroy(new Error('the mail server took too long'));
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => {
      signal.removeEventListener('abort', abort);
      socket.off('error', failed);
    };
    const failed = (error: Error): void => {
      settled();
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      settled();
      resolve(socket);
    });
  });
}
