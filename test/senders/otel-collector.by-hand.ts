/**
 * The OpenTelemetry Collector 0.149.0 with its receiver of files (filelogreceiver, filestorage, otlphttpexporter and
 * otlpexporter), by OTLP over HTTP and gRPC. It takes minutes to build, so it is run by hand:
 * `OTEL_COLLECTOR=<path of one> node_modules/.bin/node --test test/senders/otel-collector.by-hand.ts`.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/product.ts';
import { numberedObjects, startProgram, writeWhile } from './daemons.ts';
import { findAtLeastOnce, linesOf } from './found-once.ts';
import { restartTwice, Site } from './site.ts';

const path = process.env.OTEL_COLLECTOR ?? '';
const skip = path === '' && 'OTEL_COLLECTOR is not the path of a Collector';
const ways = { otlp_http: 'receivers.otlp.http.port', otlp_grpc: 'receivers.otlp.grpc.port' };

/** The configuration of docs/send-data/opentelemetry.md: what is read is kept in files until it is acknowledged. */
const configurationOf = (directory: string, exporter: string, endpoint: string): string => `
extensions: { file_storage: { directory: ${directory} } }
receivers:
  file_log:
    include: [${directory}/*.log]
    start_at: beginning
    storage: file_storage
    retry_on_failure: { enabled: true }
    resource: { service.name: shop, host.name: web-1 }
    operators:
      - type: json_parser
        severity: { parse_from: attributes.level }
      - { type: move, from: attributes.message, to: body }
exporters:
  ${exporter}:
    endpoint: ${endpoint}
    tls: { insecure: true }
    retry_on_failure: { initial_interval: 500ms, max_interval: 2s, max_elapsed_time: 0 }
    sending_queue: { storage: file_storage }
service:
  extensions: [file_storage]
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [file_log], exporters: [${exporter}] } }
`;

for (const [exporter, port] of Object.entries(ways)) {
  test(`Collector, ${exporter}, while the server is stopped and killed: nothing is lost`, { timeout: 180_000, skip }, async (t) => {
    const site = await Site.start(t, 'otel-collector', [port]);
    const directory = await temporaryDirectory('collector');
    const input = join(directory, 'input.log');
    await writeFile(input, '');
    const configuration = join(directory, 'collector.yaml');
    const scheme = exporter === 'otlp_http' ? 'http://' : '';
    await writeFile(configuration, configurationOf(directory, exporter, scheme + site.addressOf(port)));
    startProgram(t, path, ['--config', `file:${configuration}`]);
    const written = await writeWhile(input, () => restartTwice(site), 5000, numberedObjects);
    await findAtLeastOnce(site.product, 'shop', written);
    const [{ level, host, metadata }] = await linesOf(site.product, 'shop');
    assert.deepEqual([level, host, metadata.user, metadata['deep.flag']], ['WARN', 'web-1', 'u1', true]);
  });
}
