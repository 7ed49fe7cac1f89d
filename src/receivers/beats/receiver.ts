/**
 * Lumberjack, versions 1 and 2, on a port of its own (5044): what Filebeat's and the other Beats' `output.logstash`,
 * Elastic Agent's and Logstash's `lumberjack` output speak. The protocol carries no key: who may send is a matter of
 * networks, and of client certificates where TLS asks for them. https://github.com/elastic/go-lumber/blob/main/PROTOCOL.md
 */
import type { Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { SenderNetworks } from '#receivers/sender-networks.ts';
import { createTcpListener } from '#receivers/tcp-listener.ts';
import type { BeatsConfig } from './config.ts';
import { BeatsConnection } from './connection.ts';
import { LumberjackDecoder } from './decode.ts';

export function createBeatsReceiver(context: ReceiverContext, config: BeatsConfig): Receiver {
  const decoder = new LumberjackDecoder(context.ingestConfig);
  const site = { context, config, decoder };
  const listener = createTcpListener({
    name: 'beats',
    receiver: 'beats',
    host: config.host,
    port: config.port,
    setting: 'receivers.beats.port',
    context,
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    stopTimeoutMs: config.stop_timeout,
    networks: new SenderNetworks(config.allowed_networks, 'receivers.beats.allowed_networks'),
    tls: config.tls,
    tlsSetting: 'receivers.beats.tls',
    onStop: 'finish',
    connect: (connection) => new BeatsConnection(site, connection),
  });
  return { name: 'beats', routes: [], listeners: [listener], decodeKept: (record, batch) => decoder.decodeKept(record, batch) };
}
