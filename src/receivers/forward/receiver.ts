/**
 * Fluent Forward, protocol version 1, on a port of its own (24224): what Fluentd's and Fluent Bit's `forward` outputs and
 * the fluent-logger libraries speak. https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
import { hostname } from 'node:os';
import { AppError } from '#base/errors.ts';
import type { Intake, OpenBatch } from '#ingest/intake.ts';
import type { KeptRecord, Receiver, ReceiverContext } from '#receivers/receiver.ts';
import { SenderNetworks } from '#receivers/sender-networks.ts';
import { createTcpListener } from '#receivers/tcp-listener.ts';
import type { ForwardConfig } from './config.ts';
import { ForwardConnection } from './connection.ts';
import type { ForwardSite } from './connection.ts';
import { ForwardDecoder } from './decode.ts';
import { MessageParser, messageOfKept } from './entries.ts';

export function createForwardReceiver(context: ReceiverContext, config: ForwardConfig): Receiver {
  const asksForKey = config.shared_key && needsKey(context.intake);
  const source = { tenant: config.tenant, receiver: 'forward', sender: '', content: 'text', format: 'binary' } as const;
  const site = {
    context,
    config,
    asksForKey,
    hostname: hostname(),
    parser: new MessageParser({ maxBytes: config.max_message_bytes, setting: 'receivers.forward.max_message_bytes' }),
    decoder: new ForwardDecoder(context.ingestConfig, context.intake.open(source).writer),
  };
  const listener = createTcpListener({
    name: 'forward',
    receiver: 'forward',
    host: config.host,
    port: config.port,
    setting: 'receivers.forward.port',
    context,
    maxConnections: config.max_connections,
    idleTimeoutMs: config.idle_timeout,
    stopTimeoutMs: config.stop_timeout,
    networks: asksForKey ? undefined : new SenderNetworks(config.allowed_networks, 'receivers.forward.allowed_networks'),
    tls: config.tls,
    tlsSetting: 'receivers.forward.tls',
    onStop: 'finish',
    connect: (connection) => new ForwardConnection(site, connection),
  });
  return { name: 'forward', routes: [], listeners: [listener], decodeKept: (record, batch) => decodeKept(site, record, batch) };
}

function decodeKept({ parser, decoder }: Pick<ForwardSite, 'parser' | 'decoder'>, record: KeptRecord, batch: OpenBatch): void {
  const { bytes } = record;
  const message = messageOfKept(record, parser);
  let refusal = message === undefined ? 'it is no message of the Forward protocol' : message.refusal;
  if (message !== undefined && refusal === undefined) {
    // the second tells that it is not one
    decoder.decode(message, batch, 2);
    if (message.at < message.end) refusal = 'it is more than one entry';
  }
  if (refusal !== undefined) batch.rejected.add(0, 'malformed_record', bytes, 0, bytes.length, refusal);
}

/** True where keys are configured: then nobody is taken for known who shows none. */
function needsKey(intake: Intake): boolean {
  try {
    intake.authenticate({});
    return false;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'unauthenticated') return true;
    throw thrown;
  }
}
