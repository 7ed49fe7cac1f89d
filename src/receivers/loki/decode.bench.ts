/**
 * What a pushed entry costs from a snappy body to a finished Native block, and in JSON; compare with NDJSON in
 * receivers/native/decode.bench.ts, run beside it. Lines are text here: what a parser makes of them is not in it.
 *
 *   node src/receivers/loki/decode.bench.ts [records]
 */
import { decompressSnappy } from '#platform/snappy.ts';
import { compressSnappy } from '#platform/snappy.test-support.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { leastNs, printRate, sampleRecord } from '#receivers/sample-records.test-support.ts';
import type { SampleRecord } from '#receivers/sample-records.test-support.ts';
import { JsonPushDecoder } from './decode-json.ts';
import { ProtobufPushDecoder } from './decode-protobuf.ts';
import { pushRequest } from './loki.test-support.ts';
import { PushBatch } from './push-batch.ts';

const recordCount = Number(process.argv[2] ?? 50_000);
const recordsPerPush = 5000;
const stamp = { tenant: 'acme', receivedMs: 1_750_000_000_000, origin: 64, seq: 1, maxClockSkewMs: 30_000 };

type Shape = (record: SampleRecord) => { readonly line: string; readonly metadata: Readonly<Record<string, string>> };

const shapes: Readonly<Record<string, Shape>> = {
  'JSON lines': ({ service: _service, host: _host, ...record }) => ({ line: JSON.stringify(record), metadata: {} }),
  'text with structured metadata': ({ message, traceId, spanId, metadata }) => ({
    line: message,
    metadata: {
      trace_id: traceId,
      span_id: spanId,
      ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)])),
    },
  }),
};

const records = Array.from({ length: recordCount }, (_, i) => sampleRecord(i));
const { intake, context } = createFakeIntake();
const source = { tenant: 'acme', receiver: 'loki', sender: 'bench', content: 'text', format: 'binary' } as const;
const limits = { ...context.ingestConfig, max_labels_bytes: 65_536, max_repeated_bytes: 1 << 28 };
const push = new PushBatch(limits, intake.open(source).writer);
const protobuf = new ProtobufPushDecoder(push);
const json = new JsonPushDecoder(push);

for (const [name, shape] of Object.entries(shapes)) {
  const blocks: Uint8Array[] = [];
  const bodies: Uint8Array[] = [];
  let bytes = 0;
  for (let at = 0; at < recordCount; at += recordsPerPush) {
    const groups = [...Map.groupBy(records.slice(at, at + recordsPerPush), ({ service, host }) => `${service} ${host}`)];
    const streams = groups.map(([id, group]) => {
      const [service, host] = id.split(' ');
      const entries = group.map((record) => ({ seconds: record.timeMs / 1000, nanos: (record.timeMs % 1000) * 1e6, ...shape(record) }));
      return { labels: `{service_name="${service}", host="${host}", namespace="shop"}`, service, host, entries };
    });
    const request = pushRequest(streams.map((stream) => ({ ...stream, entries: stream.entries.map(wholeSeconds) })));
    bytes += request.length;
    blocks.push(compressSnappy(request));
    bodies.push(jsonPush(streams));
  }
  console.log(`\n${name}: ${recordCount} entries of ${(bytes / recordCount).toFixed(0)} B in protobuf`);
  const decode = (decoder: ProtobufPushDecoder | JsonPushDecoder, body: Uint8Array): void => {
    const batch = intake.open(source);
    decoder.decode(body, batch);
    if (batch.rows.rowCount !== recordsPerPush) throw new Error(`${batch.rows.rowCount} rows`);
    batch.rows.finish(stamp);
  };
  printRate(
    'snappy protobuf: decompress, decode, finish',
    leastNs(recordCount, () => {
      for (const block of blocks) decode(protobuf, decompressSnappy(block, 1 << 28, 'ingest.max_body_bytes'));
    }),
  );
  printRate(
    'JSON: decode, finish',
    leastNs(recordCount, () => {
      for (const body of bodies) decode(json, body);
    }),
  );
}

interface SampleEntry {
  readonly seconds: number;
  readonly nanos: number;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function wholeSeconds(entry: SampleEntry): SampleEntry {
  return { ...entry, seconds: Math.floor(entry.seconds) };
}

function jsonPush(
  streams: readonly { readonly service: string; readonly host: string; readonly entries: readonly SampleEntry[] }[],
): Uint8Array {
  const rendered = streams.map(({ service, host, entries }) => ({
    stream: { service_name: service, host, namespace: 'shop' },
    values: entries.map((entry) => [`${Math.floor(entry.seconds * 1000)}000000`, entry.line, entry.metadata]),
  }));
  return new TextEncoder().encode(JSON.stringify({ streams: rendered }));
}
