/**
 * Fluent Bit 5.1.1 by each of its outputs. Debian does not have it and it takes minutes to build, so it is run by hand:
 * `FLUENT_BIT=<path of one> node_modules/.bin/node --test test/senders/fluent-bit.by-hand.ts`. What it sends is also in
 * recorded/fluent-bit.json.
 */
import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../support/product.ts';
import { ownPort } from '../support/own-ports.ts';
import { numberedObjects, startProgram, writeWhile } from './daemons.ts';
import { findAtLeastOnce, findOnce } from './found-once.ts';
import { restartTwice, Site } from './site.ts';

const path = process.env.FLUENT_BIT ?? '';
const skip = path === '' && 'FLUENT_BIT is not the path of Fluent Bit';
const ports = {
  elasticsearch: 'receivers.elasticsearch.port',
  otlpHttp: 'receivers.otlp.http.port',
  otlpGrpc: 'receivers.otlp.grpc.port',
  forward: 'receivers.forward.port',
};
type PortOf = (name: keyof typeof ports | 'main' | 'syslog' | 'gelf') => number;

/** The settings of docs/send-data/fluent-bit.md. */
const acknowledged: Readonly<Record<string, (portOf: PortOf) => string>> = {
  es: (portOf) => `name es, port ${portOf('elasticsearch')}, index shop, suppress_type_name on`,
  'es on the main port': (portOf) =>
    `name es, port ${portOf('main')}, path /elasticsearch, logstash_format on, logstash_prefix shop, generate_id on, compress gzip`,
  opensearch: (portOf) => `name opensearch, port ${portOf('elasticsearch')}, index shop, suppress_type_name on`,
  loki: (portOf) =>
    `name loki, port ${portOf('main')}, labels service_name=shop, label_keys $level, structured_metadata $user, line_format json`,
  http: (portOf) => `name http, port ${portOf('main')}, uri /v1/ingest, format json_lines, json_date_key timestamp,
    json_date_format iso8601, header Content-Type application/x-ndjson, compress gzip`,
  'opentelemetry by HTTP': (portOf) =>
    `name opentelemetry, port ${portOf('otlpHttp')}, logs_body_key $message, logs_body_key_attributes true`,
  'opentelemetry by gRPC': (portOf) => `name opentelemetry, port ${portOf('otlpGrpc')}, grpc on, http2 on, tls off, net.keepalive off,
    logs_body_key $message, logs_body_key_attributes true`,
  forward: (portOf) => `name forward, port ${portOf('forward')}, require_ack_response on, compress gzip`,
  splunk: (portOf) => `name splunk, port ${portOf('main')}, splunk_token key, tls off`,
  datadog: (portOf) => `name datadog, port ${portOf('main')}, apikey key, tls off, dd_message_key message, compress gzip`,
};
const unacknowledged: typeof acknowledged = {
  'gelf by TCP': (portOf) => `name gelf, port ${portOf('gelf')}, mode tcp, gelf_short_message_key message`,
  'gelf by UDP': (portOf) => `name gelf, port ${portOf('gelf')}, mode udp, gelf_short_message_key message`,
  'syslog by TCP': (portOf) =>
    `name syslog, port ${portOf('syslog')}, mode tcp, syslog_message_key message, syslog_appname_key service, syslog_hostname_key host`,
  'syslog by UDP': (portOf) => `name syslog, port ${portOf('syslog')}, mode udp, syslog_format rfc3164, syslog_message_key message,
    syslog_appname_key service, syslog_hostname_key host`,
};

/** A product, and Fluent Bit that reads a file of JSON lines and sends them there. */
async function startFluentBit(t: TestContext, output: (portOf: PortOf) => string): Promise<{ site: Site; input: string }> {
  const [syslog, gelf] = [await ownPort(), await ownPort()];
  const flags = ['--receivers.syslog.port', `${syslog}`, '--receivers.gelf.port', `${gelf}`];
  const site = await Site.start(t, 'fluent-bit', Object.values(ports), flags);
  const portOf: PortOf = (name) => {
    if (name === 'main') return Number(new URL(site.url).port);
    if (name === 'syslog') return syslog;
    return name === 'gelf' ? gelf : Number(site.addressOf(ports[name]).split(':')[1]);
  };
  const directory = await temporaryDirectory('fluent-bit-files');
  const input = join(directory, 'input.log');
  await writeFile(input, '');
  const parsers = join(directory, 'parsers.conf');
  await writeFile(parsers, '[PARSER]\n    name json\n    format json\n');
  const settings = output(portOf).split(/,\s+/).join('\n    ');
  const configuration = join(directory, 'fluent-bit.conf');
  await writeFile(
    configuration,
    `[SERVICE]\n    flush 1\n    parsers_file ${parsers}\n    scheduler.base 1\n    scheduler.cap 3
[INPUT]\n    name tail\n    path ${input}\n    parser json\n    read_from_head on\n    tag app\n    refresh_interval 1
[OUTPUT]\n    match *\n    host 127.0.0.1\n    retry_limit no_limits\n    ${settings}\n`,
  );
  startProgram(t, path, ['-q', '-c', configuration]);
  return { site, input };
}

for (const [name, output] of Object.entries({ ...acknowledged, ...unacknowledged })) {
  test(`Fluent Bit, ${name}`, { timeout: 120_000, skip }, async (t) => {
    const { site, input } = await startFluentBit(t, output);
    await appendFile(input, numberedObjects(0, 2000));
    const { host, message, level, metadata } = (await findOnce(site.product, 'shop', 2000)).get(1999)!;
    assert.deepEqual([host, message], ['web-1', 'line 1999 ünïcode']);
    // syslog() takes severity, facility and structured data only under keys that records must have
    if (!name.startsWith('syslog')) assert.deepEqual([level, metadata.user], ['WARN', 'u1']);
  });
}

for (const [name, output] of Object.entries(acknowledged)) {
  test(`Fluent Bit, ${name}, while the server is stopped and killed: nothing is lost`, { timeout: 180_000, skip }, async (t) => {
    const { site, input } = await startFluentBit(t, output);
    const written = await writeWhile(input, () => restartTwice(site), 5000, numberedObjects);
    await findAtLeastOnce(site.product, 'shop', written);
  });
}
