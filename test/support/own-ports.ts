/**
 * Ports for products that are stopped and started again on the same ones, and for those that must be known before. They lie
 * below those that the kernel gives away, so that no socket of another test gets one while nobody listens there; processes
 * of tests that run at a time have different ones.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const lowest = 16_000;
const portsPerProcess = 100;
/** Up to 31,999: /proc/sys/net/ipv4/ip_local_port_range begins above it. */
const processes = 160;

let next = 0;

/** A port of loopback that is free by TCP and UDP, and nobody else's. */
export async function ownPort(): Promise<number> {
  for (let tries = 0; tries < portsPerProcess; tries++) {
    const port = lowest + (process.pid % processes) * portsPerProcess + (next++ % portsPerProcess);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${portsPerProcess} ports is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const socket = createSocket('udp4');
  try {
    await once(server, 'listening');
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
    socket.close();
  }
}
