/**
 * Whether an address can be listened on: tried for a moment without sharing the port. With sharing (SO_REUSEPORT, several
 * workers) a second server would quietly take half of the senders.
 */
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';

/** Rejects with the system's error where it cannot. */
export function proveFree(transport: 'tcp' | 'udp', host: string, port: number): Promise<void> {
  return transport === 'tcp' ? proveTcpFree(host, port) : proveUdpFree(host, port);
}

function proveTcpFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ host, port }, () => probe.close(() => resolve()));
  });
}

function proveUdpFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    probe.once('error', reject);
    probe.bind({ address: host, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this host name is not known',
};

/** The reason in words. */
export function whyNotListening(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}
