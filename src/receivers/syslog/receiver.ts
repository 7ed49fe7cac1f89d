/** The syslog receiver: UDP and TCP on one port, TLS on another. Docs: docs/send-data/syslog.md. */
import type { LocalTimes } from '#base/time-zones.ts';
import { FramedConnection } from '#receivers/framed-connection.ts';
import { batchedListeners, StreamBatcher } from '#receivers/stream-batcher.ts';
import type { Receiver, ReceiverContext, ReceiverListener } from '#receivers/receiver.ts';
import { SenderNetworks } from '#receivers/sender-networks.ts';
import { createTcpListener } from '#receivers/tcp-listener.ts';
import type { TcpConnection } from '#receivers/tcp-listener.ts';
import { wantsTls } from '#receivers/tls-files.ts';
import { createUdpListener } from '#receivers/udp-listener.ts';
import type { SyslogConfig } from './config.ts';
import { SyslogDecoder } from './decode.ts';
import { SyslogFrames } from './frames.ts';
import { sourceZone } from './source-zone.ts';

const receiver = 'syslog';

/** @throws AppError invalid_configuration for networks or a zone that cannot be read */
export function createSyslogReceiver(context: ReceiverContext, config: SyslogConfig): Receiver {
  const networks = new SenderNetworks(config.allowed_networks, 'receivers.syslog.allowed_networks');
  const zone = sourceZone(config.timezone, 'receivers.syslog.timezone');
  const batcher = createBatcher(context, config, zone);
  const listeners = [udpListener(context, config, networks, batcher), ...tcpListeners(context, config, networks, batcher)];
  return {
    name: receiver,
    routes: [],
    listeners: batchedListeners(listeners, batcher, config.stop_timeout),
    decodeKept: (record, batch) => batcher.decodeKept(record, batch),
  };
}

function createBatcher(context: ReceiverContext, config: SyslogConfig, zone: LocalTimes): StreamBatcher {
  let decoder: SyslogDecoder | undefined;
  return new StreamBatcher({
    receiver,
    tenant: config.tenant,
    content: 'text',
    format: 'text',
    maxRecords: config.batch_records,
    maxBytes: config.batch_bytes,
    maxDelayMs: config.batch_delay,
    maxHeldBytes: config.max_held_bytes,
    context,
    decode(writer, record) {
      decoder ??= new SyslogDecoder(writer.names, zone);
      return decoder.decode(writer, record);
    },
  });
}

function udpListener(context: ReceiverContext, config: SyslogConfig, networks: SenderNetworks, batcher: StreamBatcher): ReceiverListener {
  const { host, port, udp_receive_buffer } = config;
  return createUdpListener({
    ...{ name: 'syslog-udp', receiver, host, port, setting: 'receivers.syslog.port', context, networks },
    receiveBufferBytes: udp_receive_buffer,
    take(datagram, peer) {
      if (datagram.length > 0 && !batcher.add(datagram, 0, datagram.length, peer)) context.count(receiver, 'datagrams_dropped');
    },
  });
}

function tcpListeners(
  context: ReceiverContext,
  config: SyslogConfig,
  networks: SenderNetworks,
  batcher: StreamBatcher,
): ReceiverListener[] {
  const count = (event: string, amount: number): void => context.count(receiver, event, amount);
  const common = {
    ...{ receiver, host: config.host, context, networks },
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    stopTimeoutMs: config.stop_timeout,
    // there is no acknowledgement: what is on the way when we stop would be lost
    onStop: 'read' as const,
    connect: (connection: TcpConnection) => new FramedConnection(connection, new SyslogFrames(config.max_message_bytes), batcher, count),
  };
  const plain = createTcpListener({ ...common, name: 'syslog-tcp', port: config.port, setting: 'receivers.syslog.port' });
  if (!wantsTls(config.tls)) return [plain];
  const { tls, tls_port } = config;
  const secured = { tls, tlsSetting: 'receivers.syslog.tls', port: tls_port, setting: 'receivers.syslog.tls_port' };
  return [plain, createTcpListener({ ...common, name: 'syslog-tls', ...secured })];
}
