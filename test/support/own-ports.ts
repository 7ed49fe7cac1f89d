/**
 * Ports for products that are stopped and started again on the same ones, and for those that must be known before. They lie
 * below those that the kernel gives away, so that no socket of another test gets one while nobody listens there. A process
 * has a block of them to itself as long as it lives: it listens on the block's first port.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

const lowest = 16_000;
const portsPerBlock = 100;
/** Up to 31,999: /proc/sys/net/ipv4/ip_local_port_range begins above it. */
const blocks = 160;

let block: Promise<number> | undefined;
let next = 0;

/** A port of loopback that is free by TCP and UDP, and nobody else's. */
export async function ownPort(): Promise<number> {
  const first = await (block ??= takeBlock());
  for (let tries = 1; tries < portsPerBlock; tries++) {
    const port = first + 1 + (next++ % (portsPerBlock - 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${portsPerBlock - 1} ports is free`);
}

async function takeBlock(): Promise<number> {
  for (let tries = 0; tries < blocks; tries++) {
    const first = lowest + ((process.pid + tries) % blocks) * portsPerBlock;
    const guard = await listening(first);
    if (guard === undefined) continue;
    guard.unref();
    return first;
  }
  throw new Error(`none of ${blocks} blocks of ports is free`);
}

async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server === undefined) return false;
  const socket = createSocket('udp4');
  try {
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
