/** The GELF receiver: UDP and TCP on one port (TLS where a certificate is given), HTTP on the main one. Docs: docs/send-data/gelf.md. */
import { DelimitedFrames } from '#receivers/frames.ts';
import { FramedConnection } from '#receivers/framed-connection.ts';
import { jsonBody } from '#receivers/json-body.ts';
import type { Receiver, ReceiverContext, ReceiverListener } from '#receivers/receiver.ts';
import { SenderNetworks } from '#receivers/sender-networks.ts';
import { batchedListeners, StreamBatcher } from '#receivers/stream-batcher.ts';
import { createTcpListener } from '#receivers/tcp-listener.ts';
import { createUdpListener } from '#receivers/udp-listener.ts';
import type { RecordWriter } from '#model/record-writer.ts';
import type { GelfConfig } from './config.ts';
import { GelfDatagrams } from './datagrams.ts';
import { GelfDecoder } from './decode.ts';
import { decodeBody, gelfRoute } from './routes.ts';

const receiver = 'gelf';
const setting = 'receivers.gelf.port';
/** How often chunks that wait too long are looked for while none arrive. */
const expiryIntervalMs = 1000;

/** @throws AppError invalid_configuration for networks that cannot be read */
export function createGelfReceiver(context: ReceiverContext, config: GelfConfig): Receiver {
  const networks = new SenderNetworks(config.allowed_networks, 'receivers.gelf.allowed_networks');
  let decoder: GelfDecoder | undefined;
  const decoderOf = ({ names }: RecordWriter): GelfDecoder => (decoder ??= new GelfDecoder(names, context.ingestConfig.max_nesting));
  const batcher = new StreamBatcher({
    receiver,
    tenant: config.tenant,
    content: 'records',
    format: 'json',
    maxRecords: config.batch_records,
    maxBytes: config.batch_bytes,
    maxDelayMs: config.batch_delay,
    maxHeldBytes: config.max_held_bytes,
    context,
    decode: (writer, record) => decoderOf(writer).decode(writer, record),
  });
  const listeners = [udpListener(context, config, networks, batcher), tcpListener(context, config, networks, batcher)];
  return {
    name: receiver,
    routes: [gelfRoute(receiver, context, ({ writer }) => decoderOf(writer))],
    listeners: batchedListeners(listeners, batcher, config.stop_timeout),
    decodeKept(record, batch) {
      // HTTP, which names no peer, has bounds of its own
      if (record.request['peer'] !== undefined) batcher.decodeKept(record, batch);
      else decodeBody(batch, jsonBody(record.bytes), decoderOf(batch.writer), context.ingestConfig);
    },
  };
}

function udpListener(context: ReceiverContext, config: GelfConfig, networks: SenderNetworks, batcher: StreamBatcher): ReceiverListener {
  const { host, port } = config;
  const datagrams = new GelfDatagrams({
    ...{ receiver, context, batcher },
    maxMessageBytes: config.max_message_bytes,
    chunkLimits: { timeoutMs: config.chunk_timeout, maxBytes: config.max_chunked_bytes, maxPerSender: config.max_chunked_per_sender },
  });
  const listener = createUdpListener({
    ...{ name: 'gelf-udp', receiver, host, port, setting, context, networks },
    receiveBufferBytes: config.udp_receive_buffer,
    take: (datagram, peer) => datagrams.take(datagram, peer),
  });
  return {
    ...listener,
    async start(bind) {
      const running = await listener.start(bind);
      const stopped = new AbortController();
      void (async () => {
        while (!stopped.signal.aborted) {
          await context.clock.sleep(expiryIntervalMs, stopped.signal);
          datagrams.expire();
        }
      })();
      return {
        port: running.port,
        async stop() {
          await running.stop();
          stopped.abort();
          datagrams.stop();
        },
      };
    },
  };
}

function tcpListener(context: ReceiverContext, config: GelfConfig, networks: SenderNetworks, batcher: StreamBatcher): ReceiverListener {
  const { host, port, tls } = config;
  const count = (event: string, amount: number): void => context.count(receiver, event, amount);
  return createTcpListener({
    ...{ name: 'gelf-tcp', receiver, host, port, setting, context, networks, tls, tlsSetting: 'receivers.gelf.tls' },
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    stopTimeoutMs: config.stop_timeout,
    // there is no acknowledgement: what is on the way when we stop would be lost
    onStop: 'read',
    // messages end with a NUL
    connect: (connection) => new FramedConnection(connection, new DelimitedFrames(0, config.max_message_bytes), batcher, count),
  });
}
