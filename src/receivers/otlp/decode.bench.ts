/**
 * What a LogRecord costs from a request to a finished Native block, in protobuf and JSON; compare with NDJSON in
 * receivers/native/decode.bench.ts, run beside it.
 *
 *   node src/receivers/otlp/decode.bench.ts [records]
 */
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { leastNs, printRate, sampleRecord } from '#receivers/sample-records.test-support.ts';
import type { SampleRecord } from '#receivers/sample-records.test-support.ts';
import { LogsDecoder } from './decode.ts';
import { JsonTranscoder } from './json-transcoder.ts';
import { attribute, messageOf, nested, textValue } from './otlp.test-support.ts';
import type { Parts } from './otlp.test-support.ts';

const recordCount = Number(process.argv[2] ?? 50_000);
const recordsPerRequest = 5000;
const stamp = { tenant: 'acme', receivedMs: 1_750_000_000_000, origin: 64, seq: 1, maxClockSkewMs: 30_000 };

const valueOf = (value: string | number): Parts => {
  if (typeof value === 'string') return textValue(value);
  return Number.isInteger(value) ? (any) => any.varint(3, value) : (any) => any.double(4, value);
};

function logRecord(record: SampleRecord, isBare: boolean): Parts {
  return (message) => {
    message.fixed64(1, BigInt(record.timeMs) * 1_000_000n);
    message.varint(2, record.severity);
    message.text(3, record.severity === 9 ? 'INFO' : 'ERROR');
    nested(message, 5, textValue(record.message));
    for (const [name, value] of Object.entries(record.metadata)) attribute(message, 6, name, valueOf(value));
    if (!isBare) message.fixed32(8, 1);
    for (const [field, id] of [
      [9, record.traceId],
      [10, record.spanId],
    ] as const) {
      const bytes = Buffer.from(id, 'hex');
      message.range(field, bytes, 0, bytes.length);
    }
    if (!isBare) message.fixed64(11, BigInt(record.timeMs) * 1_000_000n + 40_000n);
  };
}

/** Records grouped by their resource. Bare, they say what the lines of the native bench say; else what an SDK adds to that. */
function requestOf(records: readonly SampleRecord[], isBare: boolean): Uint8Array<ArrayBuffer> {
  return messageOf((request) => {
    for (const [source, group] of Map.groupBy(records, ({ service, host }) => `${service} ${host}`)) {
      const [service, host] = source.split(' ');
      nested(request, 1, (resourceLogs) => {
        nested(resourceLogs, 1, (resource) => {
          attribute(resource, 1, 'service.name', textValue(service));
          attribute(resource, 1, 'host.name', textValue(host));
          if (isBare) return;
          attribute(resource, 1, 'telemetry.sdk.language', textValue('nodejs'));
          attribute(resource, 1, 'k8s.namespace.name', textValue('shop'));
        });
        nested(resourceLogs, 2, (scopeLogs) => {
          if (!isBare) nested(scopeLogs, 1, (scope) => scope.text(1, 'logger'));
          for (const record of group) nested(scopeLogs, 2, logRecord(record, isBare));
        });
      });
    }
  });
}

const jsonValueOf = (value: string | number): object => {
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

function jsonOf(records: readonly SampleRecord[]): Uint8Array {
  const logRecords = records.map(({ timeMs, severity, message, metadata, traceId, spanId }) => ({
    timeUnixNano: `${timeMs}000000`,
    severityNumber: severity,
    body: { stringValue: message },
    attributes: Object.entries(metadata).map(([key, value]) => ({ key, value: jsonValueOf(value) })),
    traceId,
    spanId,
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: records[0].service } }] };
  return new TextEncoder().encode(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }));
}

const records = Array.from({ length: recordCount }, (_, i) => sampleRecord(i));
const groups = Array.from({ length: Math.ceil(recordCount / recordsPerRequest) }, (_, i) =>
  records.slice(i * recordsPerRequest, (i + 1) * recordsPerRequest),
);
const { intake, context } = createFakeIntake();
const transcoder = new JsonTranscoder(context.ingestConfig.max_nesting);
const source = { tenant: 'acme', receiver: 'otlp', sender: 'bench', content: 'records', format: 'binary' } as const;
const decoder = new LogsDecoder({ ...context.ingestConfig, max_repeated_bytes: 1 << 28 }, intake.open(source).writer);

function decodeAndFinish(request: Uint8Array, rows: number): void {
  const batch = intake.open(source);
  decoder.decode(request, batch);
  if (batch.rows.rowCount !== rows) throw new Error(`${batch.rows.rowCount} rows instead of ${rows}`);
  batch.rows.finish(stamp);
}

for (const isBare of [true, false]) {
  const requests = groups.map((group) => requestOf(group, isBare));
  const bytes = requests.reduce((sum, { length }) => sum + length, 0);
  const run = (): void => requests.forEach((request, i) => decodeAndFinish(request, groups[i].length));
  const what = isBare ? 'same content as NDJSON' : 'with resource, scope, flags';
  printRate(`protobuf, ${what}, ${(bytes / recordCount).toFixed(0)} B`, leastNs(recordCount, run));
}
const bodies = groups.map(jsonOf);
const runJson = (): void => bodies.forEach((body, i) => decodeAndFinish(transcoder.transcode(body), groups[i].length));
printRate('JSON: transcode, decode and finish', leastNs(recordCount, runJson));
