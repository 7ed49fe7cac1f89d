/**
 * OpenTelemetry JS (SDK 3.1.1, exporters 0.301.0): OTLP over HTTP as protobuf and as JSON, and over gRPC. The exporter for
 * gRPC never sends a batch again, so it is not among those that go through a restart.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

const httpPort = 'receivers.otlp.http.port';
const grpcPort = 'receivers.otlp.grpc.port';
const severities = [
  [SeverityNumber.TRACE, 'TRACE'],
  [SeverityNumber.DEBUG, 'DEBUG'],
  [SeverityNumber.INFO, 'INFO'],
  [SeverityNumber.WARN, 'WARN'],
  [SeverityNumber.ERROR, 'ERROR'],
  [SeverityNumber.FATAL, 'FATAL'],
] as const;

const ways = [
  ['protobuf', (site: Site) => new ProtobufExporter({ url: `http://${site.addressOf(httpPort)}/v1/logs` })],
  ['gzip', (site: Site) => new ProtobufExporter({ url: `${site.url}/v1/logs`, compression: 'gzip' as never })],
  ['json', (site: Site) => new JsonExporter({ url: `http://${site.addressOf(httpPort)}/v1/logs` })],
  ['grpc', (site: Site) => new GrpcExporter({ url: `http://${site.addressOf(grpcPort)}` })],
] as const;

type Exporter = ReturnType<(typeof ways)[number][1]>;

/**
 * An exporter gives a batch up after five tries, in some ten seconds, however long the server is away: here it is exported
 * again, as a program does that must not lose lines.
 */
function unyielding(exporter: Exporter): Exporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (logs, done) => {
    const endMs = Date.now() + 120_000;
    const again = (): void => send(logs, (result) => (result.error === undefined || Date.now() > endMs ? done(result) : again()));
    again();
  };
  return exporter;
}

function providerTo(exporter: Exporter, service: string): LoggerProvider {
  return new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'host.name': 'web-1',
      'deployment.environment.name': 'production',
      'service.version': '1.2',
    }),
    processors: [
      new BatchLogRecordProcessor({
        exporter,
        maxQueueSize: 100_000,
        maxExportBatchSize: 512,
        scheduledDelayMillis: 200,
        exportTimeoutMillis: 150_000,
      }),
    ],
  });
}

const idOf = (n: number, length: number): string => (n + 1).toString(16).padStart(length, '0');

test('OpenTelemetry JS', { timeout: 420_000 }, async (t) => {
  const site = await Site.start(t, 'opentelemetry', [httpPort, grpcPort]);
  for (const [name, exporterTo] of ways) await t.test(name, () => sendAndFind(site, name, exporterTo(site)));
  await t.test('across a restart of the server, over HTTP', () => sendAcrossRestart(site));
});

async function sendAndFind(site: Site, service: string, exporter: Exporter): Promise<void> {
  const provider = providerTo(exporter, service);
  const logger = provider.getLogger('checkout', '0.1');
  for (let n = 0; n < 3000; n++) {
    const [severityNumber, severityText] = severities[n % 6];
    const spanContext = { traceId: idOf(n, 32), spanId: idOf(n, 16), traceFlags: TraceFlags.SAMPLED };
    logger.emit({
      severityNumber,
      severityText,
      body: `line ${n}`,
      attributes: { n, ratio: 0.5, paid: n % 2 === 0, 'user.id': `u${n}`, tags: ['a', 'b'] },
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
    });
  }
  await provider.shutdown();

  const found = await findOnce(site.product, service, 3000);
  for (const n of [0, 1, 2, 3, 4, 5, 2999]) {
    const { level, host, environment, trace_id, span_id, message, metadata, resource } = found.get(n)!;
    assert.deepEqual(
      { level, host, environment, trace_id, span_id, message },
      {
        level: severities[n % 6][1],
        host: 'web-1',
        environment: 'production',
        trace_id: idOf(n, 32),
        span_id: idOf(n, 16),
        message: `line ${n}`,
      },
    );
    assert.equal(metadata.n, n);
    assert.equal(metadata.ratio, 0.5);
    assert.equal(metadata.paid, n % 2 === 0);
    assert.equal(metadata['user.id'], `u${n}`);
    assert.deepEqual(metadata.tags, ['a', 'b']);
    assert.equal(resource?.['service.version'], '1.2');
  }
}

async function sendAcrossRestart(site: Site): Promise<void> {
  const senders = ways
    .filter(([name]) => name !== 'grpc')
    .map(([name, exporterTo]) => ({ name, provider: providerTo(unyielding(exporterTo(site)), `${name}-restart`) }));
  let number = 0;
  const logging = setInterval(() => {
    for (const { provider } of senders)
      provider.getLogger('checkout').emit({ severityNumber: SeverityNumber.INFO, body: `line ${number}` });
    number++;
  }, 5);
  try {
    while (number < 200) await new Promise(setImmediate);
    await site.restart();
  } finally {
    clearInterval(logging);
  }
  await Promise.all(senders.map(({ provider }) => provider.shutdown()));
  for (const { name } of senders) await findOnce(site.product, `${name}-restart`, number);
}
