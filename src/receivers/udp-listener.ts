/**
 * A UDP socket for receivers of datagrams (syslog, GELF). UDP has no way to ask a sender to wait, so what cannot be taken
 * is lost; it is counted all the same: datagrams from other networks, those that the handler has no room for (it counts
 * them), and those that the kernel dropped because this process did not read fast enough.
 */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { watchKernelDrops } from './kernel-drops.ts';
import type { ListenerBind, ReceiverContext, ReceiverListener, RunningListener } from './receiver.ts';
import { plainAddress } from './sender-networks.ts';
import type { SenderNetworks } from './sender-networks.ts';

export interface UdpListenerOptions {
  /** As status and metrics name it: `syslog-udp`. */
  readonly name: string;
  /** Name of the receiver, for counts: `syslog`. */
  readonly receiver: string;
  readonly host: string;
  readonly port: number;
  /** Full path of the port's setting. */
  readonly setting: string;
  readonly context: ReceiverContext;
  readonly networks: SenderNetworks;
  /** What the kernel is asked to keep until it is read; it gives at most net.core.rmem_max. */
  readonly receiveBufferBytes: number;
  /** Takes a datagram, whose bytes are the handler's own, and never throws. */
  readonly take: (datagram: Buffer, remoteAddress: string) => void;
}

/** How often the kernel's count of drops is read. */
const dropsIntervalMs = 5000;
/** How long a stop goes on reading where senders do not pause. */
const drainMs = 1000;

export function createUdpListener(options: UdpListenerOptions): ReceiverListener {
  const { name, host, port, setting } = options;
  return { name, host, port, setting, transport: 'udp', start: (bind) => startUdp(options, bind) };
}

async function startUdp(options: UdpListenerOptions, { host, port, reusePort }: ListenerBind): Promise<RunningListener> {
  const { context, networks, receiver, receiveBufferBytes, take } = options;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reusePort });
  await bindSocket(socket, host, port);
  growBuffer(socket, receiveBufferBytes, options);
  socket.on('error', (error) => context.logger.error({ listener: options.name, reason: error.message }, 'a UDP socket failed'));
  let received = 0;
  socket.on('message', (datagram, sender) => {
    received++;
    if (networks.allows(sender.address)) take(datagram, plainAddress(sender.address));
    else context.count(receiver, 'datagrams_not_allowed');
  });
  const bound = socket.address();
  const drops = watchKernelDrops({
    host: bound.address,
    port: bound.port,
    intervalMs: dropsIntervalMs,
    clock: context.clock,
    onDrops(count) {
      context.count(receiver, 'datagrams_dropped_by_kernel', count);
      context.logger.warn({ listener: options.name, count }, 'the kernel dropped datagrams: the receive buffer was full');
    },
  });
  return {
    port: bound.port,
    async stop() {
      // what lies in the socket's buffer has arrived: a turn of the event loop that reads nothing found it empty
      const deadlineMs = context.clock.monotonicMs() + drainMs;
      for (let before = -1; before !== received && context.clock.monotonicMs() < deadlineMs; ) {
        before = received;
        await turn();
        await turn();
      }
      await drops.stop();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function bindSocket(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/** Linux reports twice what it was asked for (socket(7), SO_RCVBUF), so less than that means that it gave less. */
function growBuffer(socket: Socket, wantedBytes: number, { name, context }: UdpListenerOptions): void {
  socket.setRecvBufferSize(wantedBytes);
  const gotBytes = process.platform === 'linux' ? socket.getRecvBufferSize() / 2 : socket.getRecvBufferSize();
  if (gotBytes >= wantedBytes) return;
  context.logger.info({ listener: name, wantedBytes, gotBytes }, 'the system gives a smaller UDP receive buffer; raise net.core.rmem_max');
}
